"""Casts to and from JSON.

Source: https://trino.io/docs/current/functions/json.html, "Cast to JSON" and "Cast from JSON", and Trino's JsonUtil. A
row becomes an object with its fields' names (https://docs.aws.amazon.com/athena/latest/ug/engine-versions-reference-0003.html),
and is read from an object, whatever the case of its keys, or from an array by place.
"""

from local.trino.registry import macro
from local.trino.typed import Typed, failing, let, named
from local.trino.types import Type, literal, quoted

_Q = "''"  # a quote in a SQL literal
_INTEGERS = ("tinyint", "smallint", "integer", "bigint")
_KEYS = ("boolean", *_INTEGERS, "real", "double", "decimal", "varchar", "unknown")


def _cannot(name: str, duckdb: str) -> str:
    """SQL that fails for the JSON text `t`; a decimal's text is in `shown`."""
    shown = "shown" if name == "decimal" else literal(name)
    return failing("INVALID_CAST_ARGUMENT", f"'Cannot cast {_Q}' || t || '{_Q} to ' || {shown}", duckdb)


def _macro(name: str, duckdb: str, *, text: str, true: str, false: str, number: str) -> str:
    """A macro from JSON `j` and its text `t` to a type; that of decimals is also told how the type is `shown`."""
    return (
        f"trino_json_to_{name}(j, t{', shown' if name == 'decimal' else ''}) AS "
        f"CASE WHEN t IS NULL OR t = 'null' THEN NULL WHEN starts_with(t, '\"') THEN {text} "
        f"WHEN t = 'true' THEN {true} WHEN t = 'false' THEN {false} "
        f"WHEN starts_with(t, '[') OR starts_with(t, '{{') THEN {_cannot(name, duckdb)} ELSE {number} END"
    )


def _integer(name: str) -> str:
    kind = name.upper()
    out = failing("NUMERIC_VALUE_OUT_OF_RANGE", f"'Out of range for {name}: ' || t", kind)
    rounded = "sign(TRY_CAST(t AS DOUBLE)) * floor(abs(TRY_CAST(t AS DOUBLE)) + 0.5)"
    return _macro(
        name, kind, text=f"trino_text_to_{name}(j ->> '$')", true="1", false="0",
        number="CASE WHEN regexp_full_match(t, '-?[0-9]+') "
        f"THEN coalesce(TRY_CAST(t AS {kind}), {_cannot(name, kind)}) "
        f"ELSE coalesce(TRY_CAST({rounded} AS {kind}), {out}) END",
    )  # fmt: skip


macro(
    *(_integer(name) for name in _INTEGERS),
    _macro("double", "DOUBLE", text="trino_text_to_double(j ->> '$')", true="1", false="0", number="CAST(t AS DOUBLE)"),
    _macro("real", "FLOAT", text="trino_text_to_real(j ->> '$')", true="1.0", false="0.0", number="CAST(t AS FLOAT)"),
    _macro("boolean", "BOOLEAN", text="trino_text_to_boolean(j ->> '$')", true="true", false="false",
           number="CASE WHEN regexp_full_match(t, '-?[0-9]+') AND TRY_CAST(t AS BIGINT) IS NULL "
           f"THEN {_cannot('boolean', 'BOOLEAN')} ELSE CAST(t AS DOUBLE) <> 0 END"),
    _macro("varchar", "VARCHAR", text="j ->> '$'", true="'true'", false="'false'",
           number="CASE WHEN regexp_full_match(t, '-?[0-9]+') THEN t ELSE trino_double_text(CAST(t AS DOUBLE)) END"),
    "trino_json_double(x) AS CASE WHEN isfinite(x) THEN trino_double_shown(x) ELSE '\"' || "
    "trino_double_shown(x) || '\"' END",
    # The text of a decimal; what it does not fit fails at the cast.
    _macro("decimal", "VARCHAR", text="CASE WHEN TRY_CAST(j ->> '$' AS DOUBLE) IS NULL "
           f"THEN {_cannot('decimal', 'VARCHAR')} ELSE j ->> '$' END", true="'1'", false="'0'", number="t"),
)  # fmt: skip


