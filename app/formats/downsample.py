"""Which points of a sorted line are enough to draw it. Pure: coordinates in, indices out.

M4 (Jugel, Jerzak, Hackenbroich, Markl: M4, VLDB 2014) keeps of every pixel column the first, the last, the lowest and
the highest point: drawn on that many pixel columns, the lines are the same, pixel by pixel. LTTB (Steinarsson:
Downsampling Time Series for Visual Representation, 2013) keeps one point a bucket, the one that stands out most.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from math import isfinite
from typing import Any, Final

_SMALLER: Final = 2.0**-64


def pixel_columns(low: float, high: float, width: int) -> Callable[[float], int]:
    """The pixel column of an x, 0 to width - 1. Never decreasing; the right edge belongs to the last column."""
    span = high - low
    if span <= 0:
        return lambda _: 0
    if not isfinite(span * width):  # doubles near the end of their range
        smaller = pixel_columns(low * _SMALLER, high * _SMALLER, width)
        return lambda x: smaller(x * _SMALLER)
    return lambda x: min(int((x - low) * width / span), width - 1)


def m4(xs: "array[Any]", ys: "array[Any]", column: Callable[[float], int]) -> list[int]:
    """At most four indices a pixel column, ascending."""
    kept: list[int] = []
    start, count = 0, len(xs)
    while start < count:
        end = bisect_left(xs, column(xs[start]) + 1, lo=start, key=column)
        part = ys[start:end]
        lowest, highest = part.index(min(part)), part.index(max(part))
        kept += sorted({start, start + lowest, start + highest, end - 1})
        start = end
    return kept


def lttb(xs: "array[Any]", ys: "array[Any]", wanted: int) -> list[int]:
    """`wanted` indices (3 at least), ascending, with the first and the last."""
    count = len(xs)
    buckets = max(wanted, 3) - 2
    if count <= buckets + 2:
        return list(range(count))
    edges = [1 + number * (count - 2) // buckets for number in range(buckets + 1)]
    kept = [0]
    for number in range(buckets):
        start, end = edges[number], edges[number + 1]
        later = edges[number + 2] if number + 2 <= buckets else count
        next_x, next_y = sum(xs[end:later]) / (later - end), sum(ys[end:later]) / (later - end)
        kept.append(start + _largest(xs[start:end], ys[start:end], (xs[kept[-1]], ys[kept[-1]]), (next_x, next_y)))
    return [*kept, count - 1]


def _largest(
    xs: "array[Any]",
    ys: "array[Any]",
    before: tuple[float, float],
    after: tuple[float, float],
) -> int:
    """Which point spans the largest triangle with the one kept before and the mean of the next bucket."""
    x, y = before
    across, up = x - after[0], after[1] - y
    areas = [abs(across * (b - y) - (x - a) * up) for a, b in zip(xs, ys, strict=True)]
    return areas.index(max(areas))
