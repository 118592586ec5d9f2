"""When a schedule is due: EventBridge's `cron(...)` and `rate(...)`, in a time zone. Pure.

The grammar is that of the EventBridge user guide ("Schedule types": cron-based, rate-based). Local times that a clock
change skips are due at the first instant after the gap; those that it repeats are due once, the first time.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.domain.cron_days import DayRule, day_of_month, day_of_week
from app.domain.cron_fields import MONTHS, numbers

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_FIELDS = ("minutes", "hours", "day-of-month", "month", "day-of-week", "year")
_EXPRESSION: Final = re.compile(r"(cron|rate)\(([^()]*)\)")
_RATE: Final = re.compile(r"([1-9][0-9]{0,8}) (minute|hour|day)(s?)")
_UNITS: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Rate:
    """Every so often, counted from an anchor: a day is 24 hours in every time zone."""

    every: timedelta

    def next_after(self, moment: datetime, anchor: datetime) -> datetime:
        """The first due time after a moment; the anchor itself is none."""
        passed = max((moment - anchor) // self.every, 0)
        return anchor + (passed + 1) * self.every


@dataclass(frozen=True)
class Cron:
    """Six fields, each as the values that it allows; the two fields of days as one rule."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]

    def next_after(self, moment: datetime, zone: "ZoneInfo") -> datetime | None:
        """The first due instant after a moment, in UTC; None when there is none any more."""
        # Local time never runs backwards against instants if a repeated time means the first: so the first local time
        # whose instant is later is the answer.
        wall = moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
        while (found := self._at_or_after(wall)) is not None:
            if (instant := _instant(found, zone)) > moment:
                return instant
            wall = found + timedelta(minutes=1)
        return None

    def _at_or_after(self, wall: datetime) -> datetime | None:
        for year in self.years:
            for month in self.months:
                if (year, month) < (wall.year, wall.month):
                    continue
                for day in self.days(year, month):
                    if (year, month, day) == (wall.year, wall.month, wall.day):
                        time = self._time_from(wall.hour, wall.minute)
                    elif (year, month, day) > (wall.year, wall.month, wall.day):
                        time = self.hours[0], self.minutes[0]
                    else:
                        time = None
                    if time is not None:
                        return datetime(year, month, day, *time)  # noqa: DTZ001 - local, of no zone yet
        return None

    def _time_from(self, hour: int, minute: int) -> tuple[int, int] | None:
        for candidate in self.hours:
            if candidate == hour:
                later = next((one for one in self.minutes if one >= minute), None)
                if later is not None:
                    return hour, later
            elif candidate > hour:
                return candidate, self.minutes[0]
        return None


@lru_cache(maxsize=256)
def parsed(expression: str) -> Cron | Rate:
    """ValueError, naming the field, when it is neither a cron nor a rate expression or never comes due."""
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise ValueError("a schedule is cron(minutes hours day-of-month month day-of-week year) or rate(value unit)")
    return _cron(match[2]) if match[1] == "cron" else _rate(match[2])


def next_due(expression: str, timezone: str, moment: datetime, anchor: datetime) -> datetime | None:
    """The first due time after a moment, in UTC. `anchor` is from when a rate counts."""
    schedule = parsed(expression)
    if isinstance(schedule, Rate):
        return schedule.next_after(moment, anchor)
    return schedule.next_after(moment, zone(timezone))


def zone(name: str) -> "ZoneInfo":
    """ValueError when there is no such time zone in the IANA database."""
    from zoneinfo import ZoneInfo  # it costs a cold start that needs none

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name} is no time zone of the IANA database, such as UTC or Europe/Berlin") from error


def _cron(text: str) -> Cron:
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"cron takes 6 fields ({' '.join(_FIELDS)}); {len(fields)} are given")
    minutes, hours, dom, month, dow, year = fields
    if (dom == "?") == (dow == "?"):
        raise ValueError("exactly one of day-of-month and day-of-week must be ?: the other one says the days")
    cron = Cron(
        minutes=numbers("minutes", minutes, 0, 59),
        hours=numbers("hours", hours, 0, 23),
        days=day_of_month(dom) if dow == "?" else day_of_week(dow),
        months=numbers("month", month, 1, 12, MONTHS),
        years=numbers("year", year, _FIRST_YEAR, _LAST_YEAR),
    )
    if not any(cron.days(year, month) for year in cron.years for month in cron.months):
        raise ValueError("it is never due: no month that it names has such a day")
    return cron


def _rate(text: str) -> Rate:
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError("rate takes a positive whole number and minute(s), hour(s) or day(s), as in rate(15 minutes)")
    value, unit, plural = int(match[1]), match[2], match[3]
    if (value == 1) == bool(plural):
        raise ValueError(f"write {'rate(1 ' + unit + ')' if value == 1 else f'rate({value} {unit}s)'}")
    if value * _UNITS[unit] > timedelta(days=366 * 100):
        raise ValueError("a rate is at most a hundred years")
    return Rate(value * _UNITS[unit])


def _instant(wall: datetime, zone: "ZoneInfo") -> datetime:
    """Of a repeated local time the first; of a skipped one the first instant after the gap."""
    before, after = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    offset, later_offset = before.utcoffset() or timedelta(0), after.utcoffset() or timedelta(0)
    if later_offset <= offset:
        return before.astimezone(UTC)
    # In a gap: the clock changes between these two instants, found to the second.
    low, high = (wall - later_offset).replace(tzinfo=UTC), (wall - offset).replace(tzinfo=UTC)
    while high - low > timedelta(seconds=1):
        middle = low + ((high - low) / 2 // timedelta(seconds=1)) * timedelta(seconds=1)
        if middle.astimezone(zone).utcoffset() == later_offset:
            high = middle
        else:
            low = middle
    return high
