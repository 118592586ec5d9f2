"""date_trunc, date_add and date_diff. Source: https://trino.io/docs/current/functions/datetime.html, Joda's fields."""

from collections.abc import Callable

from local.trino import zones
from local.trino.functions.datetime import STAMP, ZONED
from local.trino.intervals import in_zone
from local.trino.registry import Call, macro, rule, scalar
from local.trino.typed import failing, once

_CLOCK = {"millisecond": 1000, "second": 10**6, "minute": 6 * 10**7, "hour": 36 * 10**8}  # microseconds
_CALENDAR = ("day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_KINDS = {
    "date": ("DATE", _CALENDAR),
    "time": ("Time", tuple(_CLOCK)),
    "timestamp": ("Timestamp", (*_CLOCK, *_CALENDAR)),
}

macro(
    "trino_timetz_micros(x) AS epoch_us(CAST(x AS TIME)) - CAST(extract(timezone FROM x) AS BIGINT) * 1000000",
    "trino_timetz_cut(x, u) AS x - to_microseconds(epoch_us(CAST(x AS TIME)) % u)",
)
macro("trino_clock_cut(x, u) AS x - to_microseconds(((epoch_us(x) % u) + u) % u)")


def _by_unit(call: Call, duckdb: str, build: Callable[[str], str]) -> str:
    """SQL for the unit in the first argument; for one that is no literal, a branch each."""
    name, units = _KINDS[call.args[-1].type.name.removesuffix(" with time zone")]
    unit = call.args[0].constant
    if isinstance(unit, str) and unit.lower() in units:
        return build(unit.lower())
    wrong = failing(
        "INVALID_FUNCTION_ARGUMENT", f"'''' || lower({call.sql(0)}) || ''' is not a valid {name} field'", duckdb
    )
    if isinstance(unit, str):
        return wrong
    branches = " ".join(f"WHEN '{u}' THEN {build(u)}" for u in units)
    return f"CASE lower({call.sql(0)}) {branches} ELSE CASE WHEN {call.sql(0)} IS NOT NULL THEN {wrong} END END"


def _cut(sql: str, unit: str) -> str:
    """A TIMESTAMP cut to a unit; DuckDB's date_trunc needs no help."""
    return f"date_trunc('{unit}', {sql})"


@rule(scalar, "date_trunc", "(varchar, date) -> date")
def _trunc_date(call: Call) -> str:
    return _by_unit(call, "DATE", lambda u: f"CAST({_cut(call.sql(1), u)} AS DATE)" if u != "day" else call.sql(1))


@rule(scalar, "date_trunc", "(varchar, time(p)) -> time(p)")
def _trunc_time(call: Call) -> str:
    return _by_unit(call, "TIME", lambda u: f"CAST({_cut(f'trino_clock({call.sql(1)})', u)} AS TIME)")


@rule(scalar, "date_trunc", "(varchar, time(p) with time zone) -> time(p) with time zone")
def _trunc_timetz(call: Call) -> str:
    return _by_unit(call, "TIMETZ", lambda u: once(call.sql(1), build=lambda x: f"trino_timetz_cut({x}, {_CLOCK[u]})"))


@rule(scalar, "date_trunc", f"(varchar, {STAMP}) -> {STAMP}")
def _trunc_timestamp(call: Call) -> str:
    return _by_unit(call, "TIMESTAMP", lambda u: _cut(call.sql(1), u))


@rule(scalar, "date_trunc", f"(varchar, {ZONED}) -> {ZONED}")
def _trunc_zoned(call: Call) -> str:
    def build(unit: str) -> str:
        if unit in _CALENDAR:
            return in_zone(call.sql(1), lambda local: _cut(local, unit))
        size = _CLOCK[unit]
        if unit != "hour":
            return zones.of_parts(
                call.sql(1), lambda t, z: zones.zoned(once(t, build=lambda x: f"trino_clock_cut({x}, {size})"), z)
            )

        # What the clocks show past the hour is taken off, so that an hour which comes twice stays the one it was.
        def cut(instant: str, local: str) -> str:
            return f"({instant} - ({local} - date_trunc('hour', {local})))"

        return zones.of_parts(
            call.sql(1),
            lambda t, z: zones.zoned(once(t, build=lambda x: once(zones.local(x, z), build=lambda y: cut(x, y))), z),
        )

    return _by_unit(call, "STRUCT(t TIMESTAMPTZ, z VARCHAR)", build)


