"""API keys."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.adapters.dynamodb.table import Page
from app.domain.access import ApiKey


class ApiKeyStore(Records[ApiKey]):
    model = ApiKey
    noun = "API key"

    def find(self, tenant: str, key_id: str) -> ApiKey | None:
        return self._find(keys.api_key(tenant, key_id))

    def get(self, tenant: str, key_id: str) -> ApiKey:
        return self._get(keys.api_key(tenant, key_id), key_id)

    def put(self, key: ApiKey) -> ApiKey:
        indexes = {"gsi1pk": f"T#{key.tenant}#APIKEYS", "gsi1sk": key.id}
        return self._put(keys.api_key(key.tenant, key.id), key, indexes)

    def list(self, tenant: str, limit: int, page_token: str | None) -> Page[ApiKey]:
        return self._page(self.table.query(f"T#{tenant}#APIKEYS", index="gsi1", limit=limit, page_token=page_token))
