"""Versions, below their dataset."""

from collections.abc import Sequence

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.adapters.dynamodb.table import Page
from app.domain.versions import Version


class VersionStore(Records[Version]):
    model = Version
    noun = "version"

    def find(self, tenant: str, dataset_id: str, version: str) -> Version | None:
        return self._find(keys.version(tenant, dataset_id, version))

    def get(self, tenant: str, dataset_id: str, version: str) -> Version:
        return self._get(keys.version(tenant, dataset_id, version), version)

    def many(self, tenant: str, wanted: Sequence[tuple[str, str]]) -> tuple[Version, ...]:
        """What exists of these (dataset id, version id); one request."""
        return self._many([keys.version(tenant, *each) for each in wanted])

    def put(self, version: Version) -> Version:
        """New, or over the revision it was read at."""
        return self._put(keys.version(version.tenant, version.dataset_id, version.id), version)

    def list(self, tenant: str, dataset_id: str, limit: int, page_token: str | None = None) -> Page[Version]:
        """Newest first: ids sort by time."""
        key = keys.version(tenant, dataset_id, "")
        page = self.table.query(key.pk, sk_prefix=key.sk, limit=limit, page_token=page_token, is_descending=True)
        return self._page(page)
