"""date_format, date_parse, format_datetime, parse_datetime and ISO 8601 texts.

Source: https://trino.io/docs/current/functions/datetime.html and Trino's DateTimeFunctions. A format of date_format and
format_datetime must be a literal.
"""

from local.trino import timeformats, timeparsing, zones
from local.trino.functions.datetime import STAMP, ZONED
from local.trino.registry import Call, macro, rule, scalar, udf
from local.trino.timeformats import Token
from local.trino.typed import Typed, failing_with, once
from local.trino.types import Type, literal

_SPLIT = "STRUCT(ts TIMESTAMP, z VARCHAR)"
udf("trino_date_parse", timeparsing.date_parse, ["VARCHAR", "VARCHAR"], "TIMESTAMP")
udf("trino_parse_datetime", timeparsing.parse_datetime, ["VARCHAR", "VARCHAR"], _SPLIT)
udf("trino_iso_timestamp", timeparsing.iso_timestamp, ["VARCHAR"], _SPLIT)
udf("trino_iso_date", timeparsing.iso_date, ["VARCHAR"], "DATE")
udf("trino_zone_short", timeparsing.abbreviation, ["VARCHAR", "TIMESTAMP"], "VARCHAR")
macro(
    "trino_at_least(n, w) AS CASE WHEN n < 0 THEN '-' ELSE '' END || "
    "lpad(CAST(abs(n) AS VARCHAR), CAST(greatest(w, length(CAST(abs(n) AS VARCHAR))) AS INTEGER), '0')",
    # DuckDB's strptime passes over spaces that Joda does not, and takes a tab for one.
    r"trino_is_tight(x) AS NOT regexp_matches(x, '^ | $|  |[\t\n\r\f\v]')",
    "trino_offset_digits(m, colon) AS CASE WHEN m < 0 THEN '-' ELSE '+' END || "
    "format('{:02d}{}{:02d}', abs(m) // 60, colon, abs(m) % 60)",
    "trino_iso_offset(m) AS CASE m WHEN 0 THEN 'Z' ELSE trino_offset_digits(m, ':') END",
    r"trino_iso_utc(x) AS TRY_CAST(CASE WHEN regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}"
    r":[0-9]{2}(\.[0-9]{1,3})?Z') THEN x END AS TIMESTAMPTZ)",
    "trino_iso_day(x) AS coalesce(TRY_CAST(CASE WHEN regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN x END "
    "AS DATE), trino_iso_date(x))",
)

_NUMBERS = {
    "year": "year({x})", "weekyear": "isoyear({x})", "weekOfWeekyear": "week({x})", "monthOfYear": "month({x})",
    "dayOfMonth": "day({x})", "dayOfYear": "dayofyear({x})", "dayOfWeek": "isodow({x})", "hourOfDay": "hour({x})",
    "hourOfHalfday": "(hour({x}) % 12)", "clockhourOfHalfday": "((hour({x}) + 11) % 12 + 1)",
    "clockhourOfDay": "((hour({x}) + 23) % 24 + 1)", "minuteOfHour": "minute({x})", "secondOfMinute": "second({x})",
    "centuryOfEra": "(year({x}) // 100)", "weekyear2": "(isoyear({x}) % 100)",
}  # fmt: skip


def _wrong(message: str, kind: str) -> str:
    return f"CAST(CAST({failing_with('INVALID_FUNCTION_ARGUMENT', message)} AS VARCHAR) AS {kind})"


def _printed(tokens: tuple[Token, ...], x: str, zone: str = zones.UTC, instant: str = "NULL") -> str:
    """SQL of a local time `x` (and its zone and instant) printed; runs that strftime knows are one call."""
    parts: list[str] = []
    run = ""
    for token in tokens:
        directive = timeformats.strftime(token)
        if directive is not None:
            run += directive
            continue
        if run:
            parts.append(f"strftime({x}, {literal(run)})")
            run = ""
        parts.append(_piece(token, x, zone, instant))
    if run:
        parts.append(f"strftime({x}, {literal(run)})")
    return f"({' || '.join(parts)})"


def _piece(token: Token, x: str, zone: str, instant: str) -> str:
    if token.field == "fraction":
        return f"left(strftime({x}, '%g'), {token.least})"
    if token.field == "era":
        return f"CASE WHEN year({x}) > 0 THEN 'AD' ELSE 'BC' END"
    if token.field == "zone_id":
        return zone
    if token.field == "zone_short":
        return f"trino_zone_short({zone}, CAST({instant} AS TIMESTAMP))"
    if token.field in ("offset", "offset_colon"):
        colon = ":" if token.field == "offset_colon" else ""
        return f"trino_offset_digits((epoch_us({x}) - epoch_us({instant})) // 60000000, '{colon}')"
    return f"trino_at_least({_NUMBERS[token.field].format(x=x)}, {token.least})"


def _tokens(call: Call) -> tuple[Token, ...] | str:
    """The tokens of a call's format, or what is wrong with it."""
    pattern = call.text(1)
    try:
        found = timeformats.mysql(pattern) if call.name == "date_format" else timeformats.joda(pattern)
    except ValueError as error:
        return str(error)
    fields = {t.field for t in found}
    if "zone_long" in fields:
        return "Long names of time zones ('zzzz') are not supported"
    if call.args[0].type.name == "timestamp" and fields & timeformats.ZONES:
        return (
            "format_datetime for TIMESTAMP type, cannot use 'Z' nor 'z' in format, as this type does not contain TZ "
            "information"
        )
    return found


