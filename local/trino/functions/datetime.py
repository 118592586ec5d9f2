"""Date and time functions. Source: https://trino.io/docs/current/functions/datetime.html and Trino's DateTimeFunctions.

Formats and ISO texts are in `datetime_formats`, date_trunc, date_add and date_diff in `datetime_units`.
"""

import datetime as dt

from local.trino import zones
from local.trino.registry import Call, macro, rule, scalar
from local.trino.timezones import offset_named
from local.trino.typed import Typed, failing, failing_with, once
from local.trino.types import DATE, Type, literal

ZONED = "timestamp(p) with time zone"
STAMP = "timestamp(p)"
_ZONE = "timestamp(3) with time zone"

macro(
    # Milliseconds since 1970 of seconds as a double, half up; beyond what a bigint holds they are out of range.
    "trino_unix_micros(x) AS CAST(floor(x * 1000 + 0.5) AS BIGINT) * 1000",
    "trino_micros_of_nanos(n) AS CAST((n - ((n % 1000) + 1000) % 1000) // 1000 AS BIGINT)",
    "trino_offset_hours(z, t) AS (epoch_us(trino_local(t, z)) - epoch_us(t)) // 3600000000",
    "trino_offset_minutes(z, t) AS (epoch_us(trino_local(t, z)) - epoch_us(t)) // 60000000 % 60",
    "trino_duration_unit(u) AS CASE u WHEN 'ns' THEN 1e-6 WHEN 'us' THEN 1e-3 WHEN 'ms' THEN 1e0 WHEN 's' THEN 1e3 "
    "WHEN 'm' THEN 6e4 WHEN 'h' THEN 36e5 WHEN 'd' THEN 864e5 END",
    "trino_duration(m, x) AS CASE WHEN x = '' THEN "
    + failing("INVALID_FUNCTION_ARGUMENT", "'duration is empty'", "INTERVAL")
    + " WHEN m.n = '' THEN "
    + failing("INVALID_FUNCTION_ARGUMENT", "'duration is not a valid data duration string: ' || x", "INTERVAL")
    + " WHEN trino_duration_unit(m.u) IS NULL AND x IS NOT NULL THEN "
    + failing("INVALID_FUNCTION_ARGUMENT", "'Unknown time unit: ' || m.u", "INTERVAL")
    + " ELSE trino_from_millis(CAST(floor(CAST(m.n AS DOUBLE) * trino_duration_unit(m.u) + 0.5) AS BIGINT)) END",
    "trino_plural(n, name) AS CASE n WHEN 0 THEN NULL WHEN 1 THEN '1 ' || name ELSE n || ' ' || name || 's' END",
    "trino_human(n) AS CASE n WHEN 0 THEN '0 seconds' ELSE concat_ws(', ', trino_plural(n // 604800, 'week'), "
    "trino_plural(n // 86400 % 7, 'day'), trino_plural(n // 3600 % 24, 'hour'), trino_plural(n // 60 % 60, 'minute'), "
    "trino_plural(n % 60, 'second')) END",
    "trino_human_readable(x) AS CASE WHEN isfinite(x) THEN CASE WHEN x <= -0.5 THEN '-' ELSE '' END || "
    "trino_human(CAST(floor(abs(x) + 0.5) AS BIGINT)) WHEN x IS NOT NULL THEN "
    + failing("INVALID_FUNCTION_ARGUMENT", "'Invalid argument found: ' || trino_special(x)", "VARCHAR")
    + " END",
)


def _started(call: Call, digits: int) -> str:
    """The start of the query in UTC, cut to so many digits of a second, as DuckDB's text."""
    at: dt.datetime = call.session.started.astimezone(dt.UTC)
    fraction = f".{at.microsecond:06d}"[: digits + 1] if digits else ""
    return f"{at:%Y-%m-%d %H:%M:%S}{fraction}"


def _digits(call: Call) -> int:
    if not call.args:
        return 3
    digits = call.args[0].constant
    return digits if isinstance(digits, int) else 3


@rule(scalar, "now", f"() -> {_ZONE}")
@rule(scalar, "current_timestamp", f"() -> {_ZONE}", f"(integer) -> {_ZONE}")
def _now(call: Call) -> Typed:
    digits = _digits(call)
    sql = zones.zoned(f"TIMESTAMPTZ '{_started(call, min(digits, 6))}+00'", zones.UTC)
    return Typed(sql, Type("timestamp with time zone", (digits,)))


