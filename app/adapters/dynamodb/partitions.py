"""What is committed of each partition of a raw dataset: one item a partition, written with every commit."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records, loaded, writing
from app.adapters.dynamodb.table import Write, every
from app.domain.contracts import PartitionCount

_PAGE = 1000


class PartitionStore(Records[PartitionCount]):
    model = PartitionCount
    noun = "partition"

    def find(self, tenant: str, dataset_id: str, path: str) -> PartitionCount | None:
        return self._find(keys.partition(tenant, dataset_id, path))

    def write(self, tenant: str, dataset_id: str, path: str, count: PartitionCount) -> Write:
        return writing(keys.partition(tenant, dataset_id, path), count)

    def below(self, tenant: str, dataset_id: str, path: str) -> tuple[PartitionCount, ...]:
        """A partition and those within it: one request for about 4,000 of them."""
        key = keys.partition(tenant, dataset_id, path)
        found = every(lambda token: self.table.query(key.pk, sk_prefix=key.sk, limit=_PAGE, page_token=token))
        return tuple(loaded(PartitionCount, item) for item in found)
