"""Times: casts among date, time, timestamp and their zoned kinds, their texts and literals.

A `timestamp with time zone` is STRUCT(t TIMESTAMPTZ, z VARCHAR): the instant and the zone's name in Trino's form
(`UTC`, `America/New_York`, `+05:30`). Its SQL is mostly `trino_zoned(<instant>, <zone>)`, so that functions of it are
written of the two parts. Sources: https://trino.io/docs/current/language/types.html#date-and-time, Trino's TimeZoneKey
and DateTimes. DuckDB keeps microseconds: digits beyond six are zero. The session's zone is UTC.
"""

import re
from collections.abc import Callable

from local.trino.registry import macro, udf
from local.trino.textcasts import reading
from local.trino.timezones import minutes_of, normalized
from local.trino.typed import Typed, failing, failing_with, once
from local.trino.types import Type, literal

UTC = "'UTC'"
MICROS = 6
_STRUCT = "STRUCT(t TIMESTAMPTZ, z VARCHAR)"
_CLOCK = r"(?:[01]?[0-9]|2[0-3]):[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]+)?)?"
_DATE = r"[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}"
_PARTS = rf"^\s*({_DATE}(?: {_CLOCK})?)\s*([A-Za-z+-][^ ]*)?\s*$"


def _unreadable(kind: str, duckdb: str) -> str:
    return failing("INVALID_CAST_ARGUMENT", f"'Value cannot be cast to {kind}: ' || x", duckdb)


def _from_text(name: str, pattern: str, duckdb: str) -> tuple[str, str]:
    kept = rf"TRY_CAST(CASE WHEN regexp_full_match(x, '\s*{pattern}\s*') THEN trim(x) END AS {duckdb})"
    return reading(name, duckdb, kept, f"'Value cannot be cast to {name}: ' || x")


macro(
    "trino_zoned(t, z) AS CASE WHEN t IS NOT NULL AND z IS NOT NULL "
    "THEN struct_pack(t := CAST(t AS TIMESTAMPTZ), z := CAST(z AS VARCHAR)) END",
    "trino_zoned_once(t, z) AS list_transform([struct_pack(t := CAST(t AS TIMESTAMPTZ), z := CAST(z AS VARCHAR))], "
    "lambda at_once: CASE WHEN at_once.t IS NOT NULL AND at_once.z IS NOT NULL THEN at_once END)[1]",
    "trino_offset(z) AS (CASE WHEN z[1] = '-' THEN -1 ELSE 1 END) * "
    "(CAST(z[2:3] AS INTEGER) * 60 + CAST(z[5:6] AS INTEGER))",
    "trino_local(t, z) AS CASE WHEN z = 'UTC' THEN CAST(t AS TIMESTAMP) "
    "WHEN z[1] IN ('+', '-') THEN CAST(t AS TIMESTAMP) + to_minutes(trino_offset(z)) ELSE timezone(z, t) END",
    # Where clocks go back Java takes the earlier of the two instants, ICU the later one, which an hour before does not.
    "trino_region_instant(x, z) AS least(timezone(z, x), timezone(z, x - to_hours(1)) + to_hours(1))",
    "trino_instant(x, z) AS CASE WHEN z = 'UTC' THEN CAST(x AS TIMESTAMPTZ) WHEN z[1] IN ('+', '-') "
    "THEN CAST(x - to_minutes(trino_offset(z)) AS TIMESTAMPTZ) ELSE trino_region_instant(x, z) END",
    # Rounds a timestamp, zoned or not, to units of `u` microseconds.
    "trino_to_unit(x, u) AS x + to_microseconds(u // 2) - to_microseconds((((epoch_us(x) + u // 2) % u) + u) % u)",
    "trino_clock(x) AS DATE '1970-01-01' + x",
    "trino_clock_offset(x) AS (CASE WHEN extract(timezone FROM x) < 0 THEN '-' ELSE '+' END) || "
    "format('{:02d}:{:02d}', abs(extract(timezone FROM x)) // 3600, abs(extract(timezone FROM x)) // 60 % 60)",
    *_from_text("date", _DATE, "DATE"),
    *_from_text("timestamp", rf"{_DATE}(?: {_CLOCK})?", "TIMESTAMP"),
    *_from_text("time", _CLOCK, "TIME"),
    rf"trino_text_to_timetz(x) AS coalesce(TRY_CAST(CASE WHEN regexp_full_match(x, '{_CLOCK}') THEN x || '+00' "
    rf"WHEN regexp_full_match(x, '{_CLOCK}\s*[+-][0-9]{{2}}:[0-9]{{2}}') THEN x END AS TIMETZ), "
    f"CASE WHEN x IS NOT NULL THEN {_unreadable('time with time zone', 'TIMETZ')} END)",
    "trino_zoned_at(x, z) AS trino_zoned(trino_instant(x, z), z)",
    "trino_parts_to_zoned(x, ts, z) AS CASE WHEN x IS NULL THEN NULL "
    f"WHEN ts = '' OR TRY_CAST(ts AS TIMESTAMP) IS NULL THEN {_unreadable('timestamp with time zone', _STRUCT)} "
    "WHEN z IN ('', 'UTC', 'Z') THEN trino_zoned_at(TRY_CAST(ts AS TIMESTAMP), 'UTC') "
    "ELSE trino_zoned_at(TRY_CAST(ts AS TIMESTAMP), trino_zone(z)) END",
    f"trino_text_to_zoned(text) AS list_transform([struct_pack(x := text, m := regexp_extract(text, {literal(_PARTS)}, "
    "['ts', 'z']))], lambda written: trino_parts_to_zoned(written.x, written.m.ts, written.m.z))[1]",
)
udf("trino_zone", normalized, ["VARCHAR"], "VARCHAR")


