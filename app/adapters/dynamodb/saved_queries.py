"""Saved queries."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.adapters.dynamodb.table import Page, Write
from app.domain.saved_queries import SavedQuery


class SavedQueryStore(Records[SavedQuery]):
    model = SavedQuery
    noun = "saved query"

    def find(self, tenant: str, name: str) -> SavedQuery | None:
        return self._find(keys.saved_query(tenant, name))

    def get(self, tenant: str, name: str) -> SavedQuery:
        return self._get(keys.saved_query(tenant, name), name)

    def put(self, saved: SavedQuery) -> SavedQuery:
        indexes = {"gsi1pk": _listed(saved.tenant), "gsi1sk": saved.name}
        return self._put(keys.saved_query(saved.tenant, saved.name), saved, indexes)

    def delete(self, tenant: str, name: str, revision: int) -> None:
        """PreconditionFailed when it changed since."""
        self.table.write(Write(keys.saved_query(tenant, name), None, expected=revision))

    def revisions(self, tenant: str, name: str, dataset_ids: tuple[str, ...]) -> tuple[int, ...]:
        """Of the saved query and of datasets, in one request; 0 for what is not there."""
        wanted = (keys.saved_query(tenant, name), *(keys.dataset(tenant, one) for one in dataset_ids))
        found = self.table.batch_get(wanted)
        return tuple(found[key].revision if key in found else 0 for key in wanted)

    def list(self, tenant: str, limit: int, page_token: str | None) -> Page[SavedQuery]:
        return self._page(self.table.query(_listed(tenant), index="gsi1", limit=limit, page_token=page_token))


def _listed(tenant: str) -> str:
    return f"T#{tenant}#SAVED"
