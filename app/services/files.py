"""The ledger as its readers see it."""

from app.adapters.dynamodb.files import FileStore
from app.adapters.dynamodb.table import Page
from app.domain.access import Principal
from app.domain.files import File, FileState
from app.services.datasets import Datasets


class Files:
    """What became of the files of a dataset."""

    def __init__(self, datasets: Datasets, store: FileStore) -> None:
        self._datasets = datasets
        self.store = store

    def get(self, principal: Principal, dataset_id: str, file_id: str) -> File:
        self._datasets.get(principal, dataset_id)
        return self.store.get(principal.tenant, dataset_id, file_id)

    def list(
        self, principal: Principal, dataset_id: str, state: FileState | None, limit: int, page_token: str | None
    ) -> Page[File]:
        """By arrival."""
        self._datasets.get(principal, dataset_id)
        return self.store.list(principal.tenant, dataset_id, state, limit, page_token)