def zone_name(value: Typed) -> str:
    """SQL of the name in Trino's form of the zone that an argument gives; it fails for what is no zone."""
    if not isinstance(value.constant, str):
        return f"trino_zone({value.sql})"
    try:
        return literal(normalized(value.constant))
    except ValueError:
        return failing_with("INVALID_FUNCTION_ARGUMENT", f"'{value.constant}' is not a valid time zone", "VARCHAR")


def zoned(instant: str, zone: str) -> str:
    """SQL of a timestamp with time zone; NULL when a part is."""
    is_plain = all(
        re.fullmatch(r"""[\w."]+|'[^']*'|CAST\((\w+ '[^']*'|[\w."]+) AS \w+\)""", part) for part in (instant, zone)
    )
    return f"trino_zoned{'' if is_plain else '_once'}({instant}, {zone})"


def of_parts(value: str, build: Callable[[str, str], str]) -> str:
    """SQL of something built of the instant and the zone of a zoned value; `build` may repeat the zone only."""
    found = _split(value)
    if found is not None and found[1].startswith("'"):
        return build(*found)
    return once(value, build=lambda v: build(_instant_of(v), f"({v}).z"))


def moment(value: str) -> str:
    """SQL of the instant of a zoned value."""
    found = _split(value)
    return found[0] if found else _instant_of(value)


def _instant_of(value: str) -> str:
    """The cast says the type where the value is a NULL, whose fields have none for DuckDB."""
    return f"CAST(({value}).t AS TIMESTAMPTZ)"


def local_time(value: str) -> str:
    """SQL of what the clocks of its own zone show at a zoned value."""
    return of_parts(value, local)


def local(instant: str, zone: str) -> str:
    """SQL of what the clocks of `zone` show at an instant, as TIMESTAMP."""
    if zone == UTC:
        return f"CAST({instant} AS TIMESTAMP)"
    if zone.startswith(("'+", "'-")):
        return f"(CAST({instant} AS TIMESTAMP) + to_minutes({minutes_of(zone[1:-1])}))"
    if zone.startswith("'"):
        return f"timezone({zone}, {instant})"
    return once(instant, zone, build=lambda t, z: f"trino_local({t}, {z})")


def instant(time: str, zone: str) -> str:
    """SQL of the instant at which the clocks of `zone` show a TIMESTAMP (in a gap: later by its length)."""
    if zone == UTC:
        return f"CAST({time} AS TIMESTAMPTZ)"
    if zone.startswith(("'+", "'-")):
        return f"CAST({time} - to_minutes({minutes_of(zone[1:-1])}) AS TIMESTAMPTZ)"
    if zone.startswith("'"):
        return once(time, build=lambda t: f"trino_region_instant({t}, {zone})")
    return once(time, zone, build=lambda t, z: f"trino_instant({t}, {z})")


