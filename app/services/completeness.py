"""Is March whole? Answered from the dataset's contract and what was counted as files were committed."""

from app.adapters.dynamodb.files import FileStore
from app.adapters.dynamodb.partitions import PartitionStore
from app.domain.access import Principal
from app.domain.contracts import (
    Completeness,
    Contract,
    Found,
    judged,
    parsed_partition,
    partition_path,
    same_path,
)
from app.domain.datasets import Dataset
from app.domain.errors import Conflict
from app.domain.files import FileState
from app.domain.identifiers import Clock
from app.services.datasets import Datasets

_PENDING = (FileState.EXPECTED, FileState.RECEIVED, FileState.VERIFIED)


class CompletenessOf:
    """Reads the dataset, its partition's counts, and the lists of files that are not committed."""

    def __init__(self, datasets: Datasets, partitions: PartitionStore, files: FileStore, clock: Clock) -> None:
        self._datasets = datasets
        self._partitions = partitions
        self._files = files
        self._clock = clock

    def partition(self, principal: Principal, dataset_id: str, text: str | None) -> Completeness:
        """Conflict without a contract; InvalidInput when `text` is no partition of the dataset."""
        dataset = self._datasets.get(principal, dataset_id)
        if dataset.contract is None:
            raise Conflict(
                f"{dataset.id} has no contract to judge by: PATCH /v1/datasets/{dataset.id} with "
                '{"contract": {"expects": {"files": 31}, "cut_off": "P1D"}}, or register it with one.'
            )
        return self.of(dataset, dataset.contract, parsed_partition(text, dataset.partition_by))

    def of(self, dataset: Dataset, contract: Contract, partition: dict[str, str]) -> Completeness:
        """By the dataset's contract."""
        # First what is on its way, then what has come: a file that is committed meanwhile is counted twice rather
        # than not at all, and `pending` takes nothing from what is complete.
        pending = sum(self._count(dataset, state, partition) for state in _PENDING)
        quarantined = self._count(dataset, FileState.QUARANTINED, partition)
        path = partition_path(partition, dataset.partition_by)
        counts = self._partitions.below(dataset.tenant, dataset.id, path)
        committed = sum(count.files for count in counts)
        found = Found(
            files=committed + quarantined + pending,
            rows=sum(count.rows for count in counts),
            committed=committed,
            quarantined=quarantined,
            pending=pending,
        )
        uncounted = sum(count.uncounted for count in counts)
        return judged(contract, partition, found, uncounted, self._clock(), dataset.current_version)

    def _count(self, dataset: Dataset, state: FileState, partition: dict[str, str]) -> int:
        return sum(
            same_path(file.partition, partition) for file in self._files.every(dataset.tenant, dataset.id, state)
        )
