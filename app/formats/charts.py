"""Chart shapes: name -> writer. Series are what Highcharts takes as they are; x is sorted, values are numbers or null.

Columns become a time axis (dates, timestamps: milliseconds since 1970 in UTC), numbers, or categories (x is then the
index into `meta.x.categories`, in the query's order).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from app.domain.charts import Chart
from app.domain.errors import InvalidInput
from app.domain.queries import ResultColumn
from app.formats.athena_csv import Row
from app.formats.results import Page, _csv, unique_names
from app.formats.values import FLOATS, INTEGERS, moment, typed

_TIMES = frozenset({"date", "timestamp", "timestamp with time zone"})
_NUMBERS = INTEGERS | FLOATS | {"decimal"}
_SAFE_INTEGER = 2**53 - 1  # Number.MAX_SAFE_INTEGER of JavaScript
_NO_NAME = "(null)"


@dataclass(frozen=True)
class Table:
    """A whole result, as text, and what its chart's `meta` says beside what the writer finds out."""

    columns: tuple[ResultColumn, ...]
    rows: list[Row]
    records: list[bytes]
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class _Findings:
    """What a reader should know of the numbers."""

    precision_loss: bool = False
    not_finite: int = 0
    null_x: int = 0


def series(table: Table, chart: Chart) -> bytes:
    """`{"series": [{"name", "data": [[x, y], ...]}], "meta": {...}}`; an empty result has `series: []`."""
    x, ys, by = _chosen(table.columns, chart)
    findings = _Findings()
    axis, x_of = _axis(table, x, findings)
    lines: dict[str, list[list[Any]]] = {}
    for row in table.rows:
        at = x_of(row[x])
        if at is None:
            findings.null_x += 1
            continue
        for y in ys:
            name = _name(table.columns, row, y, by, many=len(ys) > 1)
            lines.setdefault(name, []).append([at, _number(row[y], table.columns[y].type, findings)])
    _fill(lines, chart)
    for points in lines.values():
        points.sort(key=_first)
    meta = {
        "x": axis,
        "columns": [col.model_dump(exclude_none=True) for col in table.columns],
        "downsample": {"method": "none", "rows_in": len(table.rows), "rows_out": len(table.rows)},
        "precision_loss": findings.precision_loss,
        **table.meta,
    }
    warnings = {"not_finite": findings.not_finite, "null_x": findings.null_x}
    if any(warnings.values()):
        meta["warnings"] = [{"code": code, "count": n} for code, n in warnings.items() if n]
    return orjson.dumps({"series": [{"name": name, "data": data} for name, data in lines.items()], "meta": meta})


def _first(point: list[Any]) -> Any:
    return point[0]


def _chosen(columns: Sequence[ResultColumn], chart: Chart) -> tuple[int, list[int], int | None]:
    names = [col.name for col in columns]

    def place(name: str, what: str) -> int:
        if name not in names:
            shown = ", ".join(names[:20])
            raise InvalidInput(f"{what} names a column that the result does not have; it has {shown}.")
        return names.index(name)

    x = place(chart.x, "x") if chart.x else 0
    by = place(chart.series, "series") if chart.series else None
    if chart.y:
        ys = [place(name, "y") for name in chart.y]
    else:
        ys = [at for at, col in enumerate(columns) if col.type in _NUMBERS and at not in (x, by)]
    wrong = [columns[at].name for at in ys if columns[at].type not in _NUMBERS]
    if wrong or not ys:
        raise InvalidInput(
            f"y must be numbers; {wrong[0]} is not." if wrong else "The result has no column of numbers."
        )
    return x, ys, by


def _axis(table: Table, x: int, findings: _Findings) -> tuple[dict[str, Any], Callable[[str | None], Any]]:
    kind = table.columns[x].type
    if kind in _TIMES:
        return {"type": "datetime", "unit": "ms", "timezone": "UTC"}, _milliseconds
    if kind in _NUMBERS:
        return {"type": "linear"}, lambda text: _number(text, kind, findings)
    places: dict[str, int] = {}
    for row in table.rows:
        text = row[x]
        if text is not None:
            places.setdefault(text, len(places))
    return {"type": "category", "categories": list(places)}, lambda text: None if text is None else places[text]


def _milliseconds(text: str | None) -> int | None:
    if text is None:
        return None
    at = datetime.fromisoformat(moment(text))
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1000)


def _number(text: str | None, kind: str, findings: _Findings) -> int | float | None:
    if text is None:
        return None
    if kind in INTEGERS:
        whole = int(text)
        findings.precision_loss |= abs(whole) > _SAFE_INTEGER
        return whole
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN is not itself
        findings.not_finite += 1
        return None
    if kind == "decimal":
        # repr is what JSON carries; digits that it does not carry are lost.
        findings.precision_loss |= Decimal(repr(number)) != Decimal(text)
    return number


def _name(columns: Sequence[ResultColumn], row: Row, y: int, by: int | None, *, many: bool) -> str:
    if by is None:
        return columns[y].name
    value = row[by]
    name = _NO_NAME if value is None else value
    return f"{name}: {columns[y].name}" if many else name


def _fill(lines: dict[str, list[list[Any]]], chart: Chart) -> None:
    if chart.fill == "none":
        return
    everywhere = {point[0] for points in lines.values() for point in points}
    value = None if chart.fill == "null" else 0
    for points in lines.values():
        points += [[x, value] for x in everywhere - {point[0] for point in points}]


def rows(table: Table, _: Chart) -> bytes:
    """A bare array of rows, the header first, as Highcharts' `rowsURL` reads it."""
    return orjson.dumps([[col.name for col in table.columns], *_values(table)])


def columns(table: Table, _: Chart) -> bytes:
    """A bare array of columns, each with its name first, as Highcharts' `columnsURL` reads it."""
    values = _values(table)
    turned = zip(*values, strict=True) if values else ([] for _ in table.columns)
    return orjson.dumps([[col.name, *cells] for col, cells in zip(table.columns, turned, strict=True)])


def datatable(table: Table, _: Chart) -> bytes:
    """`{"columns": {name: [values]}, "meta": {...}}`, as Highcharts' DataTable takes it."""
    values = _values(table)
    turned = zip(*values, strict=True) if values else ([] for _ in table.columns)
    named = dict(zip(unique_names(table.columns), map(list, turned), strict=True))
    return orjson.dumps({"columns": named, "meta": dict(table.meta)})


def as_csv(table: Table, _: Chart) -> bytes:
    return _csv(Page(table.columns, table.records))


def _values(table: Table) -> list[list[Any]]:
    """Times as milliseconds, numbers as numbers, text as it is."""
    copied: list[list[Any]] = [list(row) for row in table.rows]
    for at, col in enumerate(table.columns):
        if col.type in _TIMES or col.type == "decimal":
            findings = _Findings()
            for row in copied:
                text = row[at]
                value = _milliseconds(text) if col.type in _TIMES else _number(text, "decimal", findings)
                row[at] = value
    numbers = tuple(col.model_copy(update={"type": "json"}) if col.type in _TIMES else col for col in table.columns)
    return typed(copied, numbers)[0]


SHAPES: dict[str, tuple[str, Callable[[Table, Chart], bytes]]] = {
    "series": ("application/json", series),
    "datatable": ("application/json", datatable),
    "columns": ("application/json", columns),
    "rows": ("application/json", rows),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
