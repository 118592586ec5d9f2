"""One snapshot that adds and removes data files and position deletes: Iceberg's row delta, which PyIceberg lacks.

Source: https://iceberg.apache.org/spec/#snapshots and Iceberg's BaseRowDelta, RewriteFiles.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.io import FileIO
from pyiceberg.manifest import (
    DataFile,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriter,
    ManifestWriterV2,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _SnapshotProducer
from pyiceberg.typedef import EMPTY_DICT

from local.athena.errors import Cancelled
from local.athena.iceberg.catalog import commit_failed


@dataclass
class Changes:
    """Files to add and to remove. `is_rewrite`: the rows stay the same (OPTIMIZE), so added rows are no conflict."""

    added: list[DataFile] = field(default_factory=list)
    deletes: list[DataFile] = field(default_factory=list)
    removed: list[DataFile] = field(default_factory=list)
    removed_deletes: list[DataFile] = field(default_factory=list)
    is_rewrite: bool = False

    @property
    def operation(self) -> Operation:
        """What Iceberg calls a snapshot with these changes."""
        if self.is_rewrite:
            return Operation.REPLACE
        if self.removed or self.deletes:
            return Operation.OVERWRITE if self.added else Operation.DELETE
        return Operation.APPEND

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.deletes or self.removed or self.removed_deletes)


def commit(table: Table, changes: Changes, check: Callable[[], None]) -> None:
    """Make the snapshot; with nothing to change, none. Appends retry; the others lose to any commit since their read.

    `check` is asked just before, and may raise Cancelled. Raises QueryFailed with ICEBERG_COMMIT_ERROR. The files
    written are removed then.
    """
    if changes.is_empty:
        return
    try:
        check()
        transaction = table.transaction()
        stage(transaction, table, changes)
        transaction.commit_transaction()
    except (CommitFailedException, ValidationException) as error:
        _discard(table, changes)
        raise commit_failed(table, error) from error
    except Cancelled:
        _discard(table, changes)
        raise


def _discard(table: Table, changes: Changes) -> None:
    for file in (*changes.added, *changes.deletes):
        table.io.delete(file.file_path)


def stage(transaction: Transaction, table: Table, changes: Changes) -> None:
    """Put the snapshot into a transaction."""
    _RowDelta(transaction, table, changes).commit()


class _RowDelta(_SnapshotProducer["_RowDelta"]):
    """The producer: manifests of the parent snapshot are kept but for entries that are removed."""

    def __init__(self, transaction: Transaction, table: Table, changes: Changes) -> None:
        # PyIceberg sums up no REPLACE; it counts as an overwrite, and `_summary` gives it its name.
        counted = Operation.OVERWRITE if changes.is_rewrite else changes.operation
        super().__init__(counted, transaction, table.io)
        self._changes = changes
        self._added_data_files = [*changes.added, *changes.deletes]  # both count in the snapshot's summary
        self._deleted_data_files = {*changes.removed, *changes.removed_deletes}

    def _deleted_entries(self) -> list[ManifestEntry]:
        return []  # they stay in the manifests that `_existing_manifests` writes anew

    def _manifests(self) -> list[ManifestFile]:
        made = self._written(ManifestContent.DATA, self._changes.added)
        return made + self._written(ManifestContent.DELETES, self._changes.deletes) + self._existing_manifests()

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        made = super()._summary(snapshot_properties)
        return Summary(self._changes.operation, **made.additional_properties)

    def _written(self, content: ManifestContent, files: list[DataFile]) -> list[ManifestFile]:
        by_spec: dict[int, list[DataFile]] = defaultdict(list)
        for file in files:
            by_spec[file.spec_id].append(file)
        made = []
        for spec_id, group in by_spec.items():
            with self._writer(content, self.spec(spec_id)) as writer:
                for file in group:
                    entry = ManifestEntry.from_args(
                        status=ManifestEntryStatus.ADDED,
                        snapshot_id=self._snapshot_id,
                        sequence_number=None,
                        file_sequence_number=None,
                        data_file=file,
                    )
                    writer.add_entry(entry)
            made.append(writer.to_manifest_file())
        return made

    def _writer(self, content: ManifestContent, spec: PartitionSpec) -> ManifestWriter:
        if content == ManifestContent.DATA:
            return self.new_manifest_writer(spec)
        return _DeletesWriter(spec, self.schema(), self.new_manifest_output(), self._snapshot_id, self._compression)

    def _existing_manifests(self) -> list[ManifestFile]:
        parent = self._transaction.table_metadata.snapshot_by_id(self._parent_snapshot_id or -1)
        if parent is None:
            return []
        gone = {
            ManifestContent.DATA: {f.file_path for f in self._changes.removed},
            ManifestContent.DELETES: {f.file_path for f in self._changes.removed_deletes},
        }
        kept = []
        for manifest in parent.manifests(self._io):
            if manifest.has_added_files() or manifest.has_existing_files():
                kept += self._rewritten(manifest, gone[manifest.content])
        return kept

    def _rewritten(self, manifest: ManifestFile, gone: set[str]) -> list[ManifestFile]:
        if not gone or gone.isdisjoint(_files_in(manifest, self._io)):
            return [manifest]
        entries = manifest.fetch_manifest_entry(self._io, discard_deleted=True)
        with self._writer(manifest.content, self.spec(manifest.partition_spec_id)) as writer:
            for entry in entries:
                is_gone = entry.data_file.file_path in gone
                status = ManifestEntryStatus.DELETED if is_gone else ManifestEntryStatus.EXISTING
                writer.add_entry(
                    ManifestEntry.from_args(
                        status=status,
                        snapshot_id=self._snapshot_id if is_gone else entry.snapshot_id,
                        sequence_number=entry.sequence_number,
                        file_sequence_number=entry.file_sequence_number,
                        data_file=entry.data_file,
                    )
                )
        return [writer.to_manifest_file()]

    def _build_delete_files_partition_predicate(self) -> None:
        """Nothing is pruned by it here."""

    def _validate_concurrency(self) -> None:
        """Serializable isolation, as Athena has it: what was read must not have changed."""
        if self._changes.operation == Operation.APPEND or self._commit_window is None or self._commit_window.is_empty():
            return
        if not self._changes.is_rewrite:
            raise ValidationException("Found conflicting files that can contain records matching true")
        head = self._commit_window.head
        live = set()
        for manifest in head.manifests(self._io) if head else []:
            live |= {e.data_file.file_path for e in manifest.fetch_manifest_entry(self._io, discard_deleted=True)}
            base = self._commit_window.base
            if manifest.content == ManifestContent.DELETES and base and manifest not in base.manifests(self._io):
                raise ValidationException("Found new delete files for replaced data files")
        missing = {f.file_path for f in self._deleted_data_files} - live
        if missing:
            raise ValidationException(f"Missing required files to delete: {', '.join(sorted(missing))}")


_KEPT_MANIFESTS = 1024
_files: dict[str, frozenset[str]] = {}  # manifests never change


def _files_in(manifest: ManifestFile, io: FileIO) -> frozenset[str]:
    """The addresses of the files that a manifest lists."""
    found = _files.get(manifest.manifest_path)
    if found is None:
        entries = manifest.fetch_manifest_entry(io, discard_deleted=True)
        found = frozenset(entry.data_file.file_path for entry in entries)
        if len(_files) >= _KEPT_MANIFESTS:
            _files.clear()
        _files[manifest.manifest_path] = found
    return found


class _DeletesWriter(ManifestWriterV2):
    """A manifest of delete files."""

    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}
