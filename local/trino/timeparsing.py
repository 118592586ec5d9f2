"""Reading of dates and times by format and of ISO 8601 texts, with Joda-Time's rules and messages.

Used from SQL, as Python functions, for what DuckDB's strptime does not read or reads differently.
"""

import calendar
import datetime as dt
import re
from typing import NoReturn

import pytz

from local.trino import timeformats
from local.trino.timeformats import Token
from local.trino.timezones import normalized, offset_named

_RANGES = {
    "monthOfYear": (1, 12), "dayOfWeek": (1, 7), "hourOfDay": (0, 23), "clockhourOfHalfday": (1, 12),
    "hourOfHalfday": (0, 11), "clockhourOfDay": (1, 24), "minuteOfHour": (0, 59), "secondOfMinute": (0, 59),
}  # fmt: skip
_NAMES = {
    "month": {n.lower(): i for names in (calendar.month_name, calendar.month_abbr) for i, n in enumerate(names) if n},
    "dow": {n.lower(): i + 1 for names in (calendar.day_name, calendar.day_abbr) for i, n in enumerate(names)},
    "halfday": {"am": 0, "pm": 1},
    "era": {"ad": 1, "bc": 0},
}
_TEXT_FIELDS = {
    "month_text": ("month", "monthOfYear"), "month_short": ("month", "monthOfYear"), "dow_text": ("dow", "dayOfWeek"),
    "dow_short": ("dow", "dayOfWeek"), "halfday": ("halfday", "halfday"), "era": ("era", "era"),
}  # fmt: skip
_SHORT_ZONES = {
    "UT": "UTC", "UTC": "UTC", "GMT": "UTC", "EST": "America/New_York", "EDT": "America/New_York",
    "CST": "America/Chicago", "CDT": "America/Chicago", "MST": "America/Denver", "MDT": "America/Denver",
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
}  # fmt: skip
_OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d))?")


def _fail(message: str) -> NoReturn:
    raise ValueError(f"athena:INVALID_FUNCTION_ARGUMENT: {message}")


def _malformed(text: str, at: int) -> NoReturn:
    """Joda's FormatUtils.createErrorMessage."""
    sample = text if len(text) <= at + 35 else text[: at + 32] + "..."
    if at <= 0:
        _fail(f'Invalid format: "{sample}"')
    _fail(f'Invalid format: "{sample}" is {"too short" if at >= len(text) else f"malformed at {_quoted(sample[at:])}"}')


def _quoted(text: str) -> str:
    return f'"{text}"'


def date_parse(text: str, pattern: str) -> dt.datetime:
    """date_parse: a timestamp of a MySQL format. Raises ValueError with Trino's error."""
    try:
        tokens = timeformats.mysql(pattern)
    except ValueError as error:
        _fail(str(error))
    fields, _ = _read(tokens, text)
    return _moment(fields, text)


def parse_datetime(text: str, pattern: str) -> dict[str, object]:
    """parse_datetime: local time `ts` and zone `z` of a Joda format. Raises ValueError with Trino's error."""
    try:
        tokens = timeformats.joda(pattern)
    except ValueError as error:
        _fail(str(error))
    fields, zone = _read(tokens, text)
    return {"ts": _moment(fields, text), "z": zone or "UTC"}


def _read(tokens: tuple[Token, ...], text: str) -> tuple[dict[str, int], str | None]:
    fields: dict[str, int] = {}
    zone, at = None, 0
    for token in tokens:
        if token.field == timeformats.LITERAL:
            end = at + len(token.text)
            if text[at:end].lower() != token.text.lower():
                _malformed(text, at)
        elif token.field in timeformats.ZONES:
            zone, end = _zone(token, text, at)
        elif token.field in _TEXT_FIELDS:
            end = _named(token, text, at, fields)
        else:
            end = _number(token, text, at, fields)
        at = end
    if at < len(text):
        _malformed(text, at)
    return fields, zone


def _named(token: Token, text: str, at: int, fields: dict[str, int]) -> int:
    kind, field = _TEXT_FIELDS[token.field]
    for name in sorted(_NAMES[kind], key=len, reverse=True):
        if text[at : at + len(name)].lower() == name:
            fields[field] = _NAMES[kind][name]
            return at + len(name)
    _malformed(text, at)


def _number(token: Token, text: str, at: int, fields: dict[str, int]) -> int:
    is_year = token.field in ("year", "weekyear") or (token.field.endswith("2") and token.most > 2)
    found = re.compile(rf"{'[+-]?' if is_year else ''}[0-9]{{1,{token.most}}}").match(text, at)
    if found is None:
        _malformed(text, at)
    if token.field == "fraction":
        fields["millisOfSecond"] = int((found[0] + "000")[:3])
    elif not token.field.endswith("2"):
        fields[token.field] = int(found[0])
    elif len(found[0]) == 2:
        low = token.pivot - 50
        value = int(found[0])
        fields[token.field[:-1]] = low + value - low % 100 + (100 if value < low % 100 else 0)
    elif token.most == 2:
        _malformed(text, at)
    else:
        fields[token.field[:-1]] = int(found[0])
    return found.end()


