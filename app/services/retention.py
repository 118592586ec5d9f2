"""What of a dataset's past is kept. Nothing that a version refers to is ever deleted.

Three steps, each of which can be done again: a version too old to keep is marked `removed_at` (readers lose it; a
rollback to it and its removal exclude each other); the files of a removed version that no other refers to are deleted
and it is marked `purged_at`; and prefixes that belong to no version, left by attempts that failed, are deleted once
they are older than any query or run can be.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from app.adapters.catalog import Catalog
from app.adapters.dynamodb.versions import VersionStore
from app.adapters.objects import Objects
from app.domain.errors import PreconditionFailed
from app.domain.identifiers import Clock, time_of
from app.domain.locations import attempt_of, dataset_prefix, version_of, version_prefix, version_table, written_table
from app.domain.runs import Run
from app.domain.versions import Version
from app.services.datasets import Datasets
from app.services.places import Place
from app.settings import Settings

_PAGE = 100


class Retention:
    """Tidies up behind a run that has published."""

    def __init__(
        self,
        settings: Settings,
        store: VersionStore,
        datasets: Datasets,
        catalog: Catalog,
        objects: Objects,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._store = store
        self._datasets = datasets
        self._catalog = catalog
        self._objects = objects
        self._clock = clock

    def tidy(self, run: Run, place: Place) -> None:
        """Remove, purge and sweep up, for the target of a run that is still its only writer."""
        prefixes = self._prefixes(run, place)
        versions = self._marked(run.tenant, run.target, self._unpurged(run.tenant, run.target, prefixes))
        for version in versions:
            if version.removed_at is not None and not self._is_held(version, versions):
                self._purge(version)
        for known in (run.version, *(version.id for version in versions)):
            prefixes.pop(str(known), None)
        for version_id, prefix in prefixes.items():
            if time_of(version_id) <= self._long_ago:
                self._sweep(run, place, version_id, prefix)

    def discard(self, place: Place) -> None:
        """An attempt that nobody will read: its tables, and all below its prefix."""
        if version_of("/" + place.prefix) is None or not place.prefix.endswith("/"):
            raise ValueError(f"{place.prefix!r} is not the prefix of a version")
        self._catalog.drop_table(place.database, place.written)
        self._catalog.drop_table(place.database, place.table)
        self._objects.delete_prefix(place.bucket, place.prefix)

    def _prefixes(self, run: Run, place: Place) -> dict[str, str]:
        """Where there are files of a version: ids and prefixes, with those of attempts that failed."""
        found = self._objects.prefixes(place.bucket, f"{dataset_prefix(run.tenant, run.target)}v=")
        return {version: prefix for prefix in found if (version := version_of("/" + prefix)) is not None}

    def _unpurged(self, tenant: str, dataset_id: str, prefixes: Iterable[str]) -> list[Version]:
        """Newest first, those whose files may be there: what the list shows until a page has none of them, and older
        ones that still have files, since others refer to them.
        """
        found: list[Version] = []
        token = None
        while True:
            page = self._store.list(tenant, dataset_id, _PAGE, token)
            left = [version for version in page.items if version.purged_at is None]
            found += left
            token = page.next_page_token
            if token is None or not left:
                break
        older = sorted(set(prefixes) - {version.id for version in found}, reverse=True)
        found += self._store.many(tenant, [(dataset_id, version) for version in older])
        return [version for version in found if version.purged_at is None and version.table is not None]

    def _marked(self, tenant: str, dataset_id: str, versions: list[Version]) -> list[Version]:
        """The versions, those too old to keep marked: beyond the number kept, and left by readers for long enough that
        no query which began on them can still run.
        """
        dataset = self._datasets.store.find(tenant, dataset_id)  # read after them: a rollback since then shows
        alive = [version for version in versions if version.removed_at is None]
        seen = [version for version in alive if not version.is_staged]
        kept: set[str | None] = {version.id for version in seen[: max(1, self._settings.versions_kept)]}
        # Readers came to them in this order, by publication or rollback, and left each for the next.
        shown = sorted(seen, key=lambda version: (version.shown_at, version.id))
        kept |= {old.id for old, new in pairwise(shown) if new.shown_at > self._long_ago}
        if dataset is not None:
            kept |= {dataset.current_version, dataset.staged_version}
        return [self._removed(one) if one in alive and one.id not in kept and dataset else one for one in versions]

    def _removed(self, version: Version) -> Version:
        try:
            marked = self._store.put(version.model_copy(update={"removed_at": self._clock()}))
        except PreconditionFailed:
            return version  # somebody rolled back to it
        self._catalog.drop_table(version.database, str(version.table))
        return marked

    def _is_held(self, version: Version, versions: list[Version]) -> bool:
        """Whether another version refers to its files. One that was just removed still counts: a version built on it
        may have been published since they were listed.
        """
        return any(
            version.id in other.parents and (other.removed_at is None or other.removed_at > self._long_ago)
            for other in versions
        )

    def _purge(self, version: Version) -> None:
        self._catalog.drop_table(version.database, str(version.table))
        self._objects.delete_prefix(version.bucket, version_prefix(version.tenant, version.dataset_id, version.id))
        self._store.put(version.model_copy(update={"purged_at": self._clock()}))

    def _sweep(self, run: Run, place: Place, version: str, prefix: str) -> None:
        for attempt in map(attempt_of, self._objects.prefixes(place.bucket, f"{prefix}a=")):
            table = version_table(run.target.split(".")[1], version, attempt)
            self._catalog.drop_table(place.database, table)
            self._catalog.drop_table(place.database, written_table(table))
        self._objects.delete_prefix(place.bucket, prefix)

    @property
    def _long_ago(self) -> datetime:
        return self._clock() - timedelta(seconds=self._settings.version_grace_seconds)
