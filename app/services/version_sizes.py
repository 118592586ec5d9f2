"""The sizes of a version's columns and partitions: measured from the footers once it is published, kept beside its
files, and read for estimates.
"""

import json
import logging
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from app.adapters.catalog import Catalog
from app.adapters.dynamodb.versions import VersionStore
from app.adapters.objects import Objects
from app.domain.errors import NotFound
from app.domain.locations import version_prefix
from app.domain.version_sizes import PartitionSizes, VersionSizes
from app.domain.versions import Version
from app.intake.parquet_footer import NotParquet, footer_length, read_footer

log = logging.getLogger("headgate.runs")

_MOST_FILES: Final = 5_000  # of one run: a minute of a Lambda's time; estimates of more are by whole files
_AT_ONCE: Final = 8
_TAIL: Final = 65_536
_KEPT: Final = 256


class Sizes:
    """Never changed once written, so that a process reads each version's once."""

    def __init__(self, objects: Objects, catalog: Catalog, versions: VersionStore) -> None:
        self._objects = objects
        self._catalog = catalog
        self._versions = versions
        self._known: OrderedDict[tuple[str, str], VersionSizes] = OrderedDict()

    def measure(self, version: Version) -> None:
        """Done again, it does the same. What an older version measured is taken from there."""
        table = self._catalog.find_table(version.database, str(version.table))
        if table is None or table.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG":
            return
        base = self._base(version)
        before = {one.location: one for one in base.partitions} if base else {}
        parts = list(self._parts(version, table))
        fresh = [(location, values) for location, values in parts if location not in before]
        try:
            found = self._measured(fresh)
        except NotParquet:
            log.warning(json.dumps({"event": "not_measured", "version": version.id}))
            return
        if found is None:
            return
        keys = {key["Name"]: key["Type"].replace("string", "varchar") for key in table.get("PartitionKeys", [])}
        all_of_them = before | {one.location: one for one in found}
        sizes = VersionSizes(partitioned_by=keys, partitions=tuple(all_of_them[location] for location, _ in parts))
        self._objects.put(version.bucket, _key(version), sizes.model_dump_json().encode(), "application/json")

    def find(self, version: Version) -> VersionSizes | None:
        """None when they were not measured."""
        name = (version.bucket, _key(version))
        if name in self._known:
            self._known.move_to_end(name)
            return self._known[name]
        try:
            found = VersionSizes.model_validate_json(self._objects.read(*name))
        except NotFound:
            return None
        self._known[name] = found
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    def _base(self, version: Version) -> VersionSizes | None:
        base = self._versions.find(version.tenant, version.dataset_id, version.base) if version.base else None
        return self.find(base) if base is not None else None

    def _parts(self, version: Version, table: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Location and values of each partition; of the table itself where it has none."""
        if not table.get("PartitionKeys"):
            yield str(table["StorageDescriptor"]["Location"]).rstrip("/") + "/", ()
            return
        for partition in self._catalog.partitions(version.database, str(version.table)):
            yield partition.location, partition.values

    def _measured(self, parts: list[tuple[str, tuple[str, ...]]]) -> list[PartitionSizes] | None:
        """None when they have too many files."""
        files: list[tuple[int, str, str, int]] = []
        for at, (location, _) in enumerate(parts):
            bucket, _, prefix = location.removeprefix("s3://").partition("/")
            files += [(at, bucket, key, size) for key, size in self._objects.list(bucket, prefix) if size]
            if len(files) > _MOST_FILES:
                return None
        found = [
            PartitionSizes(location=location, values=values, files=0, other=0, columns={}) for location, values in parts
        ]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for (at, *_), columns in zip(files, pool.map(lambda file: self._columns(*file[1:]), files), strict=True):
                found[at] = _with(found[at], columns)
        return found

    def _columns(self, bucket: str, key: str, size: int) -> dict[str, int]:
        """Compressed bytes by column of one file, and what is left under ''."""
        tail = self._objects.read(bucket, key, byte_range=(max(0, size - _TAIL), size - 1))
        if footer_length(tail) > len(tail):
            tail = self._objects.read(bucket, key, byte_range=(size - footer_length(tail), size - 1))
        columns: dict[str, int] = {}
        for group in read_footer(tail).row_groups:
            for chunk in group.chunks:
                name = chunk.path.split(".")[0].lower()
                columns[name] = columns.get(name, 0) + chunk.compressed_bytes
        return {**columns, "": size - sum(columns.values())}


def _with(sizes: PartitionSizes, columns: dict[str, int]) -> PartitionSizes:
    """And one file more."""
    names = sizes.columns.keys() | (columns.keys() - {""})
    summed = {name: sizes.columns.get(name, 0) + columns.get(name, 0) for name in sorted(names)}
    return sizes.model_copy(update={"files": sizes.files + 1, "other": sizes.other + columns[""], "columns": summed})


def _key(version: Version) -> str:
    """Beside the attempts, so that no table has it among its files."""
    return f"{version_prefix(version.tenant, version.dataset_id, version.id)}sizes.json"
