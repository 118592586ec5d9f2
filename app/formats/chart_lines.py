"""A result's rows as lines: columns chosen, values read, gaps filled, x sorted, and what cannot be seen left out.

Points lie in arrays of 8 bytes a number, since a line may come of a million rows.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter, le
from typing import Any

from app.domain.charts import Drawing
from app.domain.errors import InvalidInput, ResultTooLarge
from app.domain.queries import ResultColumn
from app.formats.athena_csv import columns
from app.formats.chart_values import NUMBERS, Axis, Cells, Findings, Places, axis, numbers
from app.formats.downsample import lttb, m4, pixel_columns
from app.formats.names import unique_names
from app.formats.values import INTEGERS

_NO_NAME = "(null)"
_NO_ROW = -1
_MOST_FILLED = 4_000_000
"""Points of a filled chart before it is thinned: 96 MB in their arrays."""
LineKey = tuple[str | None, int]
"""What tells one line from another: its value of the series column and the place of its y column."""


@dataclass(frozen=True)
class Choice:
    """Places of the columns that are drawn, and the names of all columns, each once."""

    x: int
    ys: tuple[int, ...]
    by: int | None
    drill: int | None
    names: tuple[str, ...]

    def name(self, line: LineKey) -> str:
        """What a series is called: its value of the series column, its y column, or both."""
        value, y = line
        if self.by is None:
            return self.names[y]
        name = _NO_NAME if value is None else value
        return f"{name}: {self.names[y]}" if len(self.ys) > 1 else name


@dataclass
class Line:
    """Points, and apart from them the x of its nulls. `rows`: which row of the result each is of, -1 if of none."""

    xs: "array[Any]"
    ys: "array[Any]"
    rows: "array[int]" = field(default_factory=lambda: array("q"))
    null_xs: "array[Any]" = field(default_factory=lambda: array("q"))
    null_rows: "array[int]" = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, x_code: str, y_code: str) -> "Line":
        return cls(array(x_code), array(y_code), null_xs=array(x_code))

    def extend(self, xs: Sequence[Any], ys: Places, rows: Sequence[int]) -> None:
        if None in ys:
            nulls = [at for at, y in enumerate(ys) if y is None]
            self.null_xs.extend([xs[at] for at in nulls])
            self.null_rows.extend([rows[at] for at in nulls])
            given = [at for at, y in enumerate(ys) if y is not None]
            xs, ys, rows = [xs[at] for at in given], [ys[at] for at in given], [rows[at] for at in given]
        self.xs.extend(xs)
        self.ys.extend(ys)
        self.rows.extend(rows)

    def sort(self) -> None:
        self.xs, self.ys, self.rows = _sorted(self.xs, self.ys, self.rows)
        self.null_xs, self.null_rows = _sorted(self.null_xs, self.null_rows)

    def only(self, points: Sequence[int], nulls: Sequence[int]) -> "Line":
        parts = (self.xs, self.ys, self.rows), (self.null_xs, self.null_rows)
        chosen = [array(part.typecode, [part[at] for at in points]) for part in parts[0]]
        return Line(*chosen, *(array(part.typecode, [part[at] for at in nulls]) for part in parts[1]))

    def points(self) -> list[tuple[Any, Any]]:
        """`(x, y)` with x ascending, y None for a null."""
        points: list[tuple[Any, Any]] = list(zip(self.xs, self.ys, strict=True))
        if self.null_xs:
            points += [(x, None) for x in self.null_xs]
            points.sort(key=itemgetter(0))
        return points


@dataclass
class Lines:
    """All lines of a chart and what was found on the way."""

    axis: Axis
    findings: Findings
    choice: Choice
    lines: dict[LineKey, Line] = field(default_factory=dict)
    rows_in: int = 0
    method: str = "none"

    def rows(self) -> set[int]:
        """The rows of which something is left."""
        found: set[int] = set()
        for line in self.lines.values():
            found.update(line.rows, line.null_rows)
        return found - {_NO_ROW}


def chosen(found: Sequence[ResultColumn], drawing: Drawing) -> Choice:
    """InvalidInput when the result has no such column, or y is no number."""
    names = unique_names(found)

    def place(name: str, what: str) -> int:
        if name not in names:
            shown = ", ".join(names[:20])
            raise InvalidInput(f"{what} names a column that the result does not have; it has {shown}.")
        return names.index(name)

    x = place(drawing.x, "x") if drawing.x else 0
    by = place(drawing.series, "series") if drawing.series else None
    drill = place(drawing.drill, "drill") if drawing.drill else None
    if drawing.y:
        ys = list(dict.fromkeys(place(name, "y") for name in drawing.y))
    else:
        ys = [at for at, col in enumerate(found) if col.type in NUMBERS and at not in (x, by, drill)]
    wrong = [found[at].name for at in ys if found[at].type not in NUMBERS]
    if wrong or not ys:
        reason = f"y must be numbers; {wrong[0]} is not." if wrong else "The result has no column of numbers."
        raise InvalidInput(reason)
    return Choice(x, tuple(ys), by, drill, tuple(names))


def gathered(found: Sequence[ResultColumn], chunks: Iterable[list[bytes]], drawing: Drawing) -> Lines:
    """The lines of a whole result, filled, sorted and thinned as the drawing says."""
    choice = chosen(found, drawing)
    findings = Findings()
    lines = Lines(axis(found[choice.x].type, drawing.tz, findings), findings, choice)
    for records in chunks:
        _add(lines, columns(records, len(found)), found)
    _fill(lines, drawing.fill)
    for line in lines.lines.values():
        line.sort()
    _thin(lines, drawing)
    return lines


def _add(lines: Lines, cells: Sequence[Cells], found: Sequence[ResultColumn]) -> None:
    choice = lines.choice
    xs: Sequence[Any] = lines.axis.read(cells[choice.x])
    rows: Sequence[int] = range(lines.rows_in, lines.rows_in + len(xs))
    lines.rows_in += len(xs)
    values = {y: numbers(cells[y], found[y].type, lines.findings) for y in choice.ys}
    by: Cells | None = None if choice.by is None else cells[choice.by]
    if None in xs:
        kept = [at for at, x in enumerate(xs) if x is not None]
        lines.findings.null_x += len(xs) - len(kept)
        xs, rows = [xs[at] for at in kept], [rows[at] for at in kept]
        values = {y: [of[at] for at in kept] for y, of in values.items()}
        by = None if by is None else [by[at] for at in kept]
    for value, places in _grouped(by, len(xs)):
        for y in choice.ys:
            code = "q" if found[y].type in INTEGERS else "d"
            line = lines.lines.setdefault((value, y), Line.of("q" if lines.axis.is_whole else "d", code))
            line.extend(_at(xs, places), _at(values[y], places), _at(rows, places))


def _grouped(by: Cells | None, count: int) -> Iterable[tuple[str | None, list[int] | None]]:
    """Each value of the series column and where it is; None: everywhere."""
    if by is None:
        return [(None, None)] if count else []
    groups: dict[str | None, list[int]] = {}
    for at, value in enumerate(by):
        groups.setdefault(value, []).append(at)
    return groups.items()


def _at(values: Sequence[Any], places: list[int] | None) -> Any:
    return values if places is None else [values[at] for at in places]


def _fill(lines: Lines, fill: str) -> None:
    """Before anything is left out: a series that is thinned must have its gaps where the others have points.
    ResultTooLarge when they would be too many: a point for every series at every x.
    """
    if fill == "none":
        return
    everywhere: set[Any] = set()
    for line in lines.lines.values():
        everywhere.update(line.xs, line.null_xs)
    if (points := len(lines.lines) * len(everywhere)) > _MOST_FILLED:
        raise ResultTooLarge(f"Filled, the chart has {points:,} points; take fill=none, aggregate or add a LIMIT.")
    for line in lines.lines.values():
        missing = everywhere.difference(line.xs, line.null_xs)
        line.extend(list(missing), [None if fill == "null" else 0] * len(missing), [_NO_ROW] * len(missing))


def _sorted(xs: "array[Any]", *others: "array[Any]") -> "tuple[array[Any], ...]":
    """By x, points of the same x in their order."""
    if all(map(le, xs, islice(xs, 1, None))):
        return (xs, *others)
    order = sorted(range(len(xs)), key=xs.__getitem__)
    return tuple(array(part.typecode, map(part.__getitem__, order)) for part in (xs, *others))


def _thin(lines: Lines, drawing: Drawing) -> None:
    """Every line by itself, on the pixel columns that they share."""
    if drawing.method == "none" or drawing.width is None or lines.axis.described()["type"] == "category":
        return
    lines.method = drawing.method
    ends = [part[at] for line in lines.lines.values() for part in (line.xs, line.null_xs) if part for at in (0, -1)]
    if not ends:
        return
    column = pixel_columns(min(ends), max(ends), drawing.width)
    for key, line in lines.lines.items():
        is_m4 = drawing.method == "m4"
        points = m4(line.xs, line.ys, column) if is_m4 else lttb(line.xs, line.ys, drawing.width)
        lines.lines[key] = line.only(points, _breaks(line, column))


def _breaks(line: Line, column: Callable[[float], int]) -> list[int]:
    """The nulls that stay: one in each gap that reaches over pixel columns, and the ends of the line."""
    kept: dict[int, int] = {}
    count = len(line.xs)
    if not count:
        return sorted({0, len(line.null_xs) - 1}) if line.null_xs else []
    for null, x in enumerate(line.null_xs):
        at = bisect_right(line.xs, x)
        if at == count or at not in kept:
            kept[at] = null
    return [null for at, null in kept.items() if at in (0, count) or column(line.xs[at]) != column(line.xs[at - 1])]
