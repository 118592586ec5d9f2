"""Files come in: verified, copied to pristine, committed - or quarantined with a report. Exactly once, however often
and in whatever order their events are delivered, and wherever a worker dies: every step can be repeated.
"""

import json
import logging
from collections.abc import Callable

from app.adapters.dynamodb.files import FileStore
from app.adapters.objects import ObjectHead, Objects
from app.domain.access import TENANT, Principal
from app.domain.datasets import Dataset, is_dataset_name
from app.domain.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
)
from app.domain.files import AWAITED, File, FileState, is_file_id, unasked_file_id
from app.domain.identifiers import Clock
from app.domain.locations import parse_intake_key, quarantine_key
from app.domain.schemas import Schema
from app.intake.models import Report
from app.services.commits import Commits, back_off
from app.services.datasets import Datasets
from app.services.handover import Handover
from app.services.pristine import Pristine
from app.services.raw_tables import CommittedFile, RawTables
from app.services.verification import Verification, format_of
from app.settings import Settings

log = logging.getLogger("headgate.ingestion")

_TRIES = 12
_OVERTAKEN = (PreconditionFailed, AlreadyExists)
OnCommit = Callable[[str, str], object]


class Ingestion:
    """One ledger row per object version; `on_commit(tenant, dataset_id)` is told of every committed file."""

    def __init__(
        self,
        settings: Settings,
        datasets: Datasets,
        files: FileStore,
        commits: Commits,
        tables: RawTables,
        objects: Objects,
        verification: Verification,
        on_commit: OnCommit,
        handover: Handover | None,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._datasets = datasets
        self._files = files
        self._commits = commits
        self._tables = tables
        self._objects = objects
        self._pristine = Pristine(settings, objects, verification.limits)
        self._verification = verification
        self._on_commit = on_commit
        self._handover = handover
        self._clock = clock

    def receive(self, *, bucket: str, key: str, version_id: str | None) -> File | None:
        """An object version has arrived. None when it lies where no dataset can be, or is gone."""
        place = place_of(key)
        if place is None or bucket != self._settings.intake_bucket:
            log.warning(json.dumps({"event": "foreign_object", "bucket": bucket}))
            return None
        if (done := self._done(*place, version_id)) is not None:
            return done
        head = self._objects.head(bucket, key, version_id)
        if head is None:
            return None
        return self._settled(lambda: self._ledger_row(*place, head), head)

    def _done(self, tenant: str, dataset_id: str, name: str, version_id: str | None) -> File | None:
        """An announced file whose event comes again, which is not worth a look at the object."""
        asked = self._files.find(tenant, dataset_id, name) if version_id is not None and is_file_id(name) else None
        return asked if asked is not None and asked.is_done and asked.version_id == version_id else None

    def resume(self, file: File) -> File:
        """Take up a file that was left on its way: expected and never heard of, or its worker died. Expired when its
        bytes are not there. PreconditionFailed when another has it.
        """
        if file.is_settled:
            return self._announced(file)
        head = self._bytes_of(file)
        if head is None:
            return self._files.put(file.becomes(FileState.EXPIRED, self._clock()))
        state = FileState.RECEIVED if file.state in AWAITED else file.state
        # The time of this write keeps others from taking it up as well.
        held = self._files.put(file.becomes(state, self._clock(), version_id=file.version_id or head.version_id))
        return self._settled(lambda: self._files.get(held.tenant, held.dataset_id, held.id), head)

    def take_up(self, tenant: str, dataset_id: str, file_id: str) -> File:
        """As `resume`, of a file by its id."""
        return self.resume(self._files.get(tenant, dataset_id, file_id))

    def replay(self, principal: Principal, dataset_id: str, file_id: str) -> File:
        """Verify a quarantined or rejected file again, after a fix. Conflict in any other state. `handover`'s if there
        is one: then the file is `received`.
        """
        self._datasets.get(principal, dataset_id)
        file = self._files.get(principal.tenant, dataset_id, file_id)
        if file.state not in {FileState.QUARANTINED, FileState.REJECTED}:
            raise Conflict(f"The file is {file.state}; only a quarantined or rejected file can be replayed.")
        head = self._bytes_of(file)
        if head is None:
            raise NotFound("The file's bytes are gone; upload it again.")
        file = self._files.put(file.becomes(FileState.RECEIVED, self._clock(), report=None))
        if self._handover is not None:
            self._handover.file(file)
            return file
        return self._settled(lambda: self._files.get(file.tenant, dataset_id, file_id), head)

    def _bytes_of(self, file: File) -> ObjectHead | None:
        """Where a file lies that is not committed: as it was dropped, or as it was quarantined."""
        head = self._objects.head(self._settings.intake_bucket, file.intake_key, file.version_id)
        if head is None:
            kept = quarantine_key(file.tenant, file.dataset_id, file.id)
            head = self._objects.head(self._settings.pristine_bucket, kept)
        return head

    def _settled(self, row: Callable[[], File], head: ObjectHead) -> File:
        """Takes the file in, from its row as it is now, as often as another changes it meanwhile."""
        for attempt in range(_TRIES):
            try:
                return self._take_in(row(), head)
            except _OVERTAKEN:
                back_off(attempt)
        raise TooManyRequests("Others keep changing this dataset; try again.", retry_after_seconds=2)

    def _ledger_row(self, tenant: str, dataset_id: str, name: str, head: ObjectHead) -> File:
        """The row of this object version, made or claimed when it is not there yet."""
        asked = self._files.find(tenant, dataset_id, name) if is_file_id(name) else None
        if asked is not None and asked.version_id == head.version_id and asked.state not in AWAITED:
            return asked
        if asked is not None and asked.state in AWAITED:
            return self._files.put(asked.becomes(FileState.RECEIVED, self._clock(), version_id=head.version_id))
        file_id = unasked_file_id(head.key, head.version_id or head.etag, head.modified_at)
        known = self._files.find(tenant, dataset_id, file_id)
        if known is not None:
            return known
        now = self._clock()
        return self._files.put(
            File(
                id=file_id,
                tenant=tenant,
                dataset_id=dataset_id,
                state=FileState.RECEIVED,
                file_name=asked.file_name if asked else name,
                size_bytes=head.size,
                intake_key=head.key,
                version_id=head.version_id,
                created_at=now,
                created_by="s3",
                updated_at=now,
            )
        )

    def _take_in(self, file: File, head: ObjectHead) -> File:
        if file.is_settled:
            return self._announced(file)
        dataset = self._datasets.find(file.tenant, file.dataset_id)
        if dataset is None or not dataset.is_raw:
            return self._files.put(file.becomes(FileState.REJECTED, self._clock()))
        schema = self._datasets.schema_of(dataset)
        report = self._verification.verify(dataset, schema, file, head)
        if not report.is_good:
            return self._quarantined(dataset, file, head, report)
        if schema is None:
            schema = Schema(columns=report.columns)
            dataset = self._datasets.infer(dataset, schema, {"format": format_of(dataset, report)})
        content = report.sha256 or f"etag-{head.etag}-{head.size}"
        first = self._first_with(file, content)
        if first != file.id:
            changes = {"sha256": report.sha256, "report": self._verification.shown(report), "duplicate_of": first}
            return self._files.put(file.becomes(FileState.DUPLICATE, self._clock(), **changes))
        # Told outside of the commit: what goes wrong in telling brings the event again.
        return self._announced(_told(self._commits.commit(self._placed(file, dataset, schema, head, report))))

    def _first_with(self, file: File, content: str) -> str:
        """The id of the file that brought this content to the dataset first; this one's if none did."""
        try:
            self._files.claim(file, content, None)
        except AlreadyExists:
            claim = self._files.content(file, content)
            owner = self._files.find(file.tenant, file.dataset_id, claim.file_id)
            if claim.file_id == file.id or (owner is not None and owner.state not in _LOST):
                return claim.file_id
            self._files.claim(file, content, claim)
        return file.id

    def _placed(self, file: File, dataset: Dataset, schema: Schema, head: ObjectHead, report: Report) -> File:
        """Copied to pristine and readable by its partition, though not counted yet."""
        self._tables.ensure(dataset, schema)
        placed = self._pristine.place(file, head, report)
        is_again = file.data_key is not None
        file = self._files.put(
            file.becomes(
                FileState.VERIFIED,
                self._clock(),
                sha256=report.sha256,
                report=self._verification.shown(report),
                schema_version=dataset.schema_version,
                data_key=placed.data_key,
                original_key=placed.original_key,
            )
        )
        committed = CommittedFile(file.id, schema, placed.dialect, placed.data_key)
        if is_again:
            self._tables.put_file(dataset, committed)
        else:
            self._tables.add_files(dataset, [committed])
        return file

    def _announced(self, file: File) -> File:
        """Whoever waits for files of the dataset is told; again when a worker died before it was noted."""
        if file.state is not FileState.COMMITTED or file.is_announced:
            return file
        self._on_commit(file.tenant, file.dataset_id)
        try:
            return self._files.put(file.model_copy(update={"is_announced": True}))
        except PreconditionFailed:
            return file  # another worker noted it

    def _quarantined(self, dataset: Dataset, file: File, head: ObjectHead, report: Report) -> File:
        self._pristine.quarantine(file, head)
        if file.data_key is not None:  # it was good before the dataset's columns or format changed
            self._tables.drop_file(dataset, file.id)
        shown = self._verification.shown(report)
        state = FileState.QUARANTINED
        return _told(self._files.put(file.becomes(state, self._clock(), sha256=report.sha256, report=shown)))


def _told(file: File) -> File:
    """The log has it, whose lines alarms count."""
    line = {"event": "file_settled", "file": file.id, "tenant": file.tenant, "dataset": file.dataset_id}
    log.info(json.dumps({**line, "state": file.state}))
    return file


_LOST = frozenset({FileState.QUARANTINED, FileState.REJECTED, *AWAITED})


def place_of(key: str) -> tuple[str, str, str] | None:
    """(tenant, dataset id, name) of an object in the intake bucket; None where no dataset can be."""
    try:
        tenant, dataset_id, name = parse_intake_key(key)
    except InvalidInput:
        return None
    parts = dataset_id.split(".")
    is_ours = TENANT.match(tenant) and len(parts) == 2 and all(map(is_dataset_name, parts))
    return (tenant, dataset_id, name) if is_ours else None
