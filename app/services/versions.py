"""Versions of datasets: what readers see, what they saw before, and the way back."""

from app.adapters.athena import Athena
from app.adapters.catalog import Catalog, glue_type
from app.adapters.dynamodb import keys
from app.adapters.dynamodb.datasets import dataset_write
from app.adapters.dynamodb.records import writing
from app.adapters.dynamodb.table import Page, Write
from app.adapters.dynamodb.versions import VersionStore
from app.domain.access import Principal
from app.domain.datasets import Dataset
from app.domain.errors import AlreadyExists, Conflict, NotFound, PreconditionFailed
from app.domain.identifiers import Clock
from app.domain.locations import glue_database
from app.domain.schemas import Schema
from app.domain.versions import Version
from app.services.datasets import Datasets
from app.services.file_partitions import FilePartitions
from app.settings import Settings

_TRIES = 10


class Versions:
    """Readers see exactly one version: the one that the dataset's record points at. The Glue view follows."""

    def __init__(
        self,
        settings: Settings,
        store: VersionStore,
        datasets: Datasets,
        files: FilePartitions,
        catalog: Catalog,
        athena: Athena,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._store = store
        self._datasets = datasets
        self._files = files
        self._catalog = catalog
        self._athena = athena
        self._clock = clock

    def get(self, principal: Principal, dataset_id: str, version: str) -> tuple[Version, Dataset]:
        dataset = self._datasets.get(principal, dataset_id)
        return self._store.get(principal.tenant, dataset_id, version), dataset

    def list(
        self, principal: Principal, dataset_id: str, limit: int, page_token: str | None
    ) -> tuple[Page[Version], Dataset]:
        """Newest first."""
        dataset = self._datasets.get(principal, dataset_id)
        return self._store.list(principal.tenant, dataset_id, limit, page_token), dataset

    def at(self, tenant: str, dataset_id: str, version: str) -> Version:
        return self._store.get(tenant, dataset_id, version)

    def find_current(self, dataset: Dataset) -> Version | None:
        return self._find(dataset, dataset.current_version)

    def find_staged(self, dataset: Dataset) -> Version | None:
        """The newest part of a rebuild that readers do not see yet."""
        return self._find(dataset, dataset.staged_version)

    def rollback(self, principal: Principal, dataset_id: str, version_id: str) -> tuple[Version, Dataset]:
        """Point readers at an older version, by the same swap that publishes. Asked again, it changes nothing."""
        for _ in range(_TRIES):
            dataset = self._datasets.get(principal, dataset_id)
            if dataset.is_raw:
                raise Conflict("A raw dataset is all of its files; it has no older version to go back to.")
            version = self._store.get(principal.tenant, dataset_id, version_id)
            if version.is_staged:
                raise Conflict("Readers never saw this version, a part of a rebuild; choose one that they did.")
            if version.removed_at is not None:
                raise Conflict("The files of this version are deleted; choose a newer one, or run the job again.")
            try:
                dataset = self._pointed(dataset, version)
            except (PreconditionFailed, AlreadyExists):
                continue
            self.show(dataset)
            return self._store.get(principal.tenant, dataset_id, version_id), dataset
        raise PreconditionFailed("Others keep changing the dataset; try again.")

    def restore(self, principal: Principal, dataset_id: str) -> None:
        """A deleted dataset is back with its files and versions. Conflict when it is not deleted; that, too, repairs
        what a crash left undone, or Glue lost.
        """
        found = self._datasets.store.find(principal.tenant, dataset_id)
        if found is None:
            raise NotFound(f"There is no dataset {dataset_id[:260]}, or it is not yours.")
        is_deleted = found.deleted_at is not None
        if is_deleted:
            try:
                back = found.model_copy(update={"deleted_at": None, "updated_at": self._clock()})
                found = self._datasets.store.put(back)
            except PreconditionFailed:
                return self.restore(principal, dataset_id)  # somebody else was faster
        self._datasets.heal(found)
        self._files.restore(found)
        self.show(found)
        if not is_deleted:
            raise Conflict(f"{dataset_id} is not deleted.")
        return None

    def publication(self, dataset: Dataset, version: Version, schema: Schema) -> tuple[Write, ...]:
        """The writes that publish a new version: its manifest, the pointer, and a schema version if columns changed. A
        staged one is kept for the run that goes on with it, and readers see what they saw.

        All or nothing, and only once: the manifest must be new.
        """
        under, evolved = self._under(dataset, schema, f"job:{version.job}")
        version = version.model_copy(update={"schema_version": under.schema_version})
        if version.is_staged:
            after = dataset.model_copy(update={"staged_version": version.id})
        else:
            staged = dataset.staged_version if version.build == "replace" else None  # a rebuild outlives a back-fill
            changes = {**_pointer(version), "staged_version": staged, "updated_at": self._clock()}
            after = under.model_copy(update=changes)
        return (_manifest(version), dataset_write(after), *evolved)

    def show(self, dataset: Dataset) -> None:
        """The Glue view of the current version, for readers in Athena's own console, and its columns for search.

        Can be repeated.
        """
        from app.sql.relations import Relation
        from app.sql.views import dataset_view_sql, presto_view

        schema = self._datasets.schema_of(dataset)
        if schema is None or dataset.current_table is None or dataset.is_raw:
            return
        database = glue_database(dataset.tenant, dataset.namespace, home_tenant=self._settings.home_tenant)
        relation = Relation(database, dataset.current_table, schema.columns, hidden=dataset.current_hidden)
        text = presto_view(dataset_view_sql(relation, dialect=self._athena.dialect), database, schema.columns)
        columns = [(column.name, glue_type(column.type)) for column in schema.columns]
        self._catalog.put_view(database, dataset.name, text, columns)
        self._datasets.index(dataset)

    def _find(self, dataset: Dataset, version: str | None) -> Version | None:
        return self._store.find(dataset.tenant, dataset.id, version) if version is not None else None

    def _under(self, dataset: Dataset, schema: Schema, by: str) -> tuple[Dataset, tuple[Write, ...]]:
        """The dataset under this schema: its newest version if that is the same, else one more.

        After a rollback the newest is not the present one, and numbers are never used twice.
        """
        found = self._datasets.store.schemas.list(dataset.tenant, dataset.id, 1, None).items
        newest = found[0].number if found else 0
        numbered = dataset.model_copy(update={"schema_version": newest, "column_count": len(schema.columns)})
        if found and found[0].schema_ == schema:
            return numbered, ()
        evolved, version = self._datasets.evolved(numbered, schema, "job", by)
        return evolved, (writing(keys.schema_version(version.tenant, version.dataset_id, version.number), version),)

    def _pointed(self, dataset: Dataset, version: Version) -> Dataset:
        """The dataset, pointing at the version. The manifest is written too, so that it is not removed meanwhile."""
        if dataset.current_version == version.id:
            return dataset
        columns = self._datasets.schema_at(dataset.tenant, dataset.id, version.schema_version).columns
        changes = {
            **_pointer(version),
            "schema_version": version.schema_version,
            "column_count": len(columns),
            "updated_at": self._clock(),
        }
        pointed = dataset.model_copy(update=changes)
        restored = version.model_copy(update={"restored_at": self._clock()})
        self._store.table.transact([dataset_write(pointed), _manifest(restored)])
        return pointed.model_copy(update={"revision": dataset.revision + 1})


def _pointer(version: Version) -> dict[str, object]:
    return {"current_version": version.id, "current_table": version.table, "current_hidden": version.hidden}


def _manifest(version: Version) -> Write:
    return writing(keys.version(version.tenant, version.dataset_id, version.id), version)
