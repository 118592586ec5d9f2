"""Columns of text as a chart's numbers: instants in milliseconds, finite numbers, places of categories."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import fsum, isfinite
from typing import TYPE_CHECKING, Any

from app.formats.values import FLOATS, INTEGERS, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

TIMES = frozenset({"date", "timestamp", "timestamp with time zone"})
NUMBERS = INTEGERS | FLOATS | {"decimal"}
Cells = Sequence[str | None]
Places = list[int | float | None]
TOO_LARGE = "The chart is too large; give a width, aggregate further or add a LIMIT."
_SAFE_INTEGER = 2**53 - 1  # Number.MAX_SAFE_INTEGER of JavaScript
_SAFE_DIGITS = 15  # every decimal of so many digits survives as a double (IEEE 754, DBL_DIG)
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time
_MILLISECOND = timedelta(milliseconds=1)


@dataclass
class Findings:
    """What a reader should know of the numbers."""

    precision_loss: bool = False
    not_finite: int = 0
    null_x: int = 0

    def warnings(self) -> list[dict[str, Any]]:
        counted = {"not_finite": self.not_finite, "null_x": self.null_x}
        return [{"code": code, "count": count} for code, count in counted.items() if count]


def numbers(cells: Cells, kind: str, findings: Findings) -> Places:
    """NULL and what JSON has no number for become None."""
    given = [cell for cell in cells if cell is not None]
    values: Sequence[int | float] = list(map(int if kind in INTEGERS else float, given))
    if kind in INTEGERS:
        findings.precision_loss |= bool(values) and not -_SAFE_INTEGER <= min(values) <= max(values) <= _SAFE_INTEGER
    elif not all(map(isfinite, values)):
        findings.not_finite += sum(not isfinite(value) for value in values)
    if kind == "decimal":
        # repr is what JSON carries; digits that it does not carry are lost.
        long = [cell for cell in given if len(cell) > _SAFE_DIGITS]
        findings.precision_loss |= any(Decimal(repr(float(cell))) != Decimal(cell) for cell in long)
    if len(given) < len(cells):
        each = iter(values)
        return [None if cell is None else _finite(next(each)) for cell in cells]
    return list(values) if all(map(isfinite, values)) else list(map(_finite, values))


def total(values: Sequence[int | float | None], findings: Findings) -> int | float | None:
    """Their sum; None of nulls only. JSON's integers have 64 bits here: a greater sum is a double."""
    given = [value for value in values if value is not None]
    if not given:
        return None
    if all(isinstance(value, int) for value in given):
        whole = int(sum(given))
        findings.precision_loss |= abs(whole) > _SAFE_INTEGER
        return whole if -(2**63) <= whole < 2**63 else float(whole)
    try:
        found = fsum(given)
    except OverflowError:  # on the way, or at the end
        found = fsum(value * 2.0**-64 for value in given) * 2.0**64
    findings.not_finite += not isfinite(found)
    return _finite(found)


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


@dataclass
class Instants:
    """Dates and timestamps as milliseconds since 1970 in UTC; None what is no instant.

    A date (its midnight) and a timestamp without zone are wall time in `tz`. A time that the clocks skip counts on from
    before the gap, of a repeated one the first is meant (RFC 5545, 3.3.5). A timestamp with a zone is an instant
    already.
    """

    kind: str
    tz: str
    _zone: "ZoneInfo | None" = None
    _offsets: dict[tuple[int, ...], int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.tz != "UTC":
            from zoneinfo import ZoneInfo

            self._zone = ZoneInfo(self.tz)

    def __call__(self, cells: Cells) -> Places:
        if self.kind == "timestamp with time zone":
            return [None if cell is None else _absolute(cell) for cell in cells]
        walls = _walls(cells)
        if self._zone is None:
            return [None if wall is None else (wall - _EPOCH) // _MILLISECOND for wall in walls]
        return [None if wall is None else (wall - _EPOCH) // _MILLISECOND - self._offset(wall) for wall in walls]

    def _offset(self, wall: datetime) -> int:
        """Of the zone at a wall time; remembered by hour, unless it changes within this one."""
        hour = (wall.year, wall.month, wall.day, wall.hour)
        if hour not in self._offsets:
            start = wall.replace(minute=0, second=0, microsecond=0)
            first, last = self._utcoffset(start), self._utcoffset(start.replace(minute=59, second=59))
            self._offsets[hour] = first if first == last else None
        known = self._offsets[hour]
        return self._utcoffset(wall) if known is None else known

    def _utcoffset(self, wall: datetime) -> int:
        return (wall.replace(tzinfo=self._zone).utcoffset() or timedelta(0)) // _MILLISECOND


def _walls(cells: Cells) -> Sequence[datetime | None]:
    try:
        return [None if cell is None else datetime.fromisoformat(cell) for cell in cells]
    except ValueError:
        return list(map(_wall, cells))


def _wall(text: str | None) -> datetime | None:
    """None beyond the year 9999."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None


def _absolute(text: str) -> int | None:
    try:
        return (datetime.fromisoformat(moment(text)).astimezone(UTC).replace(tzinfo=None) - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return None


@dataclass
class Categories:
    """Texts as their places, in the order in which they come."""

    places: dict[str, int] = field(default_factory=dict)

    def __call__(self, cells: Cells) -> Places:
        return [None if cell is None else self.places.setdefault(cell, len(self.places)) for cell in cells]


@dataclass
class Axis:
    """How an x column is read, and what `meta.x` says of it."""

    kind: str
    read: Callable[[Cells], Places]
    tz: str

    def described(self) -> dict[str, Any]:
        if self.kind in TIMES:
            return {"type": "datetime", "unit": "ms", "timezone": self.tz}
        if isinstance(self.read, Categories):
            return {"type": "category", "categories": list(self.read.places)}
        return {"type": "linear"}

    @property
    def is_whole(self) -> bool:
        return self.kind not in FLOATS and self.kind != "decimal"


def axis(kind: str, tz: str, findings: Findings) -> Axis:
    if kind in TIMES:
        return Axis(kind, Instants(kind, tz), tz)
    if kind in NUMBERS:
        return Axis(kind, lambda cells: numbers(cells, kind, findings), tz)
    return Axis(kind, Categories(), tz)
