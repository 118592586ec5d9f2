"""How a file is written, from its first bytes and from what was declared; a declaration wins over a guess."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from app.domain.classifiers import Classifier, Tried
from app.domain.schemas import safe_names
from app.domain.shapes import USUAL_NULLS
from app.intake.classify import is_typed
from app.intake.decode import encoding_named, encoding_of
from app.intake.models import Declared, Dialect, Escape, IntakeError, LineEnd, Problem

HEAD_BYTES: Final = 256 << 10
_DELIMITERS: Final = (",", "\t", ";", "|")
_SAMPLE_ROWS: Final = 300
_MAX_PREAMBLE: Final = 30
_CONTROL: Final = re.compile(r"[\x01-\x08\x0e-\x19\x1b-\x1f]")


@dataclass(frozen=True)
class Sniffed:
    """`start`: characters before the first row (after the BOM); `start_line`: its line, from 1; `width`: columns.

    `classifier`: the one that reads a text file; `tried`: what all of them made of its head.
    """

    dialect: Dialect
    width: int = 0
    start: int = 0
    start_line: int = 1
    bom_bytes: int = 0
    classifier: Classifier | None = None
    tried: tuple[Tried, ...] = ()


def sniff_encoding(head: bytes, declared: Declared) -> tuple[str, int]:
    """(encoding, BOM length). A BOM is believed before the declaration."""
    found, bom = encoding_of(head)
    named = encoding_named(declared.encoding) if declared.encoding else None
    return (found if bom or named is None else named), bom


def looks_like_json(text: str) -> bool:
    start = text.lstrip()[:2_000]
    return bool(re.match(r'\{\s*("(?:[^"\\]|\\.)*"\s*:|\})|\[\s*(\{|\]\s*$)', start))


def sniff_text(text: str, dialect: Dialect, declared: Declared, *, is_whole: bool) -> Sniffed:
    """The delimited dialect of the text at the start of a file. Raises IntakeError: empty_file, not_text."""
    lines = _head_lines(text, is_whole=is_whole)
    line_end = _line_end(text)
    quote = _quote(lines)
    delimiter = declared.delimiter or ("\t" if declared.format == "tsv" else _delimiter(lines, quote))
    made = replace(dialect, line_end=line_end, quote=quote, delimiter=delimiter)
    made = replace(made, escape=_escape(lines, made))
    skipped = _preamble(lines, made)
    rows, ends = _rows(lines[skipped:], made)
    made = replace(made, preamble_lines=skipped)
    width = Counter(map(len, rows[1:] or rows)).most_common(1)[0][0]
    has_header = declared.header if declared.header is not None else _has_header(rows, declared)
    if not has_header:
        before = sum(map(len, lines[:skipped]))
        return Sniffed(replace(made, has_header=False), width, before, skipped + 1)
    header = _header(rows, width)
    used = skipped + ends[0]
    width = max(len(header), 1) if len(rows) == 1 or len(header) >= width else width
    return Sniffed(replace(made, has_header=True, header=header), width, sum(map(len, lines[:used])), used + 1)


def sniff_lines(text: str, dialect: Dialect, declared: Declared, *, is_whole: bool) -> Sniffed:
    """Whether a classifier reads the text: without one, all that is known is what was tried. Raises IntakeError:
    empty_file, not_text, unknown_classifier.
    """
    from app.intake.lines import chosen

    is_declared = declared.format == "text"
    if is_declared and not declared.classifiers:
        raise IntakeError(Problem("unknown_classifier", "the classifier of the dataset's format", "none of this name"))
    lines = [line.rstrip("\r\n") for line in _head_lines(text, is_whole=is_whole)]
    found, tried = chosen(lines, declared.classifiers, is_declared=is_declared)
    if found is None:
        return Sniffed(dialect, tried=tried)
    made = replace(dialect, format="text", line_end=_line_end(text), header=found.groups)
    return Sniffed(made, len(found.groups), classifier=found, tried=tried)


def _head_lines(text: str, *, is_whole: bool) -> list[str]:
    if len(_CONTROL.findall(text[:65_536])) > len(text[:65_536]) // 100:
        raise IntakeError(Problem("not_text", "lines of text", "control characters"))
    lines = io.StringIO(text, newline="").readlines()
    if not is_whole and len(lines) > 1:
        lines.pop()  # cut off somewhere
    if not any(line.strip() for line in lines):
        raise IntakeError(Problem("empty_file", "a header or rows", "nothing"))
    return lines


def wrong_delimiter(text: str, sniffed: Sniffed) -> Problem | None:
    """Whether another delimiter than the declared one would make sense where this one makes none."""
    if sniffed.width > 1:
        return None
    lines = io.StringIO(text, newline="").readlines()
    other = _delimiter(lines, sniffed.dialect.quote)
    widths = Counter(map(len, _rows(lines, replace(sniffed.dialect, delimiter=other))[0]))
    if other == sniffed.dialect.delimiter or widths.most_common(1)[0][0] < 2:
        return None
    return Problem("wrong_delimiter", repr(sniffed.dialect.delimiter), repr(other), line=1)


def _line_end(text: str) -> LineEnd:
    pairs = text.count("\r\n")
    feeds = text.count("\n") - pairs
    returns = text.count("\r") - pairs
    if pairs >= feeds and pairs >= returns and pairs:
        return "\r\n"
    return "\r" if returns > feeds else "\n"


def _quote(lines: list[str]) -> str:
    sample = lines[1:_SAMPLE_ROWS] or lines
    if any('"' in line for line in sample):
        return '"'
    single = re.compile(r"(?:^|[,;\t|])'[^']*'(?=[,;\t|\r\n]|$)")
    hits = sum(len(single.findall(line)) for line in sample)
    return "'" if hits >= len(sample) and hits * 2 >= sum(line.count("'") for line in sample) else '"'


def _rows(lines: list[str], dialect: Dialect, limit: int = _SAMPLE_ROWS) -> tuple[list[list[str]], list[int]]:
    """The first records, and after each the number of lines that were read. Blank lines are left out."""
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        doublequote=dialect.escape == "double",
        escapechar="\\" if dialect.escape == "backslash" else None,
    )
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append(row)
                ends.append(reader.line_num)
            if len(rows) >= limit:
                break
    except csv.Error:
        pass  # the reader of the whole file says where
    return rows or [[""]], ends or [0]


def _delimiter(lines: list[str], quote: str) -> str:
    best = (0.0, 0.0, 0, ",")
    for mark in _DELIMITERS:
        rows, _ = _rows(lines, Dialect(delimiter=mark, quote=quote))
        if len(rows) > 2:
            rows = rows[:-1] if len(rows) < _SAMPLE_ROWS else rows
        width, hits = Counter(map(len, rows)).most_common(1)[0]
        if width < 2:
            continue
        score = (hits / len(rows), float(abs(len(rows[0]) - width) <= 1), width, mark)
        if score[:2] > best[:2] or (score[:2] == best[:2] and _is_better(score[3], best[3], lines, rows)):
            best = score
    return best[3]


def _is_better(mark: str, other: str, lines: list[str], rows: list[list[str]]) -> bool:
    """Between two that fit alike: the one that the first line holds more of, unless it is a decimal comma."""
    if other == "," and mark != ",":
        cells = [cell.strip() for row in rows[1:50] for cell in row]
        decimal_commas = sum(1 for cell in cells if re.fullmatch(r"-?\d+,\d+", cell))
        if decimal_commas * 4 > len(cells):
            return True
    return lines[0].count(mark) > lines[0].count(other)


def _escape(lines: list[str], dialect: Dialect) -> Escape:
    sample = "".join(lines[:_SAMPLE_ROWS])
    if f"\\{dialect.quote}" not in sample:
        return "double"

    def fit(escape: Escape) -> float:
        rows, _ = _rows(lines, replace(dialect, escape=escape))
        return Counter(map(len, rows)).most_common(1)[0][1] / len(rows)

    return "backslash" if fit("backslash") > fit("double") else "double"


def _preamble(lines: list[str], dialect: Dialect) -> int:
    """Lines before the table: comments or titles of one field, followed by rows of one width."""
    rows, ends = _rows(lines, dialect)
    width = Counter(map(len, rows)).most_common(1)[0][0]
    skipped = 0
    if width < 2:
        return 0
    for row, end in zip(rows[:_MAX_PREAMBLE], ends, strict=False):
        is_comment = row[0].startswith("#") and len(row) != width
        if len(row) > 1 and not is_comment:
            break
        skipped = end
    return skipped if skipped < ends[-1] else 0


def _header(rows: list[list[str]], width: int) -> tuple[str, ...]:
    header = tuple(cell.strip() for cell in rows[0])
    if len(header) == width - 1 and len(rows) > 1:
        # R leaves the name of the row names out; others end every row but the header with a delimiter.
        ends_empty = all(not row[-1] for row in rows[1:] if len(row) == width)
        return (*header, "") if ends_empty else ("", *header)
    return header


def _has_header(rows: list[list[str]], declared: Declared) -> bool:
    first, body = rows[0], rows[1:]
    if declared.schema is not None:
        known = set(declared.schema.names) | {c.original_name for c in declared.schema.columns}
        if known & {*safe_names(first), *first}:
            return True
    if not body:
        return not any(is_typed(cell) for cell in first)
    typed = [cell for cell in first if is_typed(cell)]
    if not typed:
        filled = [cell for cell in first if cell.strip()]
        repeats = sum(
            1
            for at, cell in enumerate(first)
            if cell.strip() and cell not in USUAL_NULLS and any(at < len(r) and r[at] == cell for r in body[:100])
        )
        is_column_typed = any(_is_typed_column(body, at) for at in range(len(first)))
        return bool(filled) and (repeats == 0 or (is_column_typed and repeats * 2 < len(filled)))
    if not first[0].strip() and len(typed) == len(first) - 1 and all(row[0].strip() for row in body[:20]):
        return True  # a table of counts: values as names, and a corner that is empty only above the row names
    return _counts_up(typed) and not _counts_up([cell for cell in body[0] if is_typed(cell)])


def _is_typed_column(body: list[list[str]], at: int) -> bool:
    values = [row[at] for row in body if at < len(row) and row[at].strip() and row[at] not in USUAL_NULLS]
    return bool(values) and all(map(is_typed, values))


def _counts_up(cells: list[str]) -> bool:
    """Years or numbers as column names: whole, rising by one step."""
    if not all(re.fullmatch(r"\d{1,4}", cell.strip()) for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    if len(numbers) == 1:
        return numbers[0] == 0 or 1800 <= numbers[0] <= 2100
    steps = {b - a for a, b in pairwise(numbers)}
    return len(steps) == 1 and min(steps) > 0
