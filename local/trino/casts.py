"""CAST and TRY_CAST between Trino's types, the coercions Trino makes by itself, and texts of values.

Source: https://trino.io/docs/current/functions/conversion.html and Trino's `DoubleOperators`
and `VarcharOperators`.
"""

from decimal import Decimal

from local.trino import textcasts
from local.trino.errors import SqlError
from local.trino.registry import macro
from local.trino.typed import Typed, failing, named, tried
from local.trino.types import VARCHAR, Type, can_coerce, literal, quoted

_NOT_FINITE = failing("INVALID_CAST_ARGUMENT", "'Cannot cast ' || x || ' to ' || target")
macro(
    # Away from zero at a half, as Java's HALF_UP; DuckDB's cast rounds a half to even.
    f"trino_rounded(x, target) AS CASE WHEN isfinite(x) THEN CAST(sign(x) * floor(abs(x) + 0.5) AS HUGEINT) "
    f"WHEN x IS NOT NULL THEN {_NOT_FINITE} END",
    "trino_try_rounded(x) AS CASE WHEN isfinite(x) THEN sign(x) * floor(abs(x) + 0.5) END",
    # Digits of a double as Java's Double.toString gives them: the shortest that read back; an exponent from 1E7 on and
    # below 1E-3.
    "trino_digits(x) AS rtrim(replace(regexp_extract(CAST(abs(x) AS VARCHAR), '^[0-9.]+'), '.', ''), '0')",
    "trino_mantissa(d) AS left(d, 1) || '.' || CASE WHEN length(d) > 1 THEN substr(d, 2) ELSE '0' END",
    "trino_exponent(x) AS CAST(CASE WHEN contains(CAST(x AS VARCHAR), 'e') "
    "THEN CAST(split_part(CAST(x AS VARCHAR), 'e', 2) AS INTEGER) "
    "WHEN abs(x) >= 1 THEN length(split_part(CAST(abs(x) AS VARCHAR), '.', 1)) - 1 "
    "ELSE -1 - length(regexp_extract(CAST(abs(x) AS VARCHAR), '^0\\.(0*)', 1)) END AS VARCHAR)",
    "trino_scientific(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END || trino_mantissa(ltrim(trino_digits(x), '0')) "
    "|| 'E' || trino_exponent(x)",
    "trino_special(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END",
    "trino_double_shown(x) AS CASE WHEN x IS NULL THEN NULL WHEN NOT isfinite(x) THEN trino_special(x) "
    "WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN CAST(x AS VARCHAR) ELSE trino_scientific(x) END",
    # CAST(double AS varchar) is always scientific: `1.5E0`; zero is `0E0`.
    "trino_double_text(x) AS CASE WHEN x IS NULL THEN NULL WHEN NOT isfinite(x) THEN trino_special(x) WHEN x = 0 "
    "THEN CASE WHEN CAST(x AS VARCHAR) LIKE '-%' THEN '-0E0' ELSE '0E0' END ELSE trino_scientific(x) END",
)


def coerce(value: Typed, to: Type, node: object = None) -> Typed:
    """What Trino does by itself where a `to` is needed. Raises SqlError with TYPE_MISMATCH."""
    if value.type == to:
        return value
    if not can_coerce(value.type, to) and not (value.type.is_text and to.is_text):
        raise SqlError("TYPE_MISMATCH", f"Cannot coerce {value.type} to {to}", node)
    if isinstance(value.constant, int) and not isinstance(value.constant, bool) and to.is_integer:
        return Typed(f"CAST({value.sql} AS {to.duckdb})", to, value.constant)
    if value.type.is_text and to.name == "varchar":
        return Typed(value.sql, to, value.constant)
    return cast(value, to)


def cast(value: Typed, to: Type, node: object = None) -> Typed:
    """CAST. Raises SqlError with TYPE_MISMATCH when Trino has no cast between the types."""
    found = _cast(value, to)
    if found is None:
        raise SqlError("TYPE_MISMATCH", f"Cannot cast {value.type} to {to}", node)
    return Typed(found, to)


