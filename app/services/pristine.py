"""Tier 1 in S3: every file as it came; a copy besides where Athena's SerDes cannot read it so."""

from typing import NamedTuple

from app.adapters.objects import ObjectHead, Objects
from app.domain.files import File
from app.domain.locations import data_prefix, original_key, quarantine_key
from app.intake.models import Dialect, Report
from app.settings import Settings


class Placed(NamedTuple):
    """Where the table reads the file, in which dialect, and where the original is when that is another object."""

    data_key: str
    original_key: str | None
    dialect: Dialect


class Pristine:
    """Copies are server-side, to keys that depend on the file alone: repeating one changes nothing."""

    def __init__(self, settings: Settings, objects: Objects) -> None:
        self._bucket = settings.pristine_bucket
        self._objects = objects

    def place(self, file: File, head: ObjectHead, report: Report) -> Placed:
        prefix = data_prefix(file.tenant, file.dataset_id, file.id)
        if not report.needs_normalising:
            dialect = report.dialect
            key = f"{prefix}{file.id}.{dialect.format}{dialect.suffix}"
            self._objects.copy(head, self._bucket, key)
            return Placed(key, None, dialect)
        from app.intake.normalise import NORMAL, normalised

        original = original_key(file.tenant, file.dataset_id, file.id)
        self._objects.copy(head, self._bucket, original)
        key = f"{prefix}{file.id}.{NORMAL.format}{NORMAL.suffix}"
        stream = self._objects.stream(head.bucket, head.key, head.version_id)
        self._objects.put_stream(self._bucket, key, normalised(stream, report))
        return Placed(key, original, NORMAL)

    def quarantine(self, file: File, head: ObjectHead) -> None:
        key = quarantine_key(file.tenant, file.dataset_id, file.id)
        if (head.bucket, head.key) != (self._bucket, key):
            self._objects.copy(head, self._bucket, key)
