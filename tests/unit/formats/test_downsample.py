"""Thinned lines, against what they stand for: the same pixels (M4), the same ends and spikes, never too many points."""

import math
import sys
from array import array
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.charts import Drawing
from app.domain.errors import ResultTooLarge
from app.domain.queries import ResultColumn
from app.formats.chart_lines import gathered
from app.formats.chart_values import Findings, total
from app.formats.downsample import lttb, m4, pixel_columns
from app.formats.drilldown import drilled

HEIGHT = 40
XS = st.one_of(st.integers(-(10**13), 10**13), st.integers(-50, 50), st.floats(-1e6, 1e6))
YS = st.one_of(st.integers(-100, 100), st.floats(-1e9, 1e9))
LINES = st.lists(st.tuples(XS, YS), min_size=1, max_size=200).map(lambda points: sorted(points, key=lambda one: one[0]))
WIDTHS = st.integers(1, 30)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def raster(points, low, high, width):
    """Per pixel column the rows of pixels that the line touches there: each segment clipped to each column."""
    ys = [y for _, y in points]
    return low, high, _lit(points, pixel_columns(low, high, width), low, (high - low) / width or 1, ys)


def _lit(points, column, low, size, ys):
    bottom, top = min(ys), max(ys)
    row = lambda y: min(int((y - bottom) * HEIGHT / (top - bottom)), HEIGHT - 1) if top > bottom else 0  # noqa: E731
    lit = {(column(points[0][0]), row(points[0][1]))}
    for (x1, y1), (x2, y2) in pairwise(points):
        first, last = column(x1), column(x2)
        for at in range(first, last + 1):
            start = y1 if at == first else _on(x1, y1, x2, y2, low + at * size)
            end = y2 if at == last else _on(x1, y1, x2, y2, low + (at + 1) * size)
            rows = sorted((row(start), row(end)))
            lit |= {(at, one) for one in range(rows[0], rows[1] + 1)}
    return lit


def _on(x1, y1, x2, y2, x):
    return min(max(y1 + (y2 - y1) * ((x - x1) / (x2 - x1)), min(y1, y2)), max(y1, y2)) if x2 > x1 else y2


@settings(max_examples=400, deadline=None)
@given(LINES, WIDTHS)
def test_m4_draws_the_same_pixels(points, width):
    xs, ys = array("d", (x for x, _ in points)), array("d", (y for _, y in points))
    column = pixel_columns(xs[0], xs[-1], width)
    kept = m4(xs, ys, column)
    assert kept == sorted(set(kept))
    assert len(kept) <= 4 * width
    whole, thin = list(zip(xs, ys, strict=True)), [(xs[at], ys[at]) for at in kept]
    assert raster(thin, xs[0], xs[-1], width) == raster(whole, xs[0], xs[-1], width)


@given(LINES, WIDTHS)
def test_m4_keeps_first_last_lowest_and_highest_of_every_pixel_column(points, width):
    xs, ys = array("d", (x for x, _ in points)), array("d", (y for _, y in points))
    column = pixel_columns(xs[0], xs[-1], width)
    kept = m4(xs, ys, column)
    for at in {column(x) for x in xs}:
        whole = [(x, y) for x, y in zip(xs, ys, strict=True) if column(x) == at]
        thin = [(xs[one], ys[one]) for one in kept if column(xs[one]) == at]
        assert (thin[0], thin[-1]) == (whole[0], whole[-1])
        assert min(y for _, y in thin) == min(y for _, y in whole)
        assert max(y for _, y in thin) == max(y for _, y in whole)


@given(st.lists(st.one_of(st.floats(-1e15, 1e15), FINITE), min_size=2, max_size=50), WIDTHS)
def test_pixel_columns_are_in_range_and_never_decrease(xs, width):
    xs.sort()
    columns = [pixel_columns(xs[0], xs[-1], width)(x) for x in xs]
    assert columns == sorted(columns)
    assert all(0 <= one < width for one in columns)


@given(LINES, st.integers(1, 60))
def test_lttb_keeps_both_ends_and_as_many_points_as_asked(points, wanted):
    xs, ys = array("d", (x for x, _ in points)), array("d", (y for _, y in points))
    kept = lttb(xs, ys, wanted)
    assert kept == sorted(set(kept))
    assert len(kept) == min(len(points), max(wanted, 3))
    assert (kept[0], kept[-1]) == (0, len(points) - 1)


def test_lttb_keeps_what_stands_out():
    ys = array("d", [math.sin(at / 50) for at in range(1000)])
    ys[333], ys[700] = 50.0, -50.0
    assert {333, 700} <= set(lttb(array("d", range(1000)), ys, 50))