def try_cast(value: Typed, to: Type, node: object = None) -> Typed:
    """TRY_CAST: NULL where CAST fails. Raises SqlError when Trino has no cast between the types.

    The common ones have SQL of their own: DuckDB's TRY goes row by row once a value has failed.
    """
    failing_cast = cast(value, to, node).sql
    if value.type.is_text and (read := textcasts.read(value.sql, to, is_try=True)) is not None:
        return Typed(read, to)
    if value.type.is_number and to.is_number and value.type != to:
        is_rounded = value.type.name in ("double", "real") and to.is_integer
        return Typed(f"TRY_CAST({f'trino_try_rounded({value.sql})' if is_rounded else value.sql} AS {to.duckdb})", to)
    return Typed(failing_cast if failing_cast == value.sql else tried(failing_cast), to)


def _cast(value: Typed, to: Type) -> str | None:
    given, sql = value.type, value.sql
    if given == to:
        return sql
    if given.name == "unknown":
        return f"CAST(NULL AS {to.duckdb})"
    if "json" in (given.name, to.name):
        from local.trino import json_casts

        return json_casts.to_json(value) if to.name == "json" else json_casts.from_json(value, to)
    if to.is_text:
        return _to_text(value, to)
    if given.is_text:
        return _from_varchar(value, to)
    if given.of or to.of:
        return _nested(value, to)
    if given.name in _TIMES and to.name in _TIMES:
        from local.trino import zones

        return zones.cast(value, to)
    if given.is_number and to.is_number:
        return _number(value, to)
    if given.name == "boolean" and to.is_number:
        return f"CAST({sql} AS {to.duckdb})" if to.name != "decimal" else f"CAST(CAST({sql} AS TINYINT) AS {to.duckdb})"
    if given.is_number and to.name == "boolean":
        return f"({sql} <> 0)"
    if (given.name, to.name) == ("uuid", "varbinary"):
        return f"from_hex(replace(CAST({sql} AS VARCHAR), '-', ''))"
    return sql if {given.name, to.name} == {"hyperloglog", "varbinary"} else None


_TIMES = ("date", "time", "timestamp", "timestamp with time zone", "time with time zone")


def _number(value: Typed, to: Type) -> str:
    given, sql = value.type, value.sql
    if given.name in ("double", "real") and to.is_integer:
        return f"CAST(trino_rounded({sql}, {literal(to.name)}) AS {to.duckdb})"
    if isinstance(value.constant, Decimal) and to.name == "double":
        return f"CAST('{value.constant}' AS DOUBLE)"
    return f"CAST({sql} AS {to.duckdb})"


def _from_varchar(value: Typed, to: Type) -> str | None:
    sql = value.sql
    if (read := textcasts.read(sql, to)) is not None:
        return read
    if to.name in _TIMES:
        from local.trino import zones

        return zones.from_text(value, to)
    if to.name == "ipaddress":
        return sql
    if to.name == "varbinary" and value.type.name == "varchar":
        return f"encode({sql})"
    return None


def _to_text(value: Typed, to: Type) -> str | None:
    if value.type.is_text:
        text: str | None = value.sql
    else:
        text = _text(value)
        if text is not None and to.args and to.name == "varchar":
            return _fitting(text, to)
    if text is None or not to.args:
        return text
    cut = f"left({text}, {to.args[0]})"
    if value.type.is_text and value.type.args and value.type.args[0] <= to.args[0]:
        cut = text
    return f"rpad({cut}, {to.args[0]}, ' ')" if to.name == "char" else cut


def _fitting(text: str, to: Type) -> str:
    """Only text is cut to its length; other values must fit."""
    name = named("f", text, to)
    problem = failing("INVALID_CAST_ARGUMENT", f"'Value ' || {name} || ' cannot be represented as {to}'", "VARCHAR")
    body = f"CASE WHEN length({name}) <= {to.args[0]} THEN {name} ELSE {problem} END"
    return f"list_transform([{text}], lambda {name}: {body})[1]"


def to_varchar(value: Typed) -> Typed:
    """CAST(value AS varchar). Raises SqlError when there is no such cast."""
    return cast(value, VARCHAR)