@rule(scalar, "date_format", f"({STAMP}, varchar) -> varchar", f"({ZONED}, varchar) -> varchar")
@rule(scalar, "format_datetime", f"({STAMP}, varchar) -> varchar", f"({ZONED}, varchar) -> varchar")
def _format(call: Call) -> str:
    tokens, value = _tokens(call), call.sql(0)
    if isinstance(tokens, str):
        return _wrong(tokens, "VARCHAR")
    if call.args[0].type.name == "timestamp":
        return once(value, build=lambda x: _printed(tokens, x))
    if {t.field for t in tokens} & timeformats.ZONES:
        return zones.of_parts(
            value,
            lambda t, z: once(
                t, z, build=lambda i, n: once(zones.local(i, n), build=lambda x: _printed(tokens, x, n, i))
            ),
        )
    return once(zones.local_time(value), build=lambda x: _printed(tokens, x))


@rule(scalar, "date_parse", "(varchar, varchar) -> timestamp(3)")
def _date_parse(call: Call) -> str:
    pattern = call.args[1].constant
    if not isinstance(pattern, str):
        return f"trino_date_parse({call.sql(0)}, {call.sql(1)})"
    try:
        tokens = timeformats.mysql(pattern)
    except ValueError as error:
        return _wrong(str(error), "TIMESTAMP")
    slow = "trino_date_parse({x}, " + literal(pattern).replace("{", "{{").replace("}", "}}") + ")"
    return _read(call.sql(0), tokens, slow)


def _read(text: str, tokens: tuple[Token, ...], slow: str) -> str:
    """SQL of a text read by DuckDB where that is right, else by the Python function `slow`, which also knows errors."""
    fast = timeformats.strptime(tokens)
    if fast is None:
        return slow.format(x=text)
    kept = "CASE WHEN trino_is_tight({x}) THEN try_strptime({x}, {fast}) END"

    def build(x: str) -> str:
        read = kept.format(x=x, fast=literal(fast))
        if "%f" in fast:
            read = f"date_trunc('millisecond', {read})"
        return f"coalesce({read}, {slow.format(x=x)})"

    return once(text, build=build)


@rule(scalar, "parse_datetime", "(varchar, varchar) -> timestamp(3) with time zone")
def _parse_datetime(call: Call) -> str:
    pattern = call.args[1].constant
    slow = f"trino_parse_datetime({call.sql(0)}, {call.sql(1)})"
    if isinstance(pattern, str):
        try:
            tokens = timeformats.joda(pattern)
        except ValueError as error:
            return _wrong(str(error), "STRUCT(t TIMESTAMPTZ, z VARCHAR)")
        if timeformats.strptime(tokens) is not None:
            made = "(trino_parse_datetime({x}, " + literal(pattern).replace("{", "{{").replace("}", "}}") + ")).ts"
            return zones.zoned(zones.instant(_read(call.sql(0), tokens, made), zones.UTC), zones.UTC)
    return _joined(slow)


def _joined(split: str, time: str = "read.ts") -> str:
    return f"list_transform([{split}], lambda read: trino_zoned_at({time}, read.z))[1]"


@rule(scalar, "from_iso8601_timestamp", "(varchar) -> timestamp(3) with time zone")
@rule(scalar, "from_iso8601_timestamp_nanos", "(varchar) -> timestamp(9) with time zone")
def _from_iso(call: Call) -> str:
    def build(x: str) -> str:
        cut = "date_trunc('millisecond', read.ts)" if call.name == "from_iso8601_timestamp" else "read.ts"
        return f"coalesce(trino_zoned(trino_iso_utc({x}), 'UTC'), {_joined(f'trino_iso_timestamp({x})', cut)})"

    return once(call.sql(0), build=build)


@rule(scalar, "from_iso8601_date", "(varchar) -> date")
def _from_iso_date(call: Call) -> str:
    return once(call.sql(0), build=lambda x: f"trino_iso_day({x})")


@rule(scalar, "to_iso8601", "(date) -> varchar", f"({STAMP}) -> varchar", f"({ZONED}) -> varchar")
def _to_iso(call: Call) -> Typed:
    kind, value = call.args[0].type, call.sql(0)
    if kind.name == "date":
        return Typed(f"CAST({value} AS VARCHAR)", Type("varchar", (16,)))
    digits = kind.args[0] if kind.args else 3
    size = digits + min(digits, 1)
    if kind.name == "timestamp":
        text = zones.to_text(call.args[0])
        return Typed(f"replace({text}, ' ', 'T')", Type("varchar", (22 + size,)))

    def build(t: str, z: str) -> str:
        stamp = Type("timestamp", kind.args)
        if z == zones.UTC:
            return f"(replace({zones.to_text(Typed(zones.local(t, z), stamp))}, ' ', 'T') || 'Z')"
        return once(t, z, build=lambda i, n: once(zones.local(i, n), build=lambda x: with_offset(x, i)))

    def with_offset(local: str, instant: str) -> str:
        text = zones.to_text(Typed(local, Type("timestamp", kind.args)))
        return f"(replace({text}, ' ', 'T') || trino_iso_offset((epoch_us({local}) - epoch_us({instant})) // 60000000))"

    return Typed(zones.of_parts(value, build), Type("varchar", (28 + size,)))