def _zone(token: Token, text: str, at: int) -> tuple[str, int]:
    if token.field in ("offset", "offset_colon"):
        found = _OFFSET.match(text, at)
        if found is None:
            _malformed(text, at)
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return offset_named(-minutes if found[1] == "-" else minutes), found.end()
    run = re.compile(r"[A-Za-z0-9_+/-]*").match(text, at)
    written = run[0] if run else ""
    for size in range(len(written), 0, -1):
        name = written[:size]
        if token.field == "zone_id" and name in pytz.all_timezones_set:
            return normalized(name), at + size
        if token.field != "zone_id" and name in _SHORT_ZONES:
            return _SHORT_ZONES[name], at + size
    _malformed(text, at)


def _moment(fields: dict[str, int], text: str) -> dt.datetime:
    """The local time of the fields that were read; what is missing is the least, the year 1970 (2000 where a month or a
    day is given without one), as Joda's DateTimeParserBucket has it.
    """

    def checked(field: str, low: int, high: int) -> int:
        value = fields.get(field, low)
        if not low <= value <= high:
            _fail(f'Cannot parse "{text}": Value {value} for {field} must be in the range [{low},{high}]')
        return value

    for field in fields:
        if field in _RANGES:
            checked(field, *_RANGES[field])
    has_date = {"monthOfYear", "dayOfMonth", "dayOfYear", "weekOfWeekyear", "dayOfWeek"}.intersection(fields)
    year = fields.get("year", 2000 if has_date and "weekyear" not in fields else 1970)
    if not 1 <= year <= 9999:
        _fail(f'Cannot parse "{text}": years beyond 1 to 9999 are not supported here')
    if "weekyear" in fields or "weekOfWeekyear" in fields:
        week_year = fields.get("weekyear", year)
        weeks = dt.date(week_year, 12, 28).isocalendar().week
        day = dt.date.fromisocalendar(week_year, checked("weekOfWeekyear", 1, weeks), 1)
    elif "dayOfYear" in fields:
        days = 366 if calendar.isleap(year) else 365
        day = dt.date(year, 1, 1) + dt.timedelta(days=checked("dayOfYear", 1, days) - 1)
    else:
        month = fields.get("monthOfYear", 1)
        day = dt.date(year, month, checked("dayOfMonth", 1, calendar.monthrange(year, month)[1]))
    if "dayOfWeek" in fields:
        day += dt.timedelta(days=fields["dayOfWeek"] - day.isoweekday())
    clock = dt.time(_hour(fields), fields.get("minuteOfHour", 0), fields.get("secondOfMinute", 0))
    return dt.datetime.combine(day, clock) + dt.timedelta(milliseconds=fields.get("millisOfSecond", 0))


def _hour(fields: dict[str, int]) -> int:
    if "hourOfDay" in fields:
        return fields["hourOfDay"]
    if "clockhourOfDay" in fields:
        return fields["clockhourOfDay"] % 24
    return fields.get("clockhourOfHalfday", fields.get("hourOfHalfday", 0)) % 12 + 12 * fields.get("halfday", 0)


_ISO = re.compile(
    r"(?:(?P<y>\d{4,9})(?:-(?P<doy>\d{3})|-W(?P<w>\d{1,2})(?:-(?P<e>\d))?|-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2}))?)?)?"
    r"(?P<t>T(?:(?P<H>\d\d)(?::(?P<M>\d\d)(?::(?P<S>\d\d))?)?(?:[.,](?P<f>\d+))?)?(?P<z>Z|[+-]\d\d(?::?\d\d)?)?)?"
)
_ISO_FIELDS = {"doy": "dayOfYear", "w": "weekOfWeekyear", "e": "dayOfWeek", "m": "monthOfYear", "d": "dayOfMonth",
               "H": "hourOfDay", "M": "minuteOfHour", "S": "secondOfMinute"}  # fmt: skip


def iso_timestamp(text: str) -> dict[str, object]:
    """from_iso8601_timestamp: local time `ts` and zone `z`. Raises ValueError with Trino's error."""
    found = _ISO.fullmatch(text)
    if found is None or not text:
        _malformed(text, 0)
    fields = {name: int(found[key]) for key, name in _ISO_FIELDS.items() if found[key] is not None}
    fields["weekyear" if found["w"] is not None else "year"] = int(found["y"] or 1970)
    moment = _moment(fields, text)
    if found["f"] is not None:
        unit = 1 if found["S"] else 60 if found["M"] else 3600
        moment += dt.timedelta(microseconds=int(f"{found['f'][:6]:0<6}") * unit)
    zone = found["z"]
    return {"ts": moment, "z": normalized(zone) if zone else "UTC"}


def iso_date(text: str) -> dt.date:
    """from_iso8601_date: a calendar date, a week date or a year's day. Raises ValueError with Trino's error."""
    if "T" in text:
        _malformed(text, text.index("T"))
    found = iso_timestamp(text)["ts"]
    assert isinstance(found, dt.datetime)
    return found.date()


def abbreviation(zone: str, instant: dt.datetime) -> str:
    """The short name of a zone at an instant (UTC without zone): `EST`; an offset's own name."""
    if zone == "UTC" or zone[0] in "+-":
        return zone
    return pytz.utc.localize(instant).astimezone(pytz.timezone(zone)).tzname() or zone