def _span(unit: str, count: str) -> str:
    """An INTERVAL of `count` (a bigint) units."""
    if unit in _CLOCK:
        return f"to_microseconds({count} * {_CLOCK[unit]})"
    if unit in _MONTHS:
        return f"to_months(CAST({count} * {_MONTHS[unit]} AS INTEGER))"
    return f"to_days(CAST({count} * {7 if unit == 'week' else 1} AS INTEGER))"


@rule(scalar, "date_add", "(varchar, bigint, date) -> date")
def _add_date(call: Call) -> str:
    def build(unit: str) -> str:
        if unit in _MONTHS:
            return f"CAST({call.sql(2)} + {_span(unit, call.sql(1))} AS DATE)"
        return f"({call.sql(2)} + CAST({call.sql(1)} * {7 if unit == 'week' else 1} AS INTEGER))"

    return _by_unit(call, "DATE", build)


@rule(
    scalar,
    "date_add",
    "(varchar, bigint, time(p)) -> time(p)",
    "(varchar, bigint, time(p) with time zone) -> time(p) with time zone",
)
def _add_time(call: Call) -> str:
    return _by_unit(call, call.returns.duckdb, lambda u: f"({call.sql(2)} + {_span(u, f'({call.sql(1)} % 86400000)')})")


@rule(scalar, "date_add", f"(varchar, bigint, {STAMP}) -> {STAMP}")
def _add_timestamp(call: Call) -> str:
    return _by_unit(call, "TIMESTAMP", lambda u: f"({call.sql(2)} + {_span(u, call.sql(1))})")


@rule(scalar, "date_add", f"(varchar, bigint, {ZONED}) -> {ZONED}")
def _add_zoned(call: Call) -> str:
    def build(unit: str) -> str:
        span = _span(unit, call.sql(1))
        if unit in _CLOCK:
            return zones.of_parts(call.sql(2), lambda t, z: zones.zoned(f"({t} + {span})", z))
        return in_zone(call.sql(2), lambda local: f"({local} + {span})")

    return _by_unit(call, "STRUCT(t TIMESTAMPTZ, z VARCHAR)", build)


@rule(scalar, "date_diff", "(varchar, date, date) -> bigint")
def _diff_date(call: Call) -> str:
    first, second = call.sql(1), call.sql(2)

    def build(unit: str) -> str:
        if unit in _MONTHS:
            return f"datesub('{unit}', {first}, {second})"
        return f"({second} - {first})" if unit == "day" else f"(({second} - {first}) // 7)"

    return _by_unit(call, "BIGINT", build)


@rule(scalar, "date_diff", "(varchar, time(p), time(p)) -> bigint", f"(varchar, {STAMP}, {STAMP}) -> bigint")
def _diff_timestamp(call: Call) -> str:
    first, second = call.sql(1), call.sql(2)

    def build(unit: str) -> str:
        if unit in _CLOCK:
            return f"((epoch_us({second}) - epoch_us({first})) // {_CLOCK[unit]})"
        return f"datesub('{unit}', {first}, {second})"

    return _by_unit(call, "BIGINT", build)


@rule(scalar, "date_diff", "(varchar, time(p) with time zone, time(p) with time zone) -> bigint")
def _diff_timetz(call: Call) -> str:
    def build(unit: str) -> str:
        micros = once(
            call.sql(1), call.sql(2), build=lambda a, b: f"(trino_timetz_micros({b}) - trino_timetz_micros({a}))"
        )
        return f"({micros} // {_CLOCK[unit]})"

    return _by_unit(call, "BIGINT", build)


@rule(scalar, "date_diff", f"(varchar, {ZONED}, {ZONED}) -> bigint")
def _diff_zoned(call: Call) -> str:
    """Days and longer are counted by the calendar of the first one's zone."""

    def build(unit: str) -> str:
        second = zones.moment(call.sql(2))
        if unit in _CLOCK:
            return f"((epoch_us({second}) - epoch_us({zones.moment(call.sql(1))})) // {_CLOCK[unit]})"
        return zones.of_parts(
            call.sql(1), lambda t, z: f"datesub('{unit}', {zones.local(t, z)}, {zones.local(second, z)})"
        )

    return _by_unit(call, "BIGINT", build)
