"""A version that refers to older files: its table has the partitions that the run wrote, and those of the base that
it left alone, each where it lies. Nothing is copied. Everything here can be done again.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from app.adapters.catalog import Catalog, Partition
from app.adapters.dynamodb.versions import VersionStore
from app.adapters.objects import Objects
from app.domain.locations import LOAD_PARTITION, version_of, version_prefix
from app.domain.partition_values import partition_values
from app.domain.run_problems import RunFailed
from app.domain.runs import Run
from app.domain.schemas import ColumnType, parse_type
from app.domain.versions import Version
from app.services.places import Place, Places


class Manifest(NamedTuple):
    """What a version's table reads. Sizes in bytes; `parents`: other versions that hold some of it."""

    files: int
    bytes: int
    parents: tuple[str, ...] = ()


class Assembly:
    """Makes the tables of versions that refer to older files, and says what a version holds."""

    def __init__(self, versions: VersionStore, catalog: Catalog, objects: Objects, places: Places) -> None:
        self._versions = versions
        self._catalog = catalog
        self._objects = objects
        self._places = places

    def assemble(self, run: Run, touched: "set[tuple[str | None, ...]]") -> None:
        """Make the table that readers get. `touched`: the partitions that a merge has written anew."""
        place = self._places.of(run, run.attempt)
        base = self._versions.get(run.tenant, run.target, str(run.base))
        written = self._catalog.find_table(place.database, place.written)
        old = self._catalog.find_table(base.database, str(base.table))
        if written is None or old is None:
            raise RunFailed("athena_failed", "A table that the run needs is gone from the catalog.")
        if _columns(written) != _columns(old):
            raise RunFailed("columns_changed", "The rows have other columns than those of the version they belong to.")
        keys = [(one["Name"], one["Type"]) for one in written.get("PartitionKeys", [])]
        kinds = {name: parse_type(kind) for name, kind in keys}
        stays = self._stays(run, kinds, touched)
        kept = [one for one in self._parts(base, old) if stays(_values(one, kinds))]
        mine = [_of_load(one, str(run.version)) for one in self._listed(place.database, place.written, written)]
        if run.build != "append" and {_values(one, kinds) for one in kept} & {_values(one, kinds) for one in mine}:
            raise RunFailed("internal", "A partition was written that the version's base still has.")
        if run.build == "append" or LOAD_PARTITION in base.hidden:
            keys = [*keys, (LOAD_PARTITION, "string")]
        else:
            kept, mine = ([_without_load(one) for one in parts] for parts in (kept, mine))
        self._catalog.put_table_like(place.database, place.table, written, partition_keys=keys)
        self._catalog.add_partitions(place.database, place.table, [*kept, *mine])

    def manifest(self, run: Run) -> Manifest:
        """The files of the present attempt's table, with what it refers to."""
        place = self._places.of(run, run.attempt)
        if run.is_whole:
            sizes = [size for key, size in self._objects.list(place.bucket, place.prefix) if _is_data(key) and size]
            return Manifest(len(sizes), sum(sizes))
        parts = self._catalog.partitions(place.database, place.table)
        locations = {one.location.removeprefix(f"s3://{place.bucket}/") for one in parts}
        holders = sorted({version for one in locations if (version := version_of(one)) is not None})
        sizes = [
            size
            for version in holders
            for key, size in self._objects.list(place.bucket, version_prefix(run.tenant, run.target, version))
            if key[: key.rindex("/") + 1] in locations and size
        ]
        return Manifest(len(sizes), sum(sizes), tuple(one for one in holders if one != run.version))

    def discard_written(self, place: Place) -> None:
        """The table that Athena filled is of no use once another refers to its files."""
        if place.written != place.table:
            self._catalog.drop_table(place.database, place.written)

    def _parts(self, base: Version, table: Any) -> list[Partition]:
        """The base's partitions, each with its load as the last value."""
        parts = self._listed(base.database, str(base.table), table)
        return parts if LOAD_PARTITION in base.hidden else [_of_load(one, base.id) for one in parts]

    def _listed(self, database: str, name: str, table: Any) -> list[Partition]:
        if not table.get("PartitionKeys"):
            return [Partition((), table["StorageDescriptor"])]
        return self._catalog.partitions(database, name)

    @staticmethod
    def _stays(
        run: Run, kinds: dict[str, ColumnType], touched: "set[tuple[str | None, ...]]"
    ) -> Callable[[tuple[Any, ...]], bool]:
        """Whether a partition of the base is left as it is."""
        rewritten = {partition_values(texts, [*kinds.values()]) for texts in touched}

        def stays(values: tuple[Any, ...]) -> bool:
            if run.build == "merge":
                return values not in rewritten
            found = dict(zip(kinds, values, strict=True))
            return not run.scope or not all(one.holds(found[one.column], kinds[one.column]) for one in run.scope)

        return stays


def _of_load(part: Partition, load: str) -> Partition:
    return Partition((*part.values, load), part.descriptor)


def _values(part: Partition, kinds: dict[str, ColumnType]) -> tuple[Any, ...]:
    """Without its load."""
    return partition_values(part.values[: len(kinds)], [*kinds.values()])


def _without_load(part: Partition) -> Partition:
    return Partition(part.values[:-1], part.descriptor)


def _columns(table: Any) -> list[tuple[str, str]]:
    """Names and types, partition keys too, without the load."""
    found = [*table["StorageDescriptor"]["Columns"], *table.get("PartitionKeys", [])]
    return [(one["Name"], one["Type"]) for one in found if one["Name"] != LOAD_PARTITION]


def _is_data(key: str) -> bool:
    """Iceberg's metadata lies beside the data."""
    return "/metadata/" not in key
