"""Two levels of a chart: a point for every x, and behind each a series over the `drill` column.

A row whose drill column is NULL is the total of its x, as GROUP BY ROLLUP (x, drill) gives it: right for averages too.
Where there is none, the total is the sum of the parts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum
from operator import itemgetter
from typing import Any

from app.domain.charts import Drawing
from app.domain.errors import FieldError, InvalidInput
from app.domain.queries import ResultColumn
from app.formats.athena_csv import columns
from app.formats.chart_lines import chosen, name_of
from app.formats.chart_values import Axis, Categories, Findings, axis, numbers


@dataclass
class _Point:
    parts: list[tuple[Any, Any]] = field(default_factory=list)
    totals: list[Any] = field(default_factory=list)

    def total(self) -> Any:
        given = [value for value in self.totals or map(itemgetter(1), self.parts) if value is not None]
        if not given:
            return None
        return sum(given) if all(isinstance(value, int) for value in given) else fsum(given)


def drilled(
    found: Sequence[ResultColumn], chunks: Iterable[list[bytes]], drawing: Drawing
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is drawn, and what `meta` says of it. InvalidInput without a drill column."""
    choice = chosen(found, drawing)
    if choice.drill is None:
        detail = "Name the column below x: ?drill=, or `drill` in the saved chart."
        raise InvalidInput(
            "The shape drilldown needs a drill column.", (FieldError("/query/drill", "missing", detail),)
        )
    findings = Findings()
    upper, lower = (axis(found[at].type, drawing.tz, findings) for at in (choice.x, choice.drill))
    series: dict[str, dict[Any, _Point]] = {}
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
                    point = series.setdefault(name_of(found, choice, value, y), {}).setdefault(x, _Point())
                    point.totals.append(number) if down is None else point.parts.append((down, number))
    meta = {
        "x": upper.described(),
        "drill": lower.described(),
        "downsample": {"method": "none", "rows_in": rows, "rows_out": rows},
        "precision_loss": findings.precision_loss,
    }
    if findings.warnings():
        meta["warnings"] = findings.warnings()
    return _drawn(series, upper, lower), meta


def _drawn(series: dict[str, dict[Any, _Point]], upper: Axis, lower: Axis) -> dict[str, Any]:
    tops, below = [], []
    for number, (name, points) in enumerate(series.items()):
        data = []
        for at, x in enumerate(sorted(points)):
            point, id_ = points[x], f"{number}.{at}"
            shown = _label(upper, x)
            data.append({**shown, "y": point.total(), **({"drilldown": id_} if point.parts else {})})
            if point.parts:
                parts = [[_text(lower, down), value] for down, value in sorted(point.parts, key=itemgetter(0))]
                below.append({"id": id_, "name": str(shown.get("name", name)), "data": parts})
        tops.append({"name": name, "data": data})
    return {"series": tops, "drilldown": {"series": below}}


def _label(of: Axis, place: Any) -> dict[str, Any]:
    return {"name": _text(of, place)} if isinstance(of.read, Categories) else {"x": place}


def _text(of: Axis, place: Any) -> Any:
    return list(of.read.places)[place] if isinstance(of.read, Categories) else place
