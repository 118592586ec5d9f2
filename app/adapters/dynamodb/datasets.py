"""Datasets and their schema versions."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records, writing
from app.adapters.dynamodb.table import Page, Table, Write
from app.domain.datasets import Dataset
from app.domain.schema_versions import SchemaVersion

_CUT_OFFS = "T#~#CUT_OFFS"


class SchemaVersionStore(Records[SchemaVersion]):
    model = SchemaVersion
    noun = "schema version"

    def get(self, tenant: str, dataset_id: str, number: int) -> SchemaVersion:
        return self._get(keys.schema_version(tenant, dataset_id, number), f"{dataset_id} {number}")

    def list(self, tenant: str, dataset_id: str, limit: int, page_token: str | None) -> Page[SchemaVersion]:
        """Newest first."""
        pk = keys.dataset(tenant, dataset_id).pk
        found = self.table.query(pk, sk_prefix="SCHEMA#", limit=limit, page_token=page_token, is_descending=True)
        return self._page(found)


def dataset_write(dataset: Dataset) -> Write:
    """The conditional write that stores a dataset; one that is deleted leaves the lists."""
    indexes = {}
    if dataset.deleted_at is None:
        indexes = {"gsi1pk": _listed(dataset.tenant), "gsi1sk": dataset.id}
        if dataset.contract is not None and dataset.contract.cut_off is not None:
            indexes |= {"gsi2pk": _CUT_OFFS, "gsi2sk": f"{dataset.tenant}#{dataset.id}"}
    return writing(keys.dataset(dataset.tenant, dataset.id), dataset, indexes)


class DatasetStore(Records[Dataset]):
    model = Dataset
    noun = "dataset"

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.schemas = SchemaVersionStore(table)

    def find(self, tenant: str, dataset_id: str) -> Dataset | None:
        """Deleted ones too."""
        return self._find(keys.dataset(tenant, dataset_id))

    def many(self, tenant: str, dataset_ids: tuple[str, ...]) -> tuple[Dataset, ...]:
        return self._many([keys.dataset(tenant, dataset_id) for dataset_id in dataset_ids])

    def put(self, dataset: Dataset, schema: SchemaVersion | None = None) -> Dataset:
        """Conditional on the revision; with a new schema version both are stored or neither."""
        write = dataset_write(dataset)
        if schema is None:
            self.table.write(write)
        else:
            key = keys.schema_version(schema.tenant, schema.dataset_id, schema.number)
            self.table.transact([write, writing(key, schema)])
        return dataset.model_copy(update={"revision": dataset.revision + 1})

    def list(self, tenant: str, namespace: str | None, limit: int, page_token: str | None) -> Page[Dataset]:
        """By id; one request."""
        prefix = f"{namespace}." if namespace else ""
        found = self.table.query(_listed(tenant), index="gsi1", sk_prefix=prefix, limit=limit, page_token=page_token)
        return self._page(found)

    def with_cut_off(self, limit: int, page_token: str | None) -> Page[Dataset]:
        """Every tenant's datasets whose contract says until when. Eventually consistent."""
        return self._page(self.table.query(_CUT_OFFS, index="gsi2", limit=limit, page_token=page_token))

    def users(self, tenant: str, dataset_id: str, limit: int = 5) -> tuple[str, ...]:
        """Names of jobs that read or write the dataset."""
        found = self.table.query(keys.dataset(tenant, dataset_id).pk, sk_prefix="USE#", limit=limit)
        return tuple(item.key.sk.split("#", 2)[2] for item in found.items)


def _listed(tenant: str) -> str:
    return f"T#{tenant}#DATASETS"
