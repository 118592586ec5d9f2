"""The files of a raw dataset in Glue, made again from the ledger: Glue has no backup, and rows without a partition are
read by nobody.
"""

from itertools import islice

from app.adapters.dynamodb.files import FileStore
from app.domain.datasets import Dataset
from app.domain.files import File, FileState
from app.services.datasets import Datasets
from app.services.handover import Handover
from app.services.pristine import dialect_of
from app.services.raw_tables import CommittedFile, RawTables

_AT_ONCE = 1000


class FilePartitions:
    """Every call can be repeated: partitions that are there stay as they are."""

    def __init__(self, datasets: Datasets, files: FileStore, tables: RawTables, handover: Handover | None) -> None:
        self._datasets = datasets
        self._files = files
        self._tables = tables
        self._handover = handover

    def restore(self, dataset: Dataset) -> None:
        """Every committed file's; `handover`'s if there is one. Nothing to do where nothing can be committed."""
        if not dataset.is_raw or dataset.schema_version == 0:
            return
        if self._handover is not None:
            self._handover.partitions(dataset)
        else:
            self.register(dataset.tenant, dataset.id)

    def register(self, tenant: str, dataset_id: str) -> None:
        """Table, view and partitions: a request of the ledger for 1,000 files, one of Glue for 100. A dataset that is
        gone meanwhile has none.
        """
        dataset = self._datasets.find(tenant, dataset_id)
        schema = None if dataset is None else self._datasets.schema_of(dataset)
        if dataset is None or schema is None:
            return
        self._tables.make(dataset, schema)
        files = self._files.every(tenant, dataset_id, FileState.COMMITTED)
        while batch := list(islice(files, _AT_ONCE)):
            self._tables.add_files(dataset, [self._committed(file) for file in batch])

    def _committed(self, file: File) -> CommittedFile:
        """Under the schema that it was verified against."""
        schema = self._datasets.schema_at(file.tenant, file.dataset_id, file.schema_version or 1)
        return CommittedFile(file.id, schema, dialect_of(file), str(file.data_key))