def _split(sql: str) -> tuple[str, str] | None:
    """The two arguments of a text that is one `trino_zoned(a, b)`."""
    head = next((h for h in ("trino_zoned(", "trino_zoned_once(") if sql.startswith(h)), None)
    if head is None:
        return None
    depth, in_text, comma = 1, False, None
    for at in range(len(head), len(sql)):
        ch = sql[at]
        in_text = in_text != (ch == "'")
        if in_text:
            continue
        depth += (ch in "([{") - (ch in ")]}")
        if ch == "," and depth == 1:
            comma = at
        if depth == 0:
            return (sql[len(head) : comma], sql[comma + 2 : at]) if comma and at == len(sql) - 1 else None
    return None


def to_digits(sql: str, digits: int, given: int) -> str:
    """SQL of a TIMESTAMP or TIMESTAMPTZ of `given` digits of a second rounded to `digits`."""
    unit = 10 ** max(0, MICROS - digits)
    return sql if digits >= min(given, MICROS) else once(sql, build=lambda x: f"trino_to_unit({x}, {unit})")


def _digits(kind: Type) -> int:
    return kind.args[0] if kind.args else 3


def cast(value: Typed, to: Type) -> str | None:
    """SQL of a cast among date, time, timestamp and their zoned kinds; None where Trino has none."""
    given, sql = value.type, value.sql
    if to.name == "timestamp with time zone":
        if given.name == to.name:
            if _digits(to) >= min(_digits(given), MICROS):
                return sql
            return of_parts(sql, lambda t, z: zoned(to_digits(t, _digits(to), _digits(given)), z))
        stamp = cast(value, Type("timestamp", to.args))
        return None if stamp is None else zoned(f"CAST({stamp} AS TIMESTAMPTZ)", UTC)
    if given.name == "timestamp with time zone":
        here = Typed(local_time(sql), Type("timestamp", given.args))
        return here.sql if to == here.type else cast(here, to)
    if to.name == "timestamp":
        if given.name == "timestamp":
            return to_digits(sql, _digits(to), _digits(given))
        return f"CAST({sql} AS TIMESTAMP)" if given.name == "date" else None
    if to.name == "date":
        return f"CAST({sql} AS DATE)" if given.name == "timestamp" else None
    if to.name == "time":
        if given.name == "date":
            return None
        clock = f"trino_clock(CAST({sql} AS TIME))"
        return f"CAST({to_digits(clock, _digits(to), _digits(given))} AS TIME)"
    return f"CAST({sql} AS TIMETZ)" if given.name in ("time", "time with time zone") else None


def from_text(value: Typed, to: Type) -> str:
    """SQL of CAST(varchar AS to) for a time; it fails with Trino's `Value cannot be cast to ...`."""
    sql = value.sql
    if to.name == "timestamp with time zone":
        return cast(Typed(f"trino_text_to_zoned({sql})", Type(to.name, (MICROS,))), to) or ""
    if to.name == "time with time zone":
        return f"trino_text_to_timetz({sql})"
    return read(sql, to, "trino_text_to_")


def read(sql: str, to: Type, word: str) -> str:
    """SQL of a text as a date, time or timestamp, by the macro whose name begins with `word`."""
    made = once(sql, build=lambda x: f"{word}{to.name}({x})")
    return to_digits(made, _digits(to), MICROS) if to.name == "timestamp" else made


def to_text(value: Typed) -> str:
    """SQL of CAST(value AS varchar): as many digits of a second as the type has."""
    return _text(value.sql, value.type, _digits(value.type))


def shown(sql: str, kind: Type) -> str:
    """SQL of the text in Athena's results: a timestamp there has three digits of a second at least."""
    return _text(sql, kind, max(3, _digits(kind)) if kind.name.startswith("timestamp") else _digits(kind))


def _text(sql: str, kind: Type, digits: int) -> str:
    fraction = {0: "", 3: ".%g"}.get(digits, ".%f")
    if kind.name == "date":
        return f"CAST({sql} AS VARCHAR)"
    if kind.name == "timestamp with time zone":
        return of_parts(sql, lambda t, z: f"({_text(local(t, z), Type('timestamp'), digits)} || ' ' || {z})")
    if kind.name == "time with time zone":
        return once(
            sql, build=lambda x: f"({_text(f'CAST({x} AS TIME)', Type('time'), digits)} || trino_clock_offset({x}))"
        )
    if kind.name == "time":
        made = f"strftime(trino_clock({sql}), '%H:%M:%S{fraction}')"
    else:
        made = f"strftime({sql}, '%Y-%m-%d %H:%M:%S{fraction}')"
    if digits in (0, 3, MICROS):
        return made
    return f"({made} || '{'0' * (digits - MICROS)}')" if digits > MICROS else f"left({made}, -{MICROS - digits})"