@rule(scalar, "localtimestamp", "() -> timestamp(3)", "(integer) -> timestamp(3)")
def _localtimestamp(call: Call) -> Typed:
    digits = _digits(call)
    return Typed(f"TIMESTAMP '{_started(call, min(digits, 6))}'", Type("timestamp", (digits,)))


@rule(scalar, "localtime", "() -> time(3)", "(integer) -> time(3)")
def _localtime(call: Call) -> Typed:
    digits = _digits(call)
    return Typed(f"TIME '{_started(call, min(digits, 6))[11:]}'", Type("time", (digits,)))


@rule(scalar, "current_time", "() -> time(3) with time zone", "(integer) -> time(3) with time zone")
def _current_time(call: Call) -> Typed:
    digits = _digits(call)
    return Typed(f"TIMETZ '{_started(call, min(digits, 6))[11:]}+00'", Type("time with time zone", (digits,)))


@rule(scalar, "current_date", "() -> date")
def _current_date(call: Call) -> str:
    return f"DATE '{_started(call, 0)[:10]}'"


@rule(scalar, "current_timezone", "() -> varchar")
def _current_timezone(call: Call) -> str:
    return literal(call.session.zone)


@rule(scalar, "date", "(varchar) -> date", "(date) -> date", f"({STAMP}) -> date", f"({ZONED}) -> date")
def _date(call: Call) -> Typed:
    from local.trino.casts import cast

    return cast(call.args[0], DATE, call.node)


scalar("last_day_of_month", "(date) -> date", "last_day({0})")
scalar("last_day_of_month", f"({STAMP}) -> date", "last_day({0})")


@rule(scalar, "last_day_of_month", f"({ZONED}) -> date")
def _last_day(call: Call) -> str:
    return f"last_day({zones.local_time(call.sql(0))})"


@rule(scalar, "at_timezone", f"({ZONED}, varchar) -> {ZONED}")
def _at_timezone(call: Call) -> str:
    return zones.zoned(zones.moment(call.sql(0)), zones.zone_name(call.args[1]))


@rule(scalar, "at_timezone", f"({ZONED}, interval day to second) -> {ZONED}")
def _at_offset(call: Call) -> str:
    """`x AT TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE`."""
    offset = once(f"(trino_millis({call.sql(1)}) // 60000)", build=lambda m: f"trino_zone_of_minutes({m})")
    return zones.zoned(zones.moment(call.sql(0)), offset)


@rule(scalar, "with_timezone", f"({STAMP}, varchar) -> {ZONED}")
def _with_timezone(call: Call) -> str:
    zone = zones.zone_name(call.args[1])
    if zone.startswith("'"):
        return zones.zoned(zones.instant(call.sql(0), zone), zone)
    return once(call.sql(0), zone, build=lambda x, z: zones.zoned(zones.instant(x, z), z))


@rule(scalar, "from_unixtime", f"(double) -> {_ZONE}")
def _from_unixtime(call: Call) -> str:
    return zones.zoned(f"make_timestamptz(trino_unix_micros({call.sql(0)}))", zones.UTC)


@rule(scalar, "from_unixtime", f"(double, varchar) -> {_ZONE}")
def _from_unixtime_zone(call: Call) -> str:
    return zones.zoned(f"make_timestamptz(trino_unix_micros({call.sql(0)}))", zones.zone_name(call.args[1]))


@rule(scalar, "from_unixtime", f"(double, bigint, bigint) -> {_ZONE}")
def _from_unixtime_offset(call: Call) -> str:
    hours, minutes = call.args[1].constant, call.args[2].constant
    moment = f"make_timestamptz(trino_unix_micros({call.sql(0)}))"
    if not isinstance(hours, int) or not isinstance(minutes, int):
        return zones.zoned(moment, f"trino_zone_of_minutes({call.sql(1)} * 60 + {call.sql(2)})")
    try:
        zone = literal(offset_named(hours * 60 + minutes))
    except ValueError:
        shown = f"Invalid offset minutes {hours * 60 + minutes}"
        zone = failing_with("INVALID_FUNCTION_ARGUMENT", shown, "VARCHAR")
    return zones.zoned(moment, zone)


macro(
    "trino_zone_of_minutes(m) AS CASE WHEN m = 0 THEN 'UTC' WHEN abs(m) > 840 THEN "
    + failing("INVALID_FUNCTION_ARGUMENT", "'Invalid offset minutes ' || m", "VARCHAR")
    + " ELSE CASE WHEN m < 0 THEN '-' ELSE '+' END || format('{:02d}:{:02d}', abs(m) // 60, abs(m) % 60) END"
)


