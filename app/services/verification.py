"""The door's judgement of one file: what is declared about it, and its bytes, given to `app.intake`."""

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from app.adapters.dynamodb.classifiers import ClassifierStore
from app.adapters.objects import ObjectHead, Objects
from app.domain.classifiers import Classifier
from app.domain.datasets import Dataset
from app.domain.file_formats import FileFormat
from app.domain.files import Complaint, File, FileReport
from app.domain.schemas import Schema
from app.intake.models import Compression, Declared, Format, Limits, Problem, Report
from app.intake.parquet_footer import MAGIC, MAX_FOOTER_BYTES, NotParquet, footer_length
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


class Verification:
    """Streams a file once, in bounded memory."""

    def __init__(self, settings: Settings, objects: Objects, classifiers: ClassifierStore) -> None:
        self._objects = objects
        self._classifiers = classifiers
        self.limits = Limits(
            full_parse_bytes=settings.full_parse_bytes,
            max_ratio=settings.max_inflation_ratio,
            max_out_bytes=settings.max_inflated_bytes,
        )

    def verify(self, dataset: Dataset, schema: Schema | None, file: File, head: ObjectHead) -> Report:
        from app.intake.verify import verify

        if head.size > self.limits.full_parse_bytes and self._is_parquet(head):
            return self._by_footer(dataset, schema, head)
        asked = replace(self.declared(dataset, schema), sha256=file.declared_sha256, size=file.size_bytes)
        stream: Iterator[bytes] = self._objects.stream(head.bucket, head.key, head.version_id)
        return _judged(verify(stream, asked, self.limits))

    def declared(self, dataset: Dataset, schema: Schema | None) -> Declared:
        """What is known of the dataset's files before one is read: its format, its schema, who may classify them."""
        form = dataset.format or FileFormat()
        found: tuple[Classifier, ...] = ()
        if form.classifier is not None:
            named = self._classifiers.find(dataset.tenant, form.classifier)
            found = (named,) if named is not None else ()
        elif form.is_open:
            found = self._classifiers.automatic(dataset.tenant)
        return replace(_declared(form, schema), classifiers=found)

    def _is_parquet(self, head: ObjectHead) -> bool:
        return self._range(head, 0, len(MAGIC)) == MAGIC

    def _by_footer(self, dataset: Dataset, schema: Schema | None, head: ObjectHead) -> Report:
        """A Parquet file too large to be streamed says all that is wanted at its end: rows, columns, types."""
        from app.intake.verify import verify

        tail = self._range(head, head.size - 8, 8)
        with contextlib.suppress(NotParquet):
            length = min(footer_length(tail), head.size, MAX_FOOTER_BYTES)
            tail = self._range(head, head.size - length, length)
        report = verify([MAGIC, tail], self.declared(dataset, schema), self.limits)
        size = head.size
        report = replace(report, bytes_in=size, bytes_out=size, sha256=None, crc32=None, is_complete=False)
        return _judged(report)

    def _range(self, head: ObjectHead, first: int, length: int) -> bytes:
        pieces = self._objects.stream(head.bucket, head.key, head.version_id, byte_range=(first, first + length - 1))
        return b"".join(pieces)

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
            quote=dialect.quote if dialect.format == "csv" else None,
            header=dialect.has_header if dialect.format == "csv" else None,
            classifier=report.classifier.name if report.classifier is not None else None,
            left_out=complaint(report.left_out),
            normalised=report.needs_normalising,
            is_complete=report.is_complete,
        )


def _judged(report: Report) -> Report:
    """What the door adds: a table needs a column, and what is too large to be read here cannot be rewritten here.

    A missing header is no reason for a copy: every file's own partition says whether a line is skipped.
    """
    reasons = tuple(reason for reason in report.needs_normalising if reason != "no_header")
    report = replace(report, needs_normalising=reasons)
    if not report.is_good:
        return report
    if not report.columns:
        return _with(report, Problem("empty_file", "at least one column", "none"))
    if reasons and not report.is_complete:
        expected = "UTF-8 text that Athena reads as it stands; send smaller files for anything else"
        return _with(report, Problem("wrong_format", expected, ", ".join(reasons)))
    return report


def _with(report: Report, problem: Problem) -> Report:
    return replace(report, problems=(problem,), problem_count=1)


def complaints(report: Report) -> tuple[Complaint, ...]:
    return tuple(Complaint(**vars(problem)) for problem in report.problems)


def complaint(problem: Problem | None) -> Complaint | None:
    return Complaint(**vars(problem)) if problem is not None else None


def _declared(form: FileFormat, schema: Schema | None) -> Declared:
    compression: Compression | None = None if form.compression in {None, "snappy"} else form.compression  # type: ignore[assignment] # snappy is Parquet's own affair
    kind: Format | None = form.type
    return Declared(
        format=kind,
        compression=None if kind == "parquet" else compression,
        delimiter=form.delimiter,
        header=form.header if form.agreed_header is None else True,
        agreed_header=form.agreed_header or (),
        is_header_exact=form.header_order != "any",
        null_value=form.null_value,
        schema=schema,
    )


def format_of(dataset: Dataset, report: Report) -> FileFormat:
    """The dataset's format after its first file: what was declared, and the type that was found."""
    form = dataset.format or FileFormat()
    found = {
        "type": report.dialect.format,
        "classifier": report.classifier.name if report.classifier is not None else None,
    }
    return form if form.type is not None else form.model_copy(update=found)
