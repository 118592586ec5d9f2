"""One pass over a file that arrived: is it what was agreed, what is in it, and can Athena read it as it stands?"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.domain.schemas import Column, Schema, safe_names
from app.intake.agreed_header import check_header
from app.intake.conform import ColumnCheck
from app.intake.header import Agreement, agree
from app.intake.infer import ColumnProfile
from app.intake.json_records import JsonReader, keys_need_renaming
from app.intake.lines import LineReader
from app.intake.models import Declared, Dialect, IntakeError, Limits, Problem, Reason, Report
from app.intake.opening import Opened, check_compression, is_parquet, open_text, peeked
from app.intake.parquet_footer import verify_parquet
from app.intake.problems import Problems
from app.intake.records import Batch, RecordReader
from app.intake.sniff import Sniffed, wrong_delimiter

_DEFAULT_LIMITS: Final = Limits()


def verify(stream: Iterable[bytes], declared: Declared | None = None, limits: Limits = _DEFAULT_LIMITS) -> Report:
    """Reads the stream once. Never raises for what is in the file: every mistake is a problem in the report.

    When `declared.size` is above `limits.full_parse_bytes`, only the first `limits.head_bytes` are taken from the
    stream; rows, checksums and whatever comes later are then unknown (`is_complete` False).
    """
    return _Verification(declared or Declared(), limits).of(stream)


class _Verification:
    def __init__(self, declared: Declared, limits: Limits) -> None:
        self._declared = declared
        self._limits = limits
        self._problems = Problems(limits.max_problems)
        self._reasons: set[Reason] = set()
        self._sha = hashlib.sha256()
        self._crc = 0
        self._bytes = 0
        self._rows = 0
        self._is_partial = declared.size is not None and declared.size > limits.full_parse_bytes

    def of(self, stream: Iterable[bytes]) -> Report:
        metered = self._metered(stream)
        head, whole = peeked(metered, 8)
        if is_parquet(head, self._declared):
            report = verify_parquet(whole, self._declared, self._problems, is_partial=self._is_partial)
            return self._finished(report, whole)
        report = Report(Dialect())
        opened: Opened | None = None
        try:
            opened = open_text(whole, self._declared, self._limits)
            report = self._text(opened)
        except IntakeError as error:
            self._broken(error)
            if opened is not None:
                report = replace(report, dialect=opened.sniffed.dialect)
        if opened is not None:
            report = replace(report, bytes_out=opened.decompressor.bytes_out)
        return self._finished(report, whole)

    def _metered(self, stream: Iterable[bytes]) -> Iterator[bytes]:
        """Counts and sums the bytes as they pass; of a file too big for the door, lets only the head pass."""
        for chunk in stream:
            piece = chunk
            if self._is_partial:
                piece = chunk[: self._limits.head_bytes - self._bytes]
            self._bytes += len(piece)
            self._sha.update(piece)
            self._crc = zlib.crc32(piece, self._crc)
            if piece:
                yield piece
            if self._is_partial and self._bytes >= self._limits.head_bytes:
                return

    def _broken(self, error: IntakeError) -> None:
        # The end of a head that was cut off says nothing about the file.
        if not (self._is_partial and error.problem.code in {"truncated", "bad_encoding"}):
            self._problems.add(error.problem)

    def _text(self, opened: Opened) -> Report:
        dialect = opened.sniffed.dialect
        wrong = check_compression(self._declared.compression, dialect.compression)
        if wrong is not None:
            self._problems.add(wrong)
        read = {"json": self._json, "text": self._lines}.get(dialect.format, self._delimited)
        report = replace(read(opened), tried=opened.sniffed.tried)
        self._reasons |= _reasons_of(replace(dialect, encoding=opened.decoder.encoding))
        return replace(report, dialect=replace(dialect, encoding=opened.decoder.encoding))

    def _delimited(self, opened: Opened) -> Report:
        sniffed = opened.sniffed
        dialect = sniffed.dialect
        wrong = wrong_delimiter(opened.head, sniffed) if self._declared.delimiter else None
        if wrong is not None:
            self._problems.add(wrong)
        if sniffed.width > self._limits.max_columns:
            limit = self._limits.max_columns
            raise IntakeError(Problem("too_many_columns", f"at most {limit} columns", f"{sniffed.width}", line=1))
        agreement = agree(sniffed, self._declared.schema, self._after_header(sniffed))
        if agreement.is_reordered:
            self._reasons.add("reordered")
        reader = RecordReader(dialect, sniffed.width, self._limits, self._problems.add, sniffed.start_line)
        columns = self._watched(reader.batches(self._without_cut_line(opened.texts)), agreement)
        self._reasons |= reader.reasons
        return Report(dialect, columns=columns, field_names=agreement.names)

    def _after_header(self, sniffed: Sniffed) -> Callable[[Problem], None]:
        """Where complaints about the schema go: nowhere if the header is not even the agreed one, which says it all."""
        agreed, header, line = self._declared.agreed_header, sniffed.dialect.header, sniffed.start_line - 1
        is_exact = self._declared.is_header_exact
        if agreed and not check_header(header, agreed, self._problems.add, line, is_exact=is_exact):
            return lambda _: None
        return self._problems.add

    def _lines(self, opened: Opened) -> Report:
        """A text file. It always needs a copy: the table knows nothing of patterns."""
        sniffed, classifier = opened.sniffed, opened.sniffed.classifier
        assert classifier is not None  # noqa: S101 - it made the dialect `text`
        agreement = agree(sniffed, self._declared.schema, self._problems.add)
        if self._declared.schema is None:
            agreement = replace(agreement, columns=classifier.typed(self._declared.null_value))
        reader = LineReader(classifier, sniffed.dialect.line_end)
        columns = self._watched(reader.batches(self._without_cut_line(opened.texts)), agreement)
        left_out = reader.left_out
        if left_out is not None and not reader.is_certain:
            self._problems.add(left_out)
            left_out = None
        elif not self._rows and not self._problems.total:
            self._problems.add(Problem("empty_file", "lines that are not skipped", "nothing"))
        self._reasons.add("classifier")
        names = agreement.names
        return Report(sniffed.dialect, columns=columns, field_names=names, classifier=classifier, left_out=left_out)

    def _watched(self, batches: Iterable[Batch], agreement: Agreement) -> tuple[Column, ...]:
        """Takes all batches in; what is agreed on each column, or was found out about it."""
        watchers = self._watchers(agreement)
        try:
            for batch in batches:
                self._rows += batch.rows
                for watcher, values in zip(watchers, batch.columns, strict=True):
                    if watcher is not None:
                        watcher.add(values, batch.lines)
        except IntakeError as error:
            self._broken(error)
        return _columns(agreement, watchers)

    def _watchers(self, agreement: Agreement) -> list[ColumnCheck | ColumnProfile | None]:
        null, report = self._declared.null_value, self._problems.add
        if self._declared.schema is None:
            return [ColumnProfile(null) if one is None else ColumnCheck(one, null, report) for one in agreement.columns]
        # A column that nobody agreed on is a complaint already.
        return [None if one is None else ColumnCheck(one, null, report) for one in agreement.columns]

    def _without_cut_line(self, texts: Iterator[str]) -> Iterator[str]:
        """The text, without its last line if only the head of the file is read."""
        if not self._is_partial:
            yield from texts
            return
        held = ""
        try:
            for text in texts:
                whole = held + text
                end = max(whole.rfind("\n"), whole.rfind("\r")) + 1
                if end:
                    yield whole[:end]
                held = whole[end:]
        except IntakeError as error:
            self._broken(error)

    def _json(self, opened: Opened) -> Report:
        dialect = opened.sniffed.dialect
        reader = JsonReader(dialect.json_layout, self._limits, self._problems.add)
        profiles: dict[str, ColumnProfile] = {}
        checks = self._json_checks()
        try:
            for batch in reader.batches(self._without_cut_line(opened.texts)):
                for key, values in batch.columns.items():
                    if checks is not None:
                        self._check_key(checks, key, values, batch.lines)
                        continue
                    if key not in profiles:
                        profiles[key] = ColumnProfile(self._declared.null_value)
                        profiles[key].skip(self._rows)
                    profiles[key].add(values, batch.lines, has_strings=key in batch.strings)
                self._rows += batch.rows
        except IntakeError as error:
            self._broken(error)
        keys = list(reader.keys)
        self._reasons |= reader.reasons
        if keys_need_renaming(keys):
            self._reasons.add("json_keys")
        if not self._rows and not self._problems.total:
            self._problems.add(Problem("empty_file", "JSON objects", "nothing"))
        return self._json_report(dialect, keys, profiles)

    def _json_checks(self) -> dict[str, ColumnCheck] | None:
        schema = self._declared.schema
        if schema is None:
            return None
        null = self._declared.null_value
        return {c.name: ColumnCheck(c, null, self._problems.add) for c in schema.columns}

    def _check_key(self, checks: dict[str, ColumnCheck], key: str, values: Sequence[str], lines: Sequence[int]) -> None:
        name = _agreed_name(key, self._declared.schema)
        if name in checks:
            checks[name].add(values, lines)
        elif any(values):
            self._problems.add(Problem("unexpected_column", "only agreed keys", key[:64], lines[0], key[:64]))

    def _json_report(self, dialect: Dialect, keys: list[str], profiles: dict[str, ColumnProfile]) -> Report:
        schema = self._declared.schema
        if schema is not None:
            names = tuple(_agreed_name(key, schema) for key in keys)
            missing = [c for c in schema.columns if c.name not in names and not c.is_nullable]
            for column in missing:
                self._problems.add(Problem("missing_column", column.name, "no such key", column=column.name))
            return Report(replace(dialect, header=tuple(keys)), columns=schema.columns, field_names=names)
        names = safe_names(keys)
        columns = tuple(profiles[key].column(name, key) for key, name in zip(keys, names, strict=True))
        return Report(replace(dialect, header=tuple(keys)), columns=columns, field_names=names)

    def _finished(self, report: Report, rest: Iterable[bytes]) -> Report:
        if not self._is_partial:
            for _ in rest:  # checksums are of the whole file, however early it broke
                pass
        self._check_sums()
        if self._declared.agreed_header and report.dialect.format != "csv":
            self._problems.add(Problem("wrong_format", "csv with the agreed header", report.dialect.format))
        is_parquet_file = report.dialect.format == "parquet"
        return replace(
            report,
            problems=self._problems.found,
            problem_count=self._problems.total,
            rows=report.rows if is_parquet_file else None if self._is_partial else self._rows,
            bytes_in=self._bytes,
            bytes_out=report.bytes_out or self._bytes,
            sha256=None if self._is_partial else self._sha.hexdigest(),
            crc32=None if self._is_partial else f"{self._crc:08x}",
            needs_normalising=() if is_parquet_file else tuple(sorted(self._reasons)),
            is_complete=not self._is_partial,
        )

    def _check_sums(self) -> None:
        declared = self._declared
        if self._is_partial:
            return
        if declared.size is not None and declared.size != self._bytes:
            self._problems.add(Problem("wrong_size", f"{declared.size:,} bytes", f"{self._bytes:,} bytes"))
        if declared.sha256 is not None and declared.sha256.lower() != self._sha.hexdigest():
            self._problems.add(Problem("wrong_checksum", declared.sha256.lower(), self._sha.hexdigest()))


def _agreed_name(key: str, schema: Schema | None) -> str:
    if schema is not None:
        for column in schema.columns:
            if key in (column.original_name, column.name):
                return column.name
    return safe_names([key])[0]


def _columns(agreement: Agreement, watchers: Sequence[ColumnCheck | ColumnProfile | None]) -> tuple[Column, ...]:
    found: list[Column] = []
    cells = zip(agreement.columns, watchers, agreement.names, agreement.originals, strict=True)
    for column, watcher, name, original in cells:
        if column is not None:
            found.append(column)
        elif isinstance(watcher, ColumnProfile):
            found.append(watcher.column(name, original))
    return tuple(found)


def _reasons_of(dialect: Dialect) -> set[Reason]:
    reasons: set[Reason] = set()
    if dialect.encoding != "utf-8":
        reasons.add("encoding")
    if dialect.has_bom:
        reasons.add("bom")
    if dialect.format == "json":
        return reasons
    if dialect.line_end == "\r":
        reasons.add("line_end")
    if dialect.preamble_lines:
        reasons.add("preamble")
    if not dialect.has_header:
        reasons.add("no_header")
    return reasons
