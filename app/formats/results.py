"""Result writers: name -> writer, which turns one page of a stored result into bytes. A new format is a new entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.domain.queries import ResultColumn
from app.formats.athena_csv import Row, fields
from app.formats.values import typed

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets run (owasp.org/www-community/attacks/CSV_Injection)


@dataclass(frozen=True)
class Page:
    """Some records of a result, as they are stored. `has_header`: the first page of a text format names the columns.

    `around` is what the JSON document says beside columns and rows.
    """

    columns: tuple[ResultColumn, ...]
    records: list[bytes]
    has_header: bool = True
    is_int64_text: bool = False
    is_neutral: bool = False
    around: Mapping[str, Any] = field(default_factory=dict)

    def rows(self) -> list[Row]:
        """ValueError when the records do not have the columns: the page does not begin at a record."""
        rows = [fields(record) for record in self.records]
        if any(len(row) != len(self.columns) for row in rows):
            raise ValueError("the records do not have the result's columns")
        return rows


@dataclass(frozen=True)
class Format:
    """How one format is written. `overhead(columns)`: bytes that it adds to each record beyond Athena's CSV."""

    media_type: str
    write: Callable[[Page], bytes]
    overhead: Callable[[tuple[ResultColumn, ...]], int] = lambda _: 0


def _json(page: Page) -> bytes:
    rows, lost = typed(page.rows(), page.columns, is_int64_text=page.is_int64_text)
    document: dict[str, Any] = {
        "columns": [col.model_dump(exclude_none=True) for col in page.columns],
        "rows": rows,
        "row_count": len(rows),
        **page.around,
    }
    if lost:
        document["warnings"] = [{"code": "not_finite", "column": name, "count": n} for name, n in lost.items()]
    return orjson.dumps(document)


def _ndjson(page: Page) -> bytes:
    rows, _ = typed(page.rows(), page.columns, is_int64_text=page.is_int64_text)
    names = unique_names(page.columns)
    return b"".join(orjson.dumps(dict(zip(names, row, strict=True))) + b"\n" for row in rows)


def unique_names(columns: tuple[ResultColumn, ...]) -> list[str]:
    """Names fit for the keys of one object: a repeated one gets its number."""
    names: list[str] = []
    for at, col in enumerate(columns, 1):
        names.append(col.name if col.name and col.name not in names else f"{col.name or 'column'}_{at}")
    return names


def csv(page: Page) -> bytes:
    """Athena's own dialect: NULL is an empty field, '' is `""`. As stored, so a page costs no more than its copy."""
    lines = [_line([col.name for col in page.columns])] if page.has_header else []
    if not page.is_neutral:
        return b"".join((*lines, *(record + b"\n" for record in page.records)))
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


FORMATS: dict[str, Format] = {
    "json": Format("application/json", _json),
    "ndjson": Format("application/x-ndjson", _ndjson, lambda columns: sum(len(c.name.encode()) + 4 for c in columns)),
    "csv": Format("text/csv; charset=utf-8", csv),
}
