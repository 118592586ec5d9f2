"""A file is committed: it, the dataset's new version and its partition's counts in one transaction."""

import random
import time
from collections import OrderedDict

from app.adapters.dynamodb.files import FileStore
from app.adapters.dynamodb.partitions import PartitionStore
from app.adapters.dynamodb.table import Write
from app.adapters.dynamodb.versions import VersionStore
from app.domain.contracts import PartitionCount, partition_path
from app.domain.datasets import Dataset
from app.domain.errors import AlreadyExists, BackendUnavailable, PreconditionFailed, TooManyRequests
from app.domain.files import File, FileState
from app.domain.identifiers import Clock, IdFactory
from app.domain.locations import dataset_prefix
from app.domain.versions import Version
from app.services.datasets import Datasets
from app.services.raw_tables import RawTables
from app.settings import Settings

_TRIES = 24
_REMEMBERED = 256


class Commits:
    """Three reads and one transaction; two reads where the version before was made by this process."""

    def __init__(
        self,
        settings: Settings,
        datasets: Datasets,
        files: FileStore,
        versions: VersionStore,
        partitions: PartitionStore,
        tables: RawTables,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._bucket = settings.pristine_bucket
        self._datasets = datasets
        self._files = files
        self._versions = versions
        self._partitions = partitions
        self._tables = tables
        self._clock = clock
        self._new_id = new_id
        self._latest: OrderedDict[tuple[str, str], Version] = OrderedDict()

    def commit(self, file: File) -> File:
        """The file as it is in the end: rejected when its dataset is gone. TooManyRequests when others keep coming,
        PreconditionFailed when the file must be verified again, since the dataset's columns changed meanwhile.
        """
        for attempt in range(_TRIES):
            try:
                dataset = self._datasets.find(file.tenant, file.dataset_id)
                if dataset is None:
                    return self._files.put(file.becomes(FileState.REJECTED, self._clock()))
                if self._is_as_verified(file, dataset):
                    return self._tried(file, dataset)
            except (PreconditionFailed, AlreadyExists, BackendUnavailable, TooManyRequests):
                # Another file of the dataset was faster, or another worker with this one, or our answer was lost.
                file = self._files.get(file.tenant, file.dataset_id, file.id)
                if file.is_settled:
                    return file
                back_off(attempt)
            else:
                raise PreconditionFailed("The dataset's columns changed while the file was on its way.")
        raise TooManyRequests("Others keep changing this dataset; the event will come again.")

    def _is_as_verified(self, file: File, dataset: Dataset) -> bool:
        """Whether the dataset's columns still lie where the file has them. Of other types the runs take care."""
        if file.schema_version in {None, dataset.schema_version}:
            return True
        versions = (int(file.schema_version or 0), dataset.schema_version)
        old, new = (self._datasets.schema_at(dataset.tenant, dataset.id, number).columns for number in versions)
        named = [(column.name, column.stored_name) for column in new]
        return named[: len(old)] == [(column.name, column.stored_name) for column in old]

    def _tried(self, file: File, dataset: Dataset) -> File:
        version = self._next_version(dataset, file)
        sequence = dataset.last_sequence + 1
        committed = file.becomes(FileState.COMMITTED, self._clock(), committed_version=version.id, sequence=sequence)
        changes = {"current_version": version.id, "last_sequence": sequence, "updated_at": version.created_at}
        counted = self._counted(dataset, file)
        committed = self._files.commit(committed, dataset.model_copy(update=changes), version, counted)
        self._latest[dataset.tenant, dataset.id] = version
        while len(self._latest) > _REMEMBERED:
            self._latest.popitem(last=False)
        return committed

    def _counted(self, dataset: Dataset, file: File) -> Write:
        path = partition_path(file.partition, dataset.partition_by)
        count = self._partitions.find(dataset.tenant, dataset.id, path) or PartitionCount(partition=file.partition)
        return self._partitions.write(dataset.tenant, dataset.id, path, count.with_file(file.rows))

    def _next_version(self, dataset: Dataset, file: File) -> Version:
        before = self._current(dataset)
        rows_before = before.rows if before else 0
        rows = None if rows_before is None or file.rows is None else rows_before + file.rows
        return Version(
            id=self._new_id(),
            tenant=dataset.tenant,
            dataset_id=dataset.id,
            database=self._tables.database(dataset),
            bucket=self._bucket,
            prefix=f"{dataset_prefix(dataset.tenant, dataset.id)}data/",
            files=(before.files if before else 0) + 1,
            bytes=(before.bytes if before else 0) + file.size_bytes,
            rows=rows,
            schema_version=dataset.schema_version,
            created_at=self._clock(),
        )

    def _current(self, dataset: Dataset) -> Version | None:
        """What a version counts never changes, so the last one is remembered."""
        known = self._latest.get((dataset.tenant, dataset.id))
        if known is not None and known.id == dataset.current_version:
            return known
        if dataset.current_version is None:
            return None
        return self._versions.find(dataset.tenant, dataset.id, dataset.current_version)


def back_off(attempt: int) -> None:
    """Full jitter: those who met here meet less the next time."""
    time.sleep(random.uniform(0, min(0.5, 0.01 * 2**attempt)))  # noqa: S311 - jitter, no secret
