"""Tier 1 in S3: every file as it came; a copy besides where Athena's SerDes cannot read it so."""

from collections.abc import Iterator
from typing import NamedTuple

from app.adapters.objects import ObjectHead, Objects
from app.domain.files import File
from app.domain.locations import data_prefix, original_key, quarantine_key
from app.intake.models import Dialect, Limits, Report
from app.settings import Settings

_COPY = Dialect(format="json", compression="gzip")


class Placed(NamedTuple):
    """Where the table reads the file, in which dialect, and where the original is when that is another object."""

    data_key: str
    original_key: str | None
    dialect: Dialect


def dialect_of(file: File) -> Dialect:
    """The dialect of the object that the table reads, of a file that was placed. Reports that are older than their
    field `quote` leave it at the usual one.
    """
    report = file.report
    if file.original_key is not None or report is None:
        return _COPY
    if report.format in ("json", "parquet"):
        return Dialect(format="json" if report.format == "json" else "parquet")
    quote, delimiter = report.quote or Dialect.quote, report.delimiter or Dialect.delimiter
    return Dialect(quote=quote, delimiter=delimiter, has_header=report.header is not False)


class Pristine:
    """Copies are server-side, to keys that depend on the file alone: repeating one changes nothing."""

    def __init__(self, settings: Settings, objects: Objects, limits: Limits) -> None:
        self._bucket = settings.pristine_bucket
        self._objects = objects
        self._limits = limits

    def place(self, file: File, head: ObjectHead, report: Report) -> Placed:
        kind = "copy" if report.needs_normalising else report.dialect.format
        prefix = data_prefix(file.tenant, file.dataset_id, file.id, kind)
        if not report.needs_normalising:
            dialect = report.dialect
            key = f"{prefix}{file.id}.{dialect.format}{dialect.suffix}"
            self._objects.copy(head, self._bucket, key)
            return Placed(key, None, dialect)
        original = original_key(file.tenant, file.dataset_id, file.id)
        self._objects.copy(head, self._bucket, original)
        key = f"{prefix}{file.id}.{_COPY.format}{_COPY.suffix}"
        self._objects.put_stream(self._bucket, key, self._normalised(head, report))
        return Placed(key, original, _COPY)

    def _normalised(self, head: ObjectHead, report: Report) -> Iterator[bytes]:
        from app.intake.normalise import normalised

        stream = self._objects.stream(head.bucket, head.key, head.version_id)
        # Header lines are skipped by each file's own partition, so a copy needs none.
        return normalised(stream, report, has_header_line=False, limits=self._limits)

    def quarantine(self, file: File, head: ObjectHead) -> None:
        key = quarantine_key(file.tenant, file.dataset_id, file.id)
        if (head.bucket, head.key) != (self._bucket, key):
            self._objects.copy(head, self._bucket, key)
