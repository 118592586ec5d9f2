"""Which days of a month a cron expression means: `L`, `W`, `#`, weekdays. Pure."""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Final

from app.domain.cron_fields import DAYS, number, numbers

DayRule = Callable[[int, int], tuple[int, ...]]
"""(year, month) -> the days of that month, sorted."""

_DOM, _DOW = "day-of-month", "day-of-week"
_WEEKDAY: Final = re.compile(r"([0-9]{1,2})W", re.IGNORECASE)
_LAST: Final = re.compile(r"([A-Za-z]{3}|[0-9]+)L", re.IGNORECASE)
_NTH: Final = re.compile(r"([A-Za-z]{3}|[0-9]+)#([0-9]+)")


def day_of_month(text: str) -> DayRule:
    """`1-15`, `L` (the last day), `3W` (the weekday nearest to the 3rd), `LW` (the last weekday)."""
    if text.upper() == "L":
        return lambda year, month: (_length(year, month),)
    if text.upper() == "LW":
        return lambda year, month: (_nearest_weekday(year, month, _length(year, month)),)
    if match := _WEEKDAY.fullmatch(text):
        wanted = number(_DOM, match[1], 1, 31)
        return lambda year, month: (_nearest_weekday(year, month, wanted),) if wanted <= _length(year, month) else ()
    days = numbers(_DOM, text, 1, 31)
    return lambda year, month: tuple(day for day in days if day <= _length(year, month))


def day_of_week(text: str) -> DayRule:
    """`MON-FRI` or `2-6`, `L` (Saturday), `6L` (the last Friday), `3#2` (the second Tuesday)."""
    if text.upper() == "L":
        return _on((DAYS["SAT"],))
    if match := _LAST.fullmatch(text):
        last = number(_DOW, match[1], 1, 7, DAYS)
        return lambda year, month: _on((last,))(year, month)[-1:]
    if match := _NTH.fullmatch(text):
        day, nth = number(_DOW, match[1], 1, 7, DAYS), number(f"{_DOW}, after #", match[2], 1, 5)
        return lambda year, month: _on((day,))(year, month)[nth - 1 : nth]
    return _on(numbers(_DOW, text, 1, 7, DAYS))


def _on(days: tuple[int, ...]) -> DayRule:
    def rule(year: int, month: int) -> tuple[int, ...]:
        length = _length(year, month)
        return tuple(day for day in range(1, length + 1) if date(year, month, day).isoweekday() % 7 + 1 in days)

    return rule


def _length(year: int, month: int) -> int:
    return monthrange(year, month)[1]


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """It does not leave the month."""
    weekday = date(year, month, day).isoweekday()
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < _length(year, month) else day - 2
    return day
