"""What each principal's queries take now."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.adapters.dynamodb.table import Page
from app.domain.allowances import Allowance

_ASKING = "T#~#ASKING"


class AllowanceStore(Records[Allowance]):
    model = Allowance
    noun = "allowance"

    def get(self, tenant: str, principal: str) -> Allowance:
        """An empty one before the first query."""
        found = self._find(keys.allowance(tenant, principal))
        return found or Allowance(tenant=tenant, principal=principal)

    def put(self, allowance: Allowance) -> Allowance:
        indexes = {"gsi2pk": _ASKING, "gsi2sk": f"{allowance.tenant}#{allowance.principal}"}
        key = keys.allowance(allowance.tenant, allowance.principal)
        return self._put(key, allowance, indexes if allowance.places else None)

    def asking(self, limit: int, page_token: str | None) -> Page[Allowance]:
        """Every tenant's principals who have queries that are not over."""
        return self._page(self.table.query(_ASKING, index="gsi2", limit=limit, page_token=page_token))