def _text(value: Typed) -> str | None:
    """CAST(value AS varchar) for what is not text."""
    kind, sql = value.type, value.sql
    if kind.name in ("double", "real"):
        return f"trino_double_text({sql})"
    if kind.name.startswith("interval"):
        from local.trino import intervals

        return intervals.shown(sql, kind)
    if kind.name in _TIMES:
        from local.trino import zones

        return zones.to_text(value)
    if kind.name == "decimal":
        return _decimal_text(sql, kind)
    if kind.is_number or kind.name in ("boolean", "uuid", "ipaddress"):
        return f"CAST({sql} AS VARCHAR)"
    return None


def _decimal_text(sql: str, kind: Type) -> str:
    """A decimal's text: DuckDB leaves the zero before the point out when there are only decimals."""
    text = f"CAST({sql} AS VARCHAR)"
    return text if kind.args[0] > kind.args[1] else f"replace(regexp_replace({text}, '^(-?)[.]', '\\1:.'), ':', '0')"


def _nested(value: Typed, to: Type) -> str | None:
    given, sql = value.type, value.sql
    if given.name != to.name or len(given.of) != len(to.of):
        return None
    name = named("e", sql, to)
    if given.name == "array":
        inner = _cast(Typed(name, given.of[0]), to.of[0])
        if inner is None:
            return None
        return sql if inner == name else f"list_transform({sql}, lambda {name}: {inner})"
    if given.name == "map":
        key, held = (_cast(Typed(f"{name}.{n}", given.of[i]), to.of[i]) for i, n in enumerate(("key", "value")))
        if key is None or held is None:
            return None
        return f"map_from_entries(list_transform(map_entries({sql}), lambda {name}: {{'key': {key}, 'value': {held}}}))"
    parts = []
    for old, new, a, b in zip(given.names, to.names, given.of, to.of, strict=True):
        inner = _cast(Typed(f"struct_extract({name}, {literal(old)})", a), b)
        if inner is None:
            return None
        parts.append(f"{quoted(new)} := {inner}")
    body = f"CASE WHEN {name} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    return f"list_transform([{sql}], lambda {name}: {body})[1]"


def shown(sql: str, kind: Type) -> str:
    """SQL of the text that Athena's results have for a value."""
    if kind.is_text or kind.name in ("json", "ipaddress"):
        return sql if kind.is_text else f"CAST({sql} AS VARCHAR)"
    if kind.name in ("double", "real"):
        return f"trino_double_shown({sql})"
    if kind.name == "varbinary":
        return f"trim(regexp_replace(lower(hex({sql})), '(..)', '\\1 ', 'g'))"
    if kind.name in _TIMES[1:]:
        from local.trino import zones

        return zones.shown(sql, kind)
    if kind.name.startswith("interval"):
        from local.trino import intervals

        return intervals.shown(sql, kind)
    if kind.name == "decimal":
        return _decimal_text(sql, kind)
    name = named("v", sql, kind)
    if kind.name == "array":
        inner = shown(name, kind.of[0])
        each = f"list_transform({sql}, lambda {name}: coalesce({inner}, 'null'))"
        return f"'[' || array_to_string({each}, ', ') || ']'"
    if kind.name == "map":
        pair = f"{shown(f'{name}.key', kind.of[0])} || '=' || coalesce({shown(f'{name}.value', kind.of[1])}, 'null')"
        return f"'{{' || array_to_string(list_transform(map_entries({sql}), lambda {name}: {pair}), ', ') || '}}'"
    if kind.name == "row":
        parts = [
            f"{literal(n + '=')} || coalesce({shown(f'struct_extract({name}, {literal(n)})', t)}, 'null')"
            for n, t in zip(kind.names, kind.of, strict=True)
        ]
        body = f"CASE WHEN {name} IS NOT NULL THEN '{{' || {_joined(parts)} || '}}' END"
        return f"list_transform([{sql}], lambda {name}: {body})[1]"
    return f"CAST({sql} AS VARCHAR)"


def _joined(parts: list[str]) -> str:
    return " || ', ' || ".join(parts)