def to_json(value: Typed) -> str | None:
    """CAST(value AS JSON); None when Trino has no such cast."""
    if value.type.name == "json":
        return value.sql
    text = _text(value.sql, value.type)
    return None if text is None else f"CAST({text} AS JSON)"


def text(value: Typed) -> str | None:
    """SQL of the JSON text of a value, NULL for NULL; None when Trino has no such cast."""
    return _text(value.sql, value.type)


def _text(sql: str, kind: Type) -> str | None:
    """SQL of the JSON text of a value, NULL for NULL."""
    if kind.name == "unknown":
        return "CAST(NULL AS VARCHAR)"
    if kind.name in ("double", "real"):
        return f"trino_json_double({sql})"
    if kind.name == "boolean" or kind.name in _INTEGERS or kind.name in ("decimal", "json"):
        return f"CAST({sql} AS VARCHAR)"
    if kind.name == "varchar":
        return f"CAST(to_json({sql}) AS VARCHAR)"
    if kind.name == "date":
        return f"('\"' || CAST({sql} AS VARCHAR) || '\"')"
    if kind.name == "timestamp":
        from local.trino import zones

        return f"('\"' || {zones.shown(sql, kind)} || '\"')"
    return _nested_text(sql, kind)


def _nested_text(sql: str, kind: Type) -> str | None:
    name = named("js", sql, kind)
    if kind.name == "array":
        inner = _text(name, kind.of[0])
        return (
            inner
            and f"('[' || array_to_string(list_transform({sql}, lambda {name}: coalesce({inner}, 'null')), ',') || ']')"
        )
    if kind.name == "map" and kind.of[0].name in _KEYS:
        key, held = _key_text(f"{name}.key", kind.of[0]), _text(f"{name}.value", kind.of[1])
        if held is None:
            return None
        pair = f"{{'k': {key}, 'v': coalesce({held}, 'null')}}"  # sorted by the text of the key, as Trino does
        pairs = f"list_sort(list_transform(map_entries({sql}), lambda {name}: {pair}))"
        shown = f"CAST(to_json({name}.k) AS VARCHAR) || ':' || {name}.v"
        return f"('{{' || array_to_string(list_transform({pairs}, lambda {name}: {shown}), ',') || '}}')"
    if kind.name == "row":
        parts = []
        for field, shown, of in zip(kind.fields, kind.names, kind.of, strict=True):
            inner = _text(f"struct_extract({name}, {literal(shown)})", of)
            if inner is None:
                return None
            key = '"' + (field or "").replace("\\", "\\\\").replace('"', '\\"') + '":'
            parts.append(f"{literal(key)} || coalesce({inner}, 'null')")
        whole = " || ',' || ".join(parts)
        return let(sql, name, f"CASE WHEN {name} IS NOT NULL THEN '{{' || {whole} || '}}' END")
    return None


def _key_text(sql: str, kind: Type) -> str:
    return f"trino_double_shown({sql})" if kind.name in ("double", "real") else f"CAST({sql} AS VARCHAR)"


def from_json(value: Typed, to: Type) -> str | None:
    """CAST(json AS to); None when Trino has no such cast."""
    name = named("js", value.sql, to)
    inner = _from(name, to)
    return None if inner is None else let(value.sql, name, inner)


def _from(json: str, to: Type) -> str | None:
    """SQL that reads a value from the JSON that the variable `json` has."""
    if to.name == "json":
        return f"coalesce({json}, CAST('null' AS JSON))"
    text = f"CAST({json} AS VARCHAR)"
    if to.name in _INTEGERS or to.name in ("double", "real", "boolean"):
        return f"trino_json_to_{to.name}({json}, {text})"
    if to.name == "varchar":
        found = f"trino_json_to_varchar({json}, {text})"
        if not to.args:
            return found
        cannot = failing("INVALID_CAST_ARGUMENT", f"'Cannot cast {_Q}' || {text} || '{_Q} to {to}'", "VARCHAR")
        whole = named("jw", found)
        return let(found, whole, f"CASE WHEN length({whole}) > {to.args[0]} THEN {cannot} ELSE {whole} END")
    if to.name == "decimal":
        shown = f"DECIMAL({to.args[0]},{to.args[1]})"
        found = f"trino_json_to_decimal({json}, {text}, {literal(shown)})"
        cannot = failing("INVALID_CAST_ARGUMENT", literal(f"Cannot cast input json to {shown}"), to.duckdb)
        return f"CASE WHEN {found} IS NOT NULL THEN coalesce(TRY_CAST({found} AS {to.duckdb}), {cannot}) END"
    if to.name not in ("array", "map", "row"):
        return None
    return _from_nested(json, to)