@rule(
    scalar,
    "from_unixtime_nanos",
    "(bigint) -> timestamp(9) with time zone",
    "(decimal(p,s)) -> timestamp(9) with time zone",
)
def _from_unixtime_nanos(call: Call) -> str:
    nanos = call.sql(0)
    if call.args[0].type.name == "decimal":
        nanos = f"CAST(round({nanos}, 0) AS HUGEINT)"
    micros = once(nanos, build=lambda n: f"trino_micros_of_nanos({n})")
    return zones.zoned(f"make_timestamptz({micros})", zones.UTC)


scalar("to_unixtime", f"({STAMP}) -> double", "(epoch_us({0}) / 1e6)")


@rule(scalar, "to_unixtime", f"({ZONED}) -> double")
def _to_unixtime(call: Call) -> str:
    return f"(epoch_us({zones.moment(call.sql(0))}) / 1e6)"


scalar("to_milliseconds", "(interval day to second) -> bigint", "trino_millis({0})")
_DURATION = r"'^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*$', ['n', 'u']"


@rule(scalar, "parse_duration", "(varchar) -> interval day to second")
def _parse_duration(call: Call) -> str:
    def build(x: str) -> str:
        return once(f"regexp_extract({x}, {_DURATION})", build=lambda m: f"trino_duration({m}, {x})")

    return once(call.sql(0), build=build)


@rule(scalar, "human_readable_seconds", "(double) -> varchar")
def _human_readable_seconds(call: Call) -> str:
    return once(call.sql(0), build=lambda x: f"trino_human_readable({x})")


# Fields, by the kinds that have them. EXTRACT(f FROM x) is the call of the function f.
_DATE_FIELDS = {
    "year": "year", "quarter": "quarter", "month": "month", "week": "week", "week_of_year": "week", "day": "day",
    "day_of_month": "day", "day_of_week": "isodow", "dow": "isodow", "day_of_year": "dayofyear", "doy": "dayofyear",
    "year_of_week": "isoyear", "yow": "isoyear",
}  # fmt: skip
_TIME_FIELDS = {
    "hour": "hour({})",
    "minute": "minute({})",
    "second": "second({})",
    "millisecond": "(millisecond({}) % 1000)",
}
_DAY_SECOND_FIELDS = {
    "day": "// 86400000", "day_of_month": "// 86400000", "hour": "% 86400000 // 3600000",
    "minute": "% 3600000 // 60000", "second": "% 60000 // 1000", "millisecond": "% 1000",
}  # fmt: skip


def _declare_field(name: str, template: str, *, of_date: bool) -> None:
    if of_date:
        scalar(name, "(date) -> bigint", template.format("{0}"))
    else:
        scalar(name, "(time(p)) -> bigint", template.format("{0}"))
        scalar(name, "(time(p) with time zone) -> bigint", template.format("CAST({0} AS TIME)"))
    scalar(name, f"({STAMP}) -> bigint", template.format("{0}"))
    rule(scalar, name, f"({ZONED}) -> bigint")(lambda call: template.format(zones.local_time(call.sql(0))))


for _name, _duckdb in _DATE_FIELDS.items():
    _declare_field(_name, f"{_duckdb}({{}})", of_date=True)
for _name, _template in _TIME_FIELDS.items():
    _declare_field(_name, _template, of_date=False)
for _name, _rest in _DAY_SECOND_FIELDS.items():
    scalar(_name, "(interval day to second) -> bigint", f"(trino_millis({{0}}) {_rest})")
scalar("year", "(interval year to month) -> bigint", "datepart('year', {0})")
scalar("month", "(interval year to month) -> bigint", "datepart('month', {0})")


def _offset(part: str) -> None:
    @rule(scalar, f"timezone_{part}", f"({ZONED}) -> bigint")
    def _of_stamp(call: Call) -> str:
        return zones.of_parts(
            call.sql(0), lambda t, z: once(z, t, build=lambda a, b: f"trino_offset_{part}s({a}, {b})")
        )

    scalar(f"timezone_{part}", "(time(p) with time zone) -> bigint", f"extract(timezone_{part} FROM {{0}})")


_offset("hour")
_offset("minute")


@rule(scalar, "timezone", f"({ZONED}) -> varchar")
def _timezone(call: Call) -> str:
    return zones.of_parts(call.sql(0), lambda t, z: once(t, build=lambda n: f"CASE WHEN {n} IS NOT NULL THEN {z} END"))


scalar("timezone", "(time(p) with time zone) -> varchar", "trino_clock_offset({0})")
