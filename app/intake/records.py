"""Text to columns of text, batch by batch: an RFC 4180 reader that splits whole pieces where no quotes are, and uses
`csv` where they are. Blank lines are skipped, lone carriage returns end lines, line numbers survive line breaks inside
quotes. What Athena's OpenCSVSerDe would read differently is collected in `reasons`.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final

from app.intake.models import Dialect, IntakeError, Limits, Problem, Reason

_BATCH: Final = 4096
_MAX_RECORD_FACTOR: Final = 16


@dataclass(frozen=True)
class Batch:
    """Rows turned on their side: `columns[i][row]`; `lines[row]` is the line that the row starts on."""

    columns: Sequence[Sequence[str]]
    rows: int
    lines: Sequence[int]


class RecordReader:
    """Reads the text after the header. `width` is the number of columns; other rows are reported and left out."""

    def __init__(
        self,
        dialect: Dialect,
        width: int,
        limits: Limits,
        report: Callable[[Problem], None],
        first_line: int = 1,
    ) -> None:
        self.reasons: set[Reason] = set()
        self._dialect = dialect
        self._width = width
        self._limits = limits
        self._report = report
        self._line = first_line
        mark, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
        field = f"(?:{quote}[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+{quote}|[^{mark}{quote}\r\n]*+)"
        # Whole records that any reader reads alike: quotes only around whole fields, and doubled inside.
        self._clean = re.compile(f"(?:(?:{field}{mark})*+{field}(?:\r\n|\n|\r(?!$)))*+")
        self._is_clean = dialect.escape == "double"
        self._recent: list[str] = []
        csv.field_size_limit(max(limits.max_field_chars, 1))  # per process, and the same for all

    def batches(self, texts: Iterable[str]) -> Iterator[Batch]:
        carry = ""
        source = iter(texts)
        for text in source:
            piece = carry + text if carry else text
            if "\\" in text:
                self.reasons.add("backslash")
            if "\0" in text:
                self.reasons.add("nul_byte")
            if not self._is_clean:
                yield from self._unclean(piece, source)
                return
            if self._dialect.quote in piece:
                end = self._clean.match(piece).end()  # type: ignore[union-attr]  # it matches the empty string
                yield from self._quoted(piece[:end])
                carry = piece[end:]
                # An open quote may span pieces; one that never closes, or that stands amid text, may not.
                self._is_clean = len(carry) <= self._limits.max_field_chars
            else:
                end = self._last_line_end(piece)
                yield from self._plain(piece[:end])
                carry = piece[end:]
                if len(carry) > self._limits.max_field_chars * _MAX_RECORD_FACTOR:
                    raise self._too_long()
        if carry:
            yield from self._last(carry)

    def _last(self, carry: str) -> Iterator[Batch]:
        if self._dialect.quote not in carry:
            yield from self._plain(carry)
            return
        whole = carry if carry.endswith("\n") else f"{carry.removesuffix(chr(13))}\n"
        if self._clean.fullmatch(whole):
            yield from self._quoted(whole)
        else:
            yield from self._unclean(carry, iter(()))

    @staticmethod
    def _last_line_end(piece: str) -> int:
        end = piece.rfind("\n") + 1
        if end:
            return end
        # Only lone carriage returns; the last character may be the first half of a CRLF.
        return piece.rfind("\r", 0, -1) + 1

    def _plain(self, piece: str) -> Iterator[Batch]:
        if not piece:
            return
        if "\r" in piece:
            piece = piece.replace("\r\n", "\n")
            if "\r" in piece:
                self.reasons.add("line_end")
                piece = piece.replace("\r", "\n")
        body = piece.removesuffix("\n")
        lines = body.split("\n")
        mark = self._dialect.delimiter
        first = self._line
        self._line += len(lines)
        wanted = self._width - 1
        if len(body) > self._limits.max_field_chars:
            self._refuse_long_fields(lines, first)
        if set(map(str.count, lines, repeat(mark))) == {wanted} and (wanted or "" not in lines):
            flat = body.replace("\n", mark).split(mark) if wanted else lines
            columns = [flat[at :: self._width] for at in range(self._width)]
            yield Batch(columns, len(lines), range(first, first + len(lines)))
            return
        rows = [line.split(mark) if line else [] for line in lines]
        yield from self._uneven(rows, range(first, first + len(lines)))

    def _quoted(self, piece: str) -> Iterator[Batch]:
        if not piece:
            return
        if self._dialect.quote not in piece:
            yield from self._plain(piece)
            return
        lines = piece.split("\n")
        if not lines[-1]:
            lines.pop()
        rows = self._rows_of(lines) if "\r" not in piece.replace("\r\n", "") else []
        if len(rows) == len(lines):
            numbers: Sequence[int] = range(self._line, self._line + len(rows))
            self._line += len(rows)
        else:  # line breaks inside quotes, or lone carriage returns
            rows = self._rows_of(io.StringIO(piece, newline=""))
            numbers = self._numbered(rows)
        yield from self._checked(rows, numbers)

    def _rows_of(self, lines: Iterable[str]) -> list[list[str]]:
        dialect = self._dialect
        rows = csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            doublequote=True,
            escapechar="\\" if dialect.escape == "backslash" else None,
        )
        try:
            return list(rows)
        except csv.Error as error:
            raise self._csv_problem(error, rows.line_num) from error

    def _csv_problem(self, error: csv.Error, line: int) -> IntakeError:
        if "field larger" in str(error):
            return self._too_long(self._line + max(line - 1, 0))
        return IntakeError(
            Problem("wrong_delimiter", "records as RFC 4180 has them", "unreadable", self._line + line - 1),
        )

    def _numbered(self, rows: list[list[str]]) -> list[int]:
        """The line that each row starts on, counted through the breaks inside its values."""
        numbers = []
        for row in rows:
            numbers.append(self._line)
            self._line += 1
            for value in row:
                if "\n" in value or "\r" in value:
                    self.reasons.add("line_break_in_value")
                    self._line += value.count("\n") + value.count("\r") - value.count("\r\n")
        if "line_break_in_value" not in self.reasons:
            self.reasons.add("line_end")
        return numbers

    def _unclean(self, piece: str, texts: Iterator[str]) -> Iterator[Batch]:
        """The rest of a file with quotes amid text, or with backslash escapes: one csv reader to the end."""
        self.reasons.add("quoting")
        rows = csv.reader(
            self._remembering(self._physical_lines(piece, texts)),
            delimiter=self._dialect.delimiter,
            quotechar=self._dialect.quote,
            doublequote=self._dialect.escape == "double",
            escapechar="\\" if self._dialect.escape == "backslash" else None,
        )
        start, before = self._line, 0
        batch: list[list[str]] = []
        numbers: list[int] = []
        is_open = True
        while is_open:
            try:
                row = next(rows, None)
            except csv.Error as error:
                self._line = start
                raise self._csv_problem(error, rows.line_num) from error
            is_open = row is not None
            if row is not None:
                batch.append(row)
                numbers.append(start + before)
                if rows.line_num - before > 1:
                    self.reasons.add("line_break_in_value")
                    self._report_open_quote(start + before)
                before = rows.line_num
                self._recent.clear()
            if len(batch) >= _BATCH or (batch and not is_open):
                yield from self._checked(batch, numbers)
                batch, numbers = [], []

    def _remembering(self, lines: Iterator[str]) -> Iterator[str]:
        for line in lines:
            self._recent.append(line)
            yield line

    def _report_open_quote(self, line: int) -> None:
        """Csv takes the end of the file for the end of a quoted field; the partner should know."""
        try:
            deque(
                csv.reader(self._recent, delimiter=self._dialect.delimiter, quotechar=self._dialect.quote, strict=True),
                0,
            )
        except csv.Error as error:
            if "unexpected end" in str(error):
                self._report(Problem("unclosed_quote", "a closing quote", "the end of the file", line))

    def _physical_lines(self, piece: str, texts: Iterator[str]) -> Iterator[str]:
        carry = piece
        while True:
            lines = io.StringIO(carry, newline="").readlines()
            carry = lines.pop() if lines else ""
            yield from lines
            text = next(texts, None)
            if text is None:
                break
            if len(carry) > self._limits.max_field_chars * _MAX_RECORD_FACTOR:
                raise self._too_long()
            if "\\" in text:
                self.reasons.add("backslash")
            if "\0" in text:
                self.reasons.add("nul_byte")
            carry += text
        if carry:
            yield carry

    def _checked(self, rows: list[list[str]], numbers: Sequence[int]) -> Iterator[Batch]:
        if set(map(len, rows)) == {self._width}:
            yield Batch(list(zip(*rows, strict=True)), len(rows), numbers)
        else:
            yield from self._uneven(rows, numbers)

    def _uneven(self, rows: list[list[str]], numbers: Sequence[int]) -> Iterator[Batch]:
        kept: list[list[str]] = []
        lines: list[int] = []
        for row, line in zip(rows, numbers, strict=True):
            if len(row) == self._width:
                kept.append(row)
                lines.append(line)
            elif not row or (len(row) == 1 and not row[0].strip(" \t\x1a")):
                self.reasons.add("blank_lines")
            else:
                self._report(Problem("ragged_row", f"{self._width} fields", f"{len(row)} fields", line))
        if kept:
            yield Batch(list(zip(*kept, strict=True)), len(kept), lines)

    def _refuse_long_fields(self, lines: list[str], first: int) -> None:
        limit = self._limits.max_field_chars
        for at, line in enumerate(lines):
            if len(line) > limit and max(map(len, line.split(self._dialect.delimiter))) > limit:
                raise self._too_long(first + at)

    def _too_long(self, line: int | None = None) -> IntakeError:
        limit = self._limits.max_field_chars
        return IntakeError(
            Problem("field_too_long", f"fields of up to {limit:,} characters", "a longer one", line or self._line),
        )
