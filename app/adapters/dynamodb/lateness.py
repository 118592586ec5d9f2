"""Which partition of a dataset was judged last, when its contract's time had come."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records
from app.domain.lateness import Lateness


class LatenessStore(Records[Lateness]):
    model = Lateness
    noun = "lateness"

    def find(self, tenant: str, dataset_id: str) -> Lateness | None:
        return self._find(keys.lateness(tenant, dataset_id))

    def put(self, tenant: str, dataset_id: str, record: Lateness) -> Lateness:
        """Conditional on the revision."""
        return self._put(keys.lateness(tenant, dataset_id), record)
