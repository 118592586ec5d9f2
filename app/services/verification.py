"""The door's judgement of one file: what is declared about it, and its bytes, given to `app.intake`."""

from typing import TYPE_CHECKING

from app.adapters.objects import ObjectHead, Objects
from app.domain.datasets import Dataset, FileFormat
from app.domain.files import Complaint, File, FileReport
from app.domain.schemas import Schema
from app.intake.models import Compression, Declared, Format, Limits, Report
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


class Verification:
    """Streams a file once, in bounded memory."""

    def __init__(self, settings: Settings, objects: Objects) -> None:
        self._objects = objects
        self.limits = Limits(
            full_parse_bytes=settings.full_parse_bytes,
            max_ratio=settings.max_inflation_ratio,
            max_out_bytes=settings.max_inflated_bytes,
        )

    def verify(self, dataset: Dataset, schema: Schema | None, file: File, head: ObjectHead) -> Report:
        from app.intake.verify import verify

        asked = declared(dataset.format, schema, sha256=file.declared_sha256, size=file.size_bytes)
        stream: Iterator[bytes] = self._objects.stream(head.bucket, head.key, head.version_id)
        return verify(stream, asked, self.limits)

    @staticmethod
    def shown(report: Report) -> FileReport:
        """The report as it is kept and shown."""
        dialect = report.dialect
        is_text = dialect.format != "parquet"
        return FileReport(
            problems=complaints(report),
            problem_count=report.problem_count,
            rows=report.rows,
            columns=len(report.columns),
            bytes_in=report.bytes_in,
            bytes_out=report.bytes_out,
            format=dialect.format,
            compression=dialect.compression,
            encoding=dialect.encoding if is_text else None,
            delimiter=dialect.delimiter if dialect.format == "csv" else None,
            header=dialect.has_header if dialect.format == "csv" else None,
            normalised=report.needs_normalising,
            is_complete=report.is_complete,
        )


def complaints(report: Report) -> tuple[Complaint, ...]:
    return tuple(
        Complaint(code=p.code, line=p.line, column=p.column, expected=p.expected, found=p.found, count=p.count)
        for p in report.problems
    )


def declared(
    form: FileFormat | None, schema: Schema | None, *, sha256: str | None = None, size: int | None = None
) -> Declared:
    """What registration and announcement say of a file."""
    form = form or FileFormat()
    compression: Compression | None = None if form.compression in {None, "snappy"} else form.compression  # type: ignore[assignment] # snappy is Parquet's own affair
    kind: Format | None = form.type
    return Declared(
        format=kind,
        compression=None if kind == "parquet" else compression,
        delimiter=form.delimiter,
        header=form.header,
        null_value=form.null_value,
        schema=schema,
        sha256=sha256,
        size=size,
    )


def format_of(dataset: Dataset, report: Report) -> FileFormat:
    """The dataset's format after its first file: what was declared, and the type that was found."""
    form = dataset.format or FileFormat()
    found = report.dialect.format
    return form if form.type is not None else form.model_copy(update={"type": found})
