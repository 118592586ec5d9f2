"""The data files of a snapshot that conditions leave, each with the delete files that apply to it."""

from collections.abc import Callable

from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestContent, ManifestEntry
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.snapshots import Snapshot

from local.athena.errors import QueryFailed
from local.athena.iceberg.filters import row_filter
from local.athena.iceberg.opening import Opened

# What metadata says never changes, so neither do the files of a snapshot under a condition.
_planned: dict[tuple[str, int, str], list[FileScanTask]] = {}
_PLANNED_FILES = 20_000


def plan_files(opened: Opened, filters: list[str]) -> list[FileScanTask]:
    """The files that the conditions leave. Raises QueryFailed for what cannot be read."""
    snapshot = opened.table.snapshot_by_id(opened.snapshot_id) if opened.snapshot_id is not None else None
    if snapshot is None:
        return []
    is_current = opened.schema.schema_id == opened.table.schema().schema_id
    condition = row_filter(filters if is_current else [], opened.table.schema())
    key = (opened.table.metadata_location, snapshot.snapshot_id, repr(condition))
    tasks = _planned.get(key)
    if tasks is None:
        tasks = _read(opened.table, snapshot, condition)
        if sum(map(len, list(_planned.values()))) + len(tasks) > _PLANNED_FILES:  # a list: others plan meanwhile
            _planned.clear()
        _planned[key] = tasks
    return tasks


def _read(table: Table, snapshot: Snapshot, condition: BooleanExpression) -> list[FileScanTask]:
    sequences: dict[str, int] = {}
    try:
        equality = _equality_deletes(table, snapshot)
        scan = table.scan(AlwaysTrue() if equality else condition, snapshot_id=snapshot.snapshot_id)
        planner = scan._manifest_planner  # noqa: SLF001 - PyIceberg's own plan refuses equality deletes
        tasks = list(planner.plan_files(snapshot.manifests(table.io), _noting(sequences)))
    except ValueError as error:
        raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena cannot read this Iceberg table: {error}") from error
    except FileNotFoundError as gone:
        raise QueryFailed("ICEBERG_INVALID_METADATA", f"Error accessing manifest file for table: {gone}") from gone
    for task in tasks:
        task.delete_files.update(d.data_file for d in equality if _applies(d, task.file, sequences))
        for file in (task.file, *task.delete_files):
            if file.file_format != FileFormat.PARQUET:
                kind = file.file_format.value
                raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena does not read {kind} files of Iceberg tables")
    return tasks


def _noting(sequences: dict[str, int]) -> Callable[[ManifestEntry], bool]:
    """A filter that leaves out equality deletes, and keeps the sequence numbers of data files."""

    def wanted(entry: ManifestEntry) -> bool:
        file: DataFile = entry.data_file
        if file.content == DataFileContent.DATA:
            sequences[file.file_path] = entry.sequence_number or 0
        return file.content != DataFileContent.EQUALITY_DELETES

    return wanted


def _equality_deletes(table: Table, snapshot: Snapshot) -> list[ManifestEntry]:
    """All of a snapshot: their bounds say nothing of columns other than their own, so none is pruned."""
    return [
        entry
        for manifest in snapshot.manifests(table.io)
        if manifest.content == ManifestContent.DELETES
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        if entry.data_file.content == DataFileContent.EQUALITY_DELETES
    ]


def _applies(delete: ManifestEntry, data: DataFile, sequences: dict[str, int]) -> bool:
    """Iceberg's rule: to older data, of the same partition or, written without partitions, of all."""
    if (delete.sequence_number or 0) <= sequences[data.file_path]:
        return False
    file: DataFile = delete.data_file
    is_global = len(file.partition) == 0
    return is_global or (file.spec_id == data.spec_id and file.partition == data.partition)