COLUMNS = tuple(
    ResultColumn(name=name, type=kind)
    for name, kind in (("x", "int"), ("y", "double"), ("z", "bigint"), ("s", "varchar"))
)
CELL = {
    "x": st.integers(-1000, 1000),
    "y": st.floats(-9, 9),
    "z": st.integers(-(2**63), 2**63 - 1),
    "s": st.sampled_from('ab"'),
}
ROWS = st.lists(st.tuples(*(st.one_of(st.none(), cell) for cell in CELL.values())), max_size=150)


def stored(rows):
    quoted = lambda value: "" if value is None else '"' + str(value).replace('"', '""') + '"'  # noqa: E731
    return [",".join(map(quoted, row)).encode() for row in rows]


def in_chunks(records, size):
    return [records[at : at + size] for at in range(0, len(records), size)]


@settings(max_examples=300, deadline=None)
@given(ROWS, WIDTHS, st.sampled_from(["m4", "lttb"]), st.sampled_from(["none", "null", "zero"]), st.integers(1, 60))
def test_a_thinned_chart_is_the_whole_one_with_points_left_out(rows, width, method, fill, size):
    def drawn(**choices):
        chart = Drawing(x="x", y=("y", "z"), series="s", fill=fill, **choices)
        return gathered(COLUMNS, in_chunks(stored(rows), size), chart)

    whole, thin = drawn(), drawn(width=width, downsample=method)
    assert (whole.method, thin.method, thin.rows_in) == ("none", method if whole.rows_in else thin.method, len(rows))
    assert list(thin.lines) == list(whole.lines)
    for key, line in thin.lines.items():
        full, points = whole.lines[key].points(), line.points()
        assert set(points) <= set(full)
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert len(line.xs) <= max(4 * width, 3)
        assert len(line.null_xs) <= width + 2
        assert {points[0][0], points[-1][0]} == {full[0][0], full[-1][0]}, "the axis keeps its ends"
    assert thin.rows() <= whole.rows() <= set(range(len(rows)))


@given(ROWS, st.sampled_from(["none", "null", "zero"]), st.integers(1, 60))
def test_lines_hold_every_value_of_the_result(rows, fill, size):
    lines = gathered(COLUMNS, in_chunks(stored(rows), size), Drawing(x="x", y=("z",), series="s", fill=fill)).lines
    model = {}
    for x, _, z, s in rows:
        if x is not None:
            model.setdefault((s, 2), []).append((x, z))
    everywhere = {x for points in model.values() for x, _ in points}
    value = {"none": [], "null": [None], "zero": [0]}[fill]
    for points in model.values():
        points += [(x, one) for x in everywhere - {x for x, _ in points} for one in value]
    key = lambda point: (point[0], point[1] is None, point[1] or 0)  # noqa: E731
    assert {of: sorted(line.points(), key=key) for of, line in lines.items()} == {
        of: sorted(points, key=key) for of, points in model.items()
    }


@pytest.mark.parametrize("method", ["m4", "lttb"])
def test_a_gap_of_whole_pixel_columns_stays_and_a_narrower_one_closes(method):
    xs = range(1000)
    rows = [(x, None if 400 <= x < 500 or x == 101 else x % 7, 0, "a") for x in xs]
    (line,) = gathered(COLUMNS, [stored(rows)], Drawing(x="x", y=("y",), width=10, downsample=method)).lines.values()
    assert list(line.null_xs) == [400]
    assert len(line.xs) <= 40


@given(st.lists(st.one_of(FINITE, st.none()), max_size=20))
def test_a_total_of_doubles_is_finite_or_a_warning(values):
    findings = Findings()
    found, exact = total(values, findings), sum(Fraction(value) for value in values if value is not None)
    if values.count(None) == len(values):
        assert (found, findings.warnings()) == (None, [])
    elif found is None:
        assert findings.warnings() == [{"code": "not_finite", "count": 1}]
        assert abs(exact) >= sys.float_info.max
    else:
        assert found == float(exact)


@pytest.mark.parametrize(
    ("values", "found", "is_lost"),
    [
        ([2**62, -1], 2**62 - 1, True),
        ([2**52, None, 2**52 - 1], 2**53 - 1, False),
        ([2**63 - 1, 2**63 - 1, 2], 2.0**64, True),
        ([-(2**63), -1], -(2.0**63), True),
    ],
)
def test_a_total_of_integers_is_one_while_it_has_64_bits(values, found, is_lost):
    findings = Findings()
    assert (total(values, findings), type(total(values, findings))) == (found, type(found))
    assert findings.precision_loss is is_lost


def test_a_drilldown_of_too_many_points_is_refused_before_it_is_made():
    chart = Drawing(x="x", y=("y",), drill="s", shape="drilldown")
    rows = [(1, 2.0, 3, "a"), (1, 2.0, 3, "b")]
    drawn, _ = drilled(COLUMNS, [stored(rows)], chart, most=3)
    assert len(drawn["drilldown"]["series"][0]["data"]) == 2
    with pytest.raises(ResultTooLarge):
        drilled(COLUMNS, [stored(rows)], chart, most=2)
