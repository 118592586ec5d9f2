"""TIME and TIMESTAMP literals. Source: https://trino.io/docs/current/language/types.html#date-and-time"""

import calendar
import re

from local.trino import zones
from local.trino.errors import SqlError
from local.trino.timezones import minutes_of, normalized
from local.trino.typed import Typed
from local.trino.types import Type
from local.trino.types import literal as quoted

_STAMP = re.compile(
    r"([+-]?\d{4,})-(\d{1,2})-(\d{1,2})(?: (?:(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?)?\s*(.+)?)?"
)
_TIME = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?\s*([+-]\d\d:\d\d)?")


def literal(kind: Type, text: str, node: object) -> Typed:
    """`TIMESTAMP '2020-01-01 00:00:00.000 Europe/Berlin'`, `TIME '01:02:03'`: the digits written are its precision.

    Raises SqlError with INVALID_LITERAL.
    """
    is_stamp = kind.name.startswith("timestamp")
    try:
        return _stamp(text.strip()) if is_stamp else _time(text.strip())
    except ValueError as error:
        name = "TIMESTAMP" if is_stamp else "TIME"
        raise SqlError("INVALID_LITERAL", f"'{text}' is not a valid {name} literal", node) from error


def _stamp(text: str) -> Typed:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    calendar.monthrange(2000 + year % 400, month)  # the calendar repeats after 400 years
    if not 1 <= day <= calendar.monthrange(2000 + year % 400, month)[1]:
        raise ValueError(text)
    clock = _clock(found[4], found[5], found[6], found[7])
    digits = len(found[7] or "")
    era = "" if year > 0 else " (BC)"
    local = f"{year if year > 0 else 1 - year:04d}-{month:02d}-{day:02d}{era} {clock}"
    if not found[8]:
        return Typed(f"TIMESTAMP '{local}'", Type("timestamp", (digits,)))
    zone = normalized(found[8].strip())
    sql = zones.zoned(zones.instant(f"TIMESTAMP '{local}'", quoted(zone)), quoted(zone))
    return Typed(sql, Type("timestamp with time zone", (digits,)))


def _time(text: str) -> Typed:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    clock = _clock(found[1], found[2], found[3], found[4])
    digits = (len(found[4] or ""),)
    if not found[5]:
        return Typed(f"TIME '{clock}'", Type("time", digits))
    if abs(minutes_of(found[5])) > 14 * 60:
        raise ValueError(text)
    return Typed(f"TIMETZ '{clock}{found[5]}'", Type("time with time zone", digits))


def _clock(hour: str | None, minute: str | None, second: str | None, fraction: str | None) -> str:
    """`hh:mm:ss.ffffff`; digits beyond DuckDB's six are cut. Raises ValueError when out of range."""
    parts = [int(part or 0) for part in (hour, minute, second)]
    if parts[0] > 23 or parts[1] > 59 or parts[2] > 59:
        raise ValueError(parts)
    whole = f"{parts[0]:02d}:{parts[1]:02d}:{parts[2]:02d}"
    return f"{whole}.{fraction[:6]}" if fraction else whole
