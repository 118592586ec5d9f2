"""Result writers: name -> writer, which turns one page of a stored result into bytes. A new format is a new entry.

Each raises Misread where it finds that the page's lines are not its records.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from app.domain.queries import ResultColumn
from app.formats import binary, json_rows
from app.formats.athena_csv import Row, fields
from app.formats.names import unique_names
from app.formats.record_lines import RecordLines

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets run (owasp.org/www-community/attacks/CSV_Injection)


@dataclass(frozen=True)
class Page:
    """Some records of a result, as they are stored. `has_header`: the first page of a text format names the columns.

    `around` is what the page says beside columns and rows; text formats have no room for it. `is_objects`: JSON's rows
    are objects, not arrays.
    """

    columns: tuple[ResultColumn, ...]
    lines: RecordLines
    has_header: bool = True
    is_int64_text: bool = False
    is_neutral: bool = False
    is_objects: bool = False
    around: Mapping[str, Any] = field(default_factory=dict)

    def parts(self) -> "Iterator[Page]":
        """The page, some thousand records at a time: no more than that is held twice. An empty one is one part."""
        for part in self.lines.parts():
            yield replace(self, lines=part)

    def rows(self) -> list[Row]:
        """ValueError when the records do not have the columns: the page does not begin at a record."""
        rows = [fields(record) for record in self.lines.records]
        if any(len(row) != len(self.columns) for row in rows):
            raise ValueError("the records do not have the result's columns")
        return rows


@dataclass(frozen=True)
class Format:
    """How one format is written. `overhead(columns)`: bytes that it adds to each record beyond Athena's CSV."""

    media_type: str
    suffix: str
    write: Callable[[Page], bytes]
    overhead: Callable[[tuple[ResultColumn, ...]], int] = lambda _: 0


def _json(page: Page) -> bytes:
    names = unique_names(page.columns)
    rows, lost = json_rows.objects(page, names) if page.is_objects else json_rows.arrays(page)
    columns = {"columns": [col.model_dump(exclude_none=True) for col in page.columns]}
    around: dict[str, Any] = {"row_count": page.lines.count, **page.around}
    if lost:
        around["warnings"] = [{"code": "not_finite", "column": name, "count": n} for name, n in lost.items()]
    return b"".join((orjson.dumps(columns)[:-1], b',"rows":', *rows, b",", orjson.dumps(around)[1:]))


def _ndjson(page: Page) -> bytes:
    lines, _ = json_rows.lines(page, unique_names(page.columns))
    return b"".join(lines)


def csv(page: Page) -> bytes:
    """Athena's own dialect: NULL is an empty field, '' is `""`. As stored, so a page costs no more than its copy."""
    names = [_neutral(col.name) if page.is_neutral else col.name for col in page.columns]
    lines = [_line(names)] if page.has_header else []
    if not page.is_neutral:
        page.lines.prove()
        return b"".join((*lines, page.lines.text))
    return b"".join((*lines, *(_line([_neutral(value) for value in row]) for row in page.rows())))


def _line(row: Row) -> bytes:
    return (",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) + "\n").encode()


def _neutral(value: str | None) -> str | None:
    """A text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers."""
    if value and value[0] in _FORMULA and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return value[0] in "+-"


def _named(columns: tuple[ResultColumn, ...]) -> int:
    return sum(len(c.name.encode()) + 4 for c in columns)


FORMATS: dict[str, Format] = {
    "json": Format("application/json", "json", _json),
    "ndjson": Format("application/x-ndjson", "ndjson", _ndjson, _named),
    "csv": Format("text/csv; charset=utf-8", "csv", csv),
    "parquet": Format("application/vnd.apache.parquet", "parquet", binary.parquet, binary.overhead),
    "arrow": Format("application/vnd.apache.arrow.stream", "arrow", binary.arrow, binary.overhead),
}
_OBJECTS = replace(FORMATS["json"], overhead=_named)


def format_of(name: str, *, is_objects: bool) -> Format:
    """The format of that name; `is_objects`: JSON whose rows are objects, which have their columns' names each."""
    return _OBJECTS if is_objects and name == "json" else FORMATS[name]
