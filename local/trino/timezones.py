"""Names of time zones as Trino takes and keeps them. Source: Trino's TimeZoneKey."""

import functools
import re

import pytz

_UTC = frozenset({
    "GMT", "GMT0", "Etc/GMT", "Etc/GMT0", "UT", "Etc/UT", "UTC", "Etc/UTC", "Z", "Zulu", "UCT", "Greenwich",
    "Universal", "Etc/Universal", "Etc/UCT",
})  # fmt: skip
_PREFIXED = re.compile(r"(Etc/GMT|Etc/UTC|Etc/UT|GMT|UTC|UT)([+-])(\d{1,2})(?::(\d{1,2}))?")
_OFFSET = re.compile(r"([+-])(?:(\d{1,2})|(\d\d):?(\d\d)(?::?00)?)")
_MOST = 14 * 60
_LEGACY = frozenset({"Factory", "localtime", "posixrules"})


@functools.lru_cache(maxsize=1024)
def normalized(zone: str) -> str:
    """A zone's name in Trino's form: `UTC`, `+05:30` or a region.

    Raises ValueError (`athena:INVALID_FUNCTION_ARGUMENT: ...`) for what is none.
    """
    if zone in _UTC:
        return "UTC"
    if (found := _PREFIXED.fullmatch(zone)) is not None:
        sign = -1 if (found[2] == "-") != (found[1] == "Etc/GMT") else 1
        return _named(sign * (int(found[3]) * 60 + int(found[4] or 0)), zone)
    if (found := _OFFSET.fullmatch(zone)) is not None:
        minutes = int(found[2] or found[3]) * 60 + int(found[4] or 0)
        return _named(-minutes if found[1] == "-" else minutes, zone)
    if zone not in pytz.all_timezones_set or zone in _LEGACY:
        raise _invalid(zone)
    return zone


def minutes_of(offset: str) -> int:
    """Minutes east of UTC of `+05:30`."""
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return -minutes if offset[0] == "-" else minutes


def offset_named(minutes: int) -> str:
    """`+05:30` of minutes east of UTC; `UTC` of none. Raises ValueError beyond 14 hours."""
    if abs(minutes) > _MOST:
        raise ValueError(f"athena:INVALID_FUNCTION_ARGUMENT: Invalid offset minutes {minutes}")
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}" if minutes else "UTC"


def _named(minutes: int, zone: str) -> str:
    if abs(minutes) > _MOST:
        raise _invalid(zone)
    return offset_named(minutes)


def _invalid(zone: str) -> ValueError:
    return ValueError(f"athena:INVALID_FUNCTION_ARGUMENT: '{zone}' is not a valid time zone")
