"""What S3 never told, and what a dead worker left: found, and taken in.

S3 notifies at least once, in practice; an event that outlived its queue, or was sent while the queue's policy was
wrong, is lost for good. So the intake bucket is listed and compared with the ledger. The bucket stays small: a dropped
object is deleted once the pristine bucket has held its content for a day.

What it costs: one listing request for 1,000 objects (USD 0.005 for 1,000 requests), and one ledger read for an object
in its first pass and another when it is deleted, a hundred a request. Deleting is free.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from app.adapters.dynamodb.files import SHARDS, FileStore
from app.adapters.dynamodb.sweeps import SweepStore
from app.adapters.objects import ObjectHead, Objects
from app.domain.errors import AlreadyExists, PreconditionFailed
from app.domain.files import AWAITED, KEPT, File, is_file_id, unasked_file_id
from app.domain.identifiers import Clock
from app.domain.sweeps import Sweep
from app.services.ingestion import Ingestion, place_of
from app.settings import Settings

log = logging.getLogger("headgate.sweeper")

_LOOKED_AT = 1000
_TAKEN = 100  # a stretch must end before the Lambda that ticks does
_OVERTAKEN = (PreconditionFailed, AlreadyExists)


class Swept(NamedTuple):
    """What one stretch did. `is_over`: the pass has come to the bucket's end."""

    resumed: int = 0
    found: int = 0
    deleted: int = 0
    failed: int = 0
    is_over: bool = False


class Sweeper:
    """One stretch a call, a pass at most every `sweep_interval_seconds`; of two callers one sweeps."""

    def __init__(
        self,
        settings: Settings,
        store: SweepStore,
        files: FileStore,
        objects: Objects,
        ingestion: Ingestion,
        clock: Clock,
    ) -> None:
        self._bucket = settings.intake_bucket
        self._interval = timedelta(seconds=settings.sweep_interval_seconds)
        self._age = timedelta(seconds=settings.sweep_age_seconds)
        self._kept = timedelta(seconds=settings.intake_kept_seconds)
        self._lease = timedelta(seconds=settings.file_lease_seconds)
        self._expiry = timedelta(seconds=settings.upload_expiry_seconds + settings.upload_grace_seconds)
        self._store = store
        self._files = files
        self._objects = objects
        self._ingestion = ingestion
        self._clock = clock

    def sweep(self) -> Swept | None:
        """The next stretch; None when none is due, or another has it."""
        sweep, now = self._store.get(), self._clock()
        if not sweep.is_due(now, self._interval):
            return None
        try:
            sweep = self._store.put(sweep.begun(now))
        except _OVERTAKEN:
            return None
        swept, after = self._stretch(sweep, now)
        if swept.resumed or swept.found or swept.deleted or swept.failed:
            log.info(json.dumps({"event": "swept", **swept._asdict()}))
        is_clean = not swept.failed
        try:
            if swept.is_over:
                self._store.put(sweep.finished(is_clean=is_clean, age=self._age))
            else:
                self._store.put(sweep.paused(after, is_clean=is_clean))
        except _OVERTAKEN:
            log.warning(json.dumps({"event": "sweep_overtaken"}))  # it took longer than its lease: done twice, no harm
        return swept

    def _stretch(self, sweep: Sweep, now: datetime) -> tuple[Swept, tuple[str, str] | None]:
        """First the rows of the ledger that nobody works on, then the bucket from where the last stretch ended."""
        left = self._left(now)
        failed = sum(not self._is_resumed(file) for file in left)
        if len(left) == _TAKEN:
            return Swept(resumed=len(left) - failed, failed=failed), sweep.after
        page = self._objects.versions(self._bucket, sweep.after, _LOOKED_AT)
        lost, settled = self._compared(page.versions, sweep, now)
        taken = lost[: _TAKEN - len(left)]
        refused = sum(not self._is_received(head) for head in taken)
        self._objects.delete_versions(settled)
        after = _named(taken[-1]) if len(taken) < len(lost) else page.after
        swept = Swept(len(left) - failed, len(taken) - refused, len(settled), failed + refused, is_over=after is None)
        return swept, after

    def _left(self, now: datetime) -> list[File]:
        """Files that were announced too long ago, and files whose worker must be dead."""
        found: list[File] = []
        for shard in range(SHARDS):
            found += self._files.left("arriving", shard, now - self._lease, _TAKEN)
            found += self._files.left("expected", shard, now - self._expiry, _TAKEN)
        return sorted(found, key=lambda file: file.updated_at)[:_TAKEN]

    def _compared(
        self, versions: Sequence[ObjectHead], sweep: Sweep, now: datetime
    ) -> tuple[list[ObjectHead], list[ObjectHead]]:
        """Which of the object versions the ledger does not know, and which it needs no more."""
        old = now - self._kept
        asked = [one for one in versions if self._is_in_question(one, sweep, now, old)]
        lost, settled = [], []
        for head, row in self._rows(asked):
            if row is None or row.state in AWAITED:
                lost.append(head)
            elif head.modified_at < old and row.updated_at < old and row.is_done and row.state in KEPT:
                settled.append(head)
        return lost, settled

    def _is_in_question(self, head: ObjectHead, sweep: Sweep, now: datetime, old: datetime) -> bool:
        """Not while its event may be on its way; not again after a pass, until it is old enough to go. An object that
        came in parts has the time when its first part was announced, so it may be new though it looks old.
        """
        if place_of(head.key) is None or head.modified_at > now - self._age:
            return False
        is_seen = sweep.seen_before is not None and head.modified_at < sweep.seen_before and "-" not in head.etag
        return not is_seen or head.modified_at < old

    def _rows(self, heads: Sequence[ObjectHead]) -> list[tuple[ObjectHead, File | None]]:
        """Every object version and its row: under the id that was announced, or the one that is made of its key."""
        named = [place for head in heads if (place := place_of(head.key)) is not None and is_file_id(place[2])]
        announced = self._files.many(named)
        rows: list[File | None] = [announced.get(place_of(head.key) or _NOWHERE) for head in heads]
        others: dict[tuple[str, str, str], int] = {}
        for at, head in enumerate(heads):
            row, place = rows[at], place_of(head.key)
            if place is not None and (row is None or not _is_of(row, head)):
                made = unasked_file_id(head.key, head.version_id or head.etag, head.modified_at)
                others[place[0], place[1], made] = at
                rows[at] = None
        for key, found in self._files.many(list(others)).items():
            rows[others[key]] = found
        return list(zip(heads, rows, strict=True))

    def _is_resumed(self, file: File) -> bool:
        try:
            self._ingestion.resume(file)
        except _OVERTAKEN:
            return True  # somebody works on it after all
        except Exception as error:  # noqa: BLE001 - the others go on; this one comes again
            return self._noted(error, file.id)
        return True

    def _is_received(self, head: ObjectHead) -> bool:
        try:
            self._ingestion.receive(bucket=head.bucket, key=head.key, version_id=head.version_id)
        except Exception as error:  # noqa: BLE001 - the others go on; this one comes again with the next pass
            return self._noted(error, head.version_id)
        return True

    @staticmethod
    def _noted(error: Exception, name: str | None) -> bool:
        log.warning(json.dumps({"event": "sweep_failed", "of": name, "type": type(error).__name__}))
        return False


_NOWHERE = ("", "", "")


def _is_of(row: File, head: ObjectHead) -> bool:
    return row.state in AWAITED or row.version_id == head.version_id


def _named(head: ObjectHead) -> tuple[str, str]:
    return head.key, head.version_id or "null"
