"""Chart shapes: name -> writer. Series are what Highcharts takes as they are; x is sorted, values are numbers or null.

Columns become a time axis (dates, timestamps: milliseconds since 1970), numbers, or categories (x is then the index
into `meta.x.categories`, in the query's order).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from app.domain.charts import Drawing
from app.domain.errors import ResultTooLarge
from app.domain.queries import ResultColumn
from app.formats.athena_csv import columns as columns_of
from app.formats.chart_lines import Lines, chosen, gathered
from app.formats.chart_values import NUMBERS, TIMES, TOO_LARGE, Findings, Instants, numbers
from app.formats.drilldown import drilled
from app.formats.names import unique_names
from app.formats.record_lines import RecordLines
from app.formats.results import Page, csv
from app.formats.values import typed

_LEAST_POINT = len("[0,1],")


@dataclass(frozen=True)
class Source:
    """A whole result. `read`: its records from the start, some at a time. `limit`: most bytes of an answer."""

    columns: tuple[ResultColumn, ...]
    read: Callable[[], Iterator[list[bytes]]]
    limit: int


@dataclass(frozen=True)
class Written:
    """`body(meta)` is called with what `meta` says beside what was found out here."""

    found: dict[str, Any]
    body: Callable[[Mapping[str, Any]], bytes]


def series(source: Source, drawing: Drawing) -> Written:
    """`{"series": [{"name", "data": [[x, y], ...]}], "meta": {...}}`; an empty result has `series: []`."""
    lines = gathered(source.columns, source.read(), drawing)
    count = sum(len(line.xs) + len(line.null_xs) for line in lines.lines.values())
    if count * _LEAST_POINT > source.limit:
        raise ResultTooLarge(TOO_LARGE)
    found = {
        "x": lines.axis.described(),
        "columns": _described(source),
        "downsample": _thinned(lines),
        **_lost(lines.findings),
    }
    drawn = [{"name": lines.choice.name(key), "data": line.points()} for key, line in lines.lines.items()]
    return Written(found, lambda meta: orjson.dumps({"series": drawn, "meta": meta}))


def drilldown(source: Source, drawing: Drawing) -> Written:
    """`{"series": [...], "drilldown": {"series": [...]}, "meta": {...}}`, as Highcharts' drilldown module takes it."""
    drawn, found = drilled(source.columns, source.read(), drawing, most=source.limit // _LEAST_POINT)
    found["columns"] = _described(source)
    return Written(found, lambda meta: orjson.dumps({**drawn, "meta": meta}))


def rows(source: Source, drawing: Drawing) -> Written:
    """A bare array of rows, the header first, as Highcharts' `rowsURL` reads it."""
    values, found = _values(source, drawing)
    table = [[col.name for col in source.columns], *zip(*values, strict=True)]
    return Written(found, lambda _: orjson.dumps(table))


def columns(source: Source, drawing: Drawing) -> Written:
    """A bare array of columns, each with its name first, as Highcharts' `columnsURL` reads it."""
    values, found = _values(source, drawing)
    table = [[col.name, *cells] for col, cells in zip(source.columns, values, strict=True)]
    return Written(found, lambda _: orjson.dumps(table))


def datatable(source: Source, drawing: Drawing) -> Written:
    """`{"columns": {name: [values]}, "meta": {...}}`, as Highcharts' DataTable takes it."""
    values, found = _values(source, drawing)
    table = dict(zip(unique_names(source.columns), values, strict=True))
    return Written(
        {**found, "columns": _described(source)}, lambda meta: orjson.dumps({"columns": table, "meta": meta})
    )


def as_csv(source: Source, drawing: Drawing) -> Written:
    """As stored, the header first: times are wall time, not milliseconds, whatever `tz` is."""
    records, thinned = _records(source, drawing)
    return Written({"downsample": thinned}, lambda _: csv(Page(source.columns, RecordLines.of(records))))


def _values(source: Source, drawing: Drawing) -> tuple[list[list[Any]], dict[str, Any]]:
    """By column: times as milliseconds, numbers as numbers, other values as JSON has them."""
    records, thinned = _records(source, drawing)
    cells = columns_of(records, len(source.columns)) if records else [[] for _ in source.columns]
    findings = Findings()
    values: list[list[Any]] = []
    for col, texts in zip(source.columns, cells, strict=True):
        if col.type in TIMES:
            values.append(Instants(col.type, drawing.tz)(texts))
        elif col.type in NUMBERS:
            values.append(numbers(texts, col.type, findings))
        else:
            values.append([row[0] for row in typed([[text] for text in texts], [col])[0]])
    found: dict[str, Any] = {"downsample": thinned, **_lost(findings)}
    if any(col.type in TIMES for col in source.columns):
        found["timezone"] = drawing.tz
    return values, found


def _records(source: Source, drawing: Drawing) -> tuple[list[bytes], dict[str, Any]]:
    """The rows to send, in the query's order: all, or those of which something would be drawn."""
    if drawing.method == "none" or not _is_drawable(source.columns, drawing):
        records = _all(source.read(), source.limit)
        return records, {"method": "none", "rows_in": len(records), "rows_out": len(records)}
    lines = gathered(source.columns, source.read(), drawing)
    if lines.method == "none":
        return _records(source, drawing.model_copy(update={"width": None}))
    kept = lines.rows()
    return _all(_only(source.read(), kept), source.limit), _thinned(lines)


def _is_drawable(found: Sequence[ResultColumn], drawing: Drawing) -> bool:
    """A table without numbers is no line and is sent whole; wrong names in the request are refused as ever."""
    has_numbers = any(col.type in NUMBERS for col in found)
    return bool(drawing.y) or (has_numbers and len(found) > 1 and bool(chosen(found, drawing)))


def _only(chunks: Iterable[list[bytes]], kept: set[int]) -> Iterator[list[bytes]]:
    before = 0
    for records in chunks:
        yield [record for at, record in enumerate(records, before) if at in kept]
        before += len(records)


def _all(chunks: Iterable[list[bytes]], limit: int) -> list[bytes]:
    records: list[bytes] = []
    size = 0
    for some in chunks:
        records += some
        size += sum(map(len, some))
        if size > limit:
            raise ResultTooLarge(TOO_LARGE)
    return records


def _described(source: Source) -> list[dict[str, Any]]:
    return [col.model_dump(exclude_none=True) for col in source.columns]


def _thinned(lines: Lines) -> dict[str, Any]:
    out = lines.rows_in if lines.method == "none" else len(lines.rows())
    return {"method": lines.method, "rows_in": lines.rows_in, "rows_out": out}


def _lost(findings: Findings) -> dict[str, Any]:
    warnings = findings.warnings()
    return {"precision_loss": findings.precision_loss, **({"warnings": warnings} if warnings else {})}


SHAPES: dict[str, tuple[str, Callable[[Source, Drawing], Written]]] = {
    "series": ("application/json", series),
    "drilldown": ("application/json", drilldown),
    "datatable": ("application/json", datatable),
    "columns": ("application/json", columns),
    "rows": ("application/json", rows),
    "csv": ("text/csv; charset=utf-8", as_csv),
}
BARE = frozenset({"columns", "rows", "csv"})
"""Shapes without room for `meta`."""
