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

    def committed(self, tenant: str, dataset_id: str) -> tuple[File, ...]:
        """Every committed file, by id; strongly consistent, page by page (for a job that claims its inputs)."""
        found: list[File] = []
        page_token = None
        while True:
            page = self.store.list(tenant, dataset_id, None, 500, page_token)
            found += [file for file in page.items if file.state is FileState.COMMITTED]
            page_token = page.next_page_token
            if page_token is None:
                return tuple(found)
