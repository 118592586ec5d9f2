"""Athena's permits: one item for the whole lake."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.domain.permits import Permits


class PermitStore(Records[Permits]):
    model = Permits
    noun = "list of permits"

    def get(self) -> Permits:
        """None taken before the first run."""
        return self._find(keys.permits()) or Permits()

    def put(self, permits: Permits) -> Permits:
        """Conditional on the revision."""
        return self._put(keys.permits(), permits)