def _from_nested(json: str, to: Type) -> str | None:
    name = named("jn", json, to)
    is_none = f"{json} IS NULL OR CAST({json} AS VARCHAR) = 'null'"
    wanted = {"array": "a json array", "map": "a json object", "row": "a json array or object"}[to.name]
    wrong = failing(
        "INVALID_CAST_ARGUMENT",
        f"{literal(f'Cannot cast to {to}. Expected {wanted}, but got ')} || left(CAST({json} AS VARCHAR), "
        f"1) || chr(10) || CAST({json} AS VARCHAR)",
    )
    failed = f"list_extract(CAST([NULL] AS {to.duckdb}[]), {wrong})"
    if to.name == "array":
        inner = _from(name, to.of[0])
        made = f"list_transform(CAST({json} AS JSON[]), lambda {name}: {inner})"
        return inner and f"CASE WHEN {is_none} THEN NULL WHEN json_type({json}) = 'ARRAY' THEN {made} ELSE {failed} END"
    if to.name == "map":
        key, held = _from_key(f"{name}.key", to.of[0]), _from(f"{name}.value", to.of[1])
        if key is None or held is None:
            return None
        entries = f"map_entries(CAST({json} AS MAP(VARCHAR, JSON)))"
        made = f"map_from_entries(list_transform({entries}, lambda {name}: {{'key': {key}, 'value': {held}}}))"
        return f"CASE WHEN {is_none} THEN NULL WHEN json_type({json}) = 'OBJECT' THEN {made} ELSE {failed} END"
    return _from_row(json, to, is_none, failed)


def _from_row(json: str, to: Type, is_none: str, failed: str) -> str | None:
    """By place from an array of as many elements, by name from an object: unknown keys are passed over."""
    places, fields = named("jp", json, to), named("jf", json, to)
    by_place, by_name = [], []
    for index, (field, shown, of) in enumerate(zip(to.fields, to.names, to.of, strict=True), 1):
        one = named("jo", json, to, index)
        inner = _from(one, of)
        if inner is None:
            return None
        by_place.append(f"{quoted(shown)} := {let(f'{places}[{index}]', one, inner)}")
        found = f"list_filter({fields}, lambda {one}f: lower({one}f.key) = {literal((field or '').lower())})[1].value"
        missing = f"CASE WHEN {one} IS NOT NULL THEN {inner} END" if of.name == "json" else inner
        by_name.append(f"{quoted(shown)} := {let(found, one, missing)}")
    array = let(
        f"CAST({json} AS JSON[])",
        places,
        f"CASE WHEN len({places}) = {len(to.of)} THEN struct_pack({', '.join(by_place)}) ELSE {failed} END",
    )
    row = let(f"map_entries(CAST({json} AS MAP(VARCHAR, JSON)))", fields, f"struct_pack({', '.join(by_name)})")
    return (
        f"CASE WHEN {is_none} THEN NULL WHEN json_type({json}) = 'ARRAY' THEN {array} "
        f"WHEN json_type({json}) = 'OBJECT' THEN {row} ELSE {failed} END"
    )


def _from_key(sql: str, to: Type) -> str | None:
    if to.name not in _KEYS:
        return None
    if to.name == "varchar":
        return sql
    return f"CAST({sql} AS {to.duckdb})" if to.name == "decimal" else f"trino_text_to_{to.name}({sql})"
