"""Two levels of a chart: a point for every x, and behind each a series over the `drill` column.

A row whose drill column is NULL is the total of its x, as GROUP BY ROLLUP (x, drill) gives it: right for averages too.
Where there is none, the total is the sum of the parts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from app.domain.charts import Drawing
from app.domain.errors import FieldError, InvalidInput, ResultTooLarge
from app.domain.queries import ResultColumn
from app.formats.athena_csv import columns
from app.formats.chart_lines import LineKey, chosen
from app.formats.chart_values import TOO_LARGE, Axis, Categories, Findings, axis, numbers, total


@dataclass
class _Point:
    parts: list[tuple[Any, Any]] = field(default_factory=list)
    totals: list[Any] = field(default_factory=list)


def drilled(
    found: Sequence[ResultColumn], chunks: Iterable[list[bytes]], drawing: Drawing, *, most: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is drawn, and what `meta` says of it. InvalidInput without a drill column, ResultTooLarge beyond `most`
    points.
    """
    choice = chosen(found, drawing)
    if choice.drill is None:
        detail = "Name the column below x: ?drill=, or `drill` in the saved chart."
        raise InvalidInput(
            "The shape drilldown needs a drill column.", (FieldError("/query/drill", "missing", detail),)
        )
    findings = Findings()
    upper, lower = (axis(found[at].type, drawing.tz, findings) for at in (choice.x, choice.drill))
    series: dict[LineKey, dict[Any, _Point]] = {}
    rows = 0
    for records in chunks:
        cells = columns(records, len(found))
        rows += len(records)
        xs, downs = upper.read(cells[choice.x]), lower.read(cells[choice.drill])
        by = [None] * len(xs) if choice.by is None else cells[choice.by]
        findings.null_x += sum(x is None for x in xs)
        for y in choice.ys:
            for x, down, value, number in zip(xs, downs, by, numbers(cells[y], found[y].type, findings), strict=True):
                if x is not None:
                    point = series.setdefault((value, y), {}).setdefault(x, _Point())
                    point.totals.append(number) if down is None else point.parts.append((down, number))
    if sum(1 + len(point.parts) for of in series.values() for point in of.values()) > most:
        raise ResultTooLarge(TOO_LARGE)
    drawn = _drawn([(choice.name(key), of) for key, of in series.items()], upper, lower, findings)
    meta = {
        "x": upper.described(),
        "drill": lower.described(),
        "downsample": {"method": "none", "rows_in": rows, "rows_out": rows},
        "precision_loss": findings.precision_loss,
    }
    if findings.warnings():
        meta["warnings"] = findings.warnings()
    return drawn, meta


def _drawn(
    series: Iterable[tuple[str, dict[Any, _Point]]], upper: Axis, lower: Axis, findings: Findings
) -> dict[str, Any]:
    tops, below = [], []
    shown_upper, shown_lower = _shown(upper), _shown(lower)
    for number, (name, points) in enumerate(series):
        data = []
        for at, x in enumerate(sorted(points)):
            point, id_ = points[x], f"{number}.{at}"
            label = {"name": shown_upper(x)} if isinstance(upper.read, Categories) else {"x": x}
            total_ = total(point.totals or [value for _, value in point.parts], findings)
            data.append({**label, "y": total_, **({"drilldown": id_} if point.parts else {})})
            if point.parts:
                parts = [[shown_lower(down), value] for down, value in sorted(point.parts, key=itemgetter(0))]
                below.append({"id": id_, "name": str(label.get("name", name)), "data": parts})
        tops.append({"name": name, "data": data})
    return {"series": tops, "drilldown": {"series": below}}


def _shown(of: Axis) -> Callable[[Any], Any]:
    """What is drawn of a value: categories have names."""
    return list(of.read.places).__getitem__ if isinstance(of.read, Categories) else lambda place: place
