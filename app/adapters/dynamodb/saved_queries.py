"""Saved queries, their versions, and the columns they answer with."""

from collections.abc import Sequence

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records, writing
from app.adapters.dynamodb.table import Page, Write
from app.domain.saved_queries import SavedColumns, SavedQuery


class SavedQueryStore(Records[SavedQuery]):
    model = SavedQuery
    noun = "saved query"

    def find(self, tenant: str, name: str) -> SavedQuery | None:
        return self._find(keys.saved_query(tenant, name))

    def get(self, tenant: str, name: str) -> SavedQuery:
        return self._get(keys.saved_query(tenant, name), name)

    def put(self, saved: SavedQuery) -> SavedQuery:
        """It and its version, or neither."""
        indexes = {"gsi1pk": _listed(saved.tenant), "gsi1sk": saved.name}
        version = saved.model_copy(update={"revision": 0, "operations": ()})
        self.table.transact(
            [
                writing(keys.saved_query(saved.tenant, saved.name), saved, indexes),
                writing(keys.saved_version(saved.tenant, saved.name, saved.version), version),
            ]
        )
        return saved.model_copy(update={"revision": saved.revision + 1})

    def delete(self, tenant: str, name: str, revision: int) -> None:
        """PreconditionFailed when it changed since. Its versions stay: another of its name goes on with them."""
        self.table.write(Write(keys.saved_query(tenant, name), None, expected=revision))

    def revisions(self, tenant: str, name: str, dataset_ids: tuple[str, ...]) -> tuple[int, ...]:
        """Of the saved query and of datasets, in one request; 0 for what is not there."""
        wanted = (keys.saved_query(tenant, name), *(keys.dataset(tenant, one) for one in dataset_ids))
        found = self.table.batch_get(wanted)
        return tuple(found[key].revision if key in found else 0 for key in wanted)

    def list(self, tenant: str, limit: int, page_token: str | None) -> Page[SavedQuery]:
        return self._page(self.table.query(_listed(tenant), index="gsi1", limit=limit, page_token=page_token))

    def version(self, tenant: str, name: str, version: str) -> SavedQuery:
        return self._get(keys.saved_version(tenant, name, version), f"{name} {version}")

    def versions(self, tenant: str, name: str, limit: int, page_token: str | None) -> Page[SavedQuery]:
        """Newest first: ids sort by time."""
        key = keys.saved_version(tenant, name, "")
        page = self.table.query(key.pk, sk_prefix=key.sk, limit=limit, page_token=page_token, is_descending=True)
        return self._page(page)


class SavedColumnsStore(Records[SavedColumns]):
    model = SavedColumns
    noun = "columns"

    def learn(self, saved: SavedQuery, columns: SavedColumns) -> None:
        """Written when they are others than before. AlreadyExists or PreconditionFailed: another answer was faster."""
        key = keys.saved_columns(saved.tenant, saved.name)
        before = self._find(key)
        if before is None or before.model_copy(update={"revision": 0, "operations": ()}) != columns:
            update = {"revision": before.revision, "operations": before.operations} if before else {}
            self._put(key, columns.model_copy(update=update))

    def of(self, saved: Sequence[SavedQuery]) -> dict[str, SavedColumns]:
        """By name."""
        names = {keys.saved_columns(one.tenant, one.name): one.name for one in saved}
        found = self.table.batch_get(list(names))
        return {names[key]: self.model.model_validate_json(item.doc) for key, item in found.items()}


def _listed(tenant: str) -> str:
    return f"T#{tenant}#SAVED"
