"""JSON functions on text and the JSON type: https://trino.io/docs/current/functions/json.html, "Other JSON functions".

A JSON value is text in Trino's form: no spaces, the keys of `json_parse` and `JSON '...'` sorted. DuckDB does the
reading where its answer is Trino's; numbers with a fraction or an exponent, which it writes in its own way, are redone
in Python.
"""

import re
from functools import lru_cache
from typing import Any

from local.trino import json_casts, jsontext
from local.trino.functions.sharing import shared
from local.trino.functions.texts import fail
from local.trino.registry import Call, macro, rule, scalar, udf
from local.trino.typed import failing, failing_with, let, once
from local.trino.types import literal

_DECLARING = json_casts  # imported for the macros it registers
_BAD = "INVALID_FUNCTION_ARGUMENT"
_STEP = re.compile(r'\.([\w:]+)|\[(?:"((?:[^"\\]|\\["\\])*)"|(\w+))\]')
_NOT_JSON = failing(_BAD, "'Cannot convert value to JSON: ''' || x || ''''", "JSON")
_NO_VALUE = failing(_BAD, "'Invalid JSON value: ' || x", "BOOLEAN")
macro(
    # No objects (their keys are sorted), no escapes, no doubles: DuckDB's text is Trino's.
    "trino_json_parse(x) AS CASE WHEN x IS NULL THEN NULL WHEN NOT json_valid(x) OR trim(x, chr(32) || "
    "chr(9) || chr(10) || chr(13)) = '' "
    f"THEN {_NOT_JSON} WHEN regexp_matches(x, '[{{\\\\]|[0-9][.eE]') THEN trino_json_sorted(x) ELSE json(x) END",
    "trino_json_tidy(j) AS CASE WHEN regexp_matches(CAST(j AS VARCHAR), '[0-9][.eE]') THEN "
    "trino_json_plain(CAST(j AS VARCHAR)) "
    "ELSE j END",
    "trino_json_scalar(x, path, j) AS CASE left(CAST(j AS VARCHAR), 1) WHEN '\"' THEN j ->> '$' WHEN 'n' "
    "THEN NULL WHEN '{' THEN NULL "
    "WHEN '[' THEN NULL WHEN 't' THEN 'true' WHEN 'f' THEN 'false' ELSE CASE WHEN regexp_matches(CAST(j AS "
    "VARCHAR), '[.eE]') "
    "THEN trino_json_number(CAST(x AS VARCHAR), path) ELSE CAST(j AS VARCHAR) END END",
    "trino_json_length(j) AS CASE json_type(j) WHEN 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) "
    "WHEN 'OBJECT' THEN len(json_keys(j)) ELSE CASE WHEN j IS NOT NULL THEN 0 END END",
    "trino_json_array_length(x) AS CASE WHEN json_valid(x) THEN CASE WHEN json_type(x) = 'ARRAY' "
    "THEN CAST(json_array_length(x) AS BIGINT) END END",
    "trino_is_json_scalar(x) AS CASE WHEN x IS NULL THEN NULL WHEN json_valid(x) THEN json_type(x) NOT IN "
    "('ARRAY', 'OBJECT') "
    f"ELSE {_NO_VALUE} END",
)


@lru_cache(maxsize=512)
def path_steps(path: str) -> tuple[str, ...]:
    """The keys of a path such as `$.a[0]["b c"]`. Raises ValueError with Trino's error."""
    steps = []
    at = 1
    while path.startswith("$") and at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            break
        steps.append(found[1] or found[3] or re.sub(r"\\(.)", r"\1", found[2] or ""))
        at = found.end()
    if not path.startswith("$") or at < len(path):
        fail(f"Invalid JSON path: '{path}'")
    return tuple(steps)


_MISSING: Any = object()


def _at(value: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step, _MISSING)
        elif isinstance(value, list) and re.fullmatch(r"\+?[0-9]{1,9}", step) and int(step) < len(value):
            value = value[int(step)]
        else:
            return _MISSING
    return value


def _found(text: str, path: str, *, keep_numbers: bool = False) -> Any:
    steps = path_steps(path)
    try:
        return _at(jsontext.parse(text, keep_numbers=keep_numbers), steps)
    except (ValueError, RecursionError):
        return _MISSING


def _extract(text: str, path: str) -> str | None:
    value = _found(text, path)
    return None if value is _MISSING else jsontext.dump(value)


def _extract_scalar(text: str, path: str) -> str | None:
    value = _found(text, path, keep_numbers=True)
    if value is _MISSING or value is None or isinstance(value, (dict, list)):
        return None
    return str(value) if isinstance(value, str) else jsontext.dump(value)


def _size(text: str, path: str) -> int | None:
    value = _found(text, path)
    return None if value is _MISSING else len(value) if isinstance(value, (dict, list)) else 0


def _elements(text: str) -> list[Any] | None:
    try:
        value = jsontext.parse(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _contains(kind: type) -> Any:
    def contains(text: str, wanted: Any) -> bool | None:
        elements = _elements(text)
        return None if elements is None else any(type(e) is kind and e == wanted for e in elements)

    return contains


def _array_get(text: str, index: int) -> str | None:
    """A string comes without its quotes: Trino's documented fault."""
    elements = _elements(text)
    if elements is None or not -len(elements) <= index < len(elements) or elements[index] is None:
        return None
    value = elements[index]
    return value if isinstance(value, str) else jsontext.dump(value)


udf("trino_json_sorted", lambda text: jsontext.dump(jsontext.parse(text), is_sorted=True), ["VARCHAR"], "JSON")
udf("trino_json_plain", lambda text: jsontext.dump(jsontext.parse(text)), ["VARCHAR"], "JSON")
udf("trino_json_number", _extract_scalar, ["VARCHAR", "VARCHAR"], "VARCHAR")
udf("trino_json_extract", _extract, ["VARCHAR", "VARCHAR"], "JSON")
udf("trino_json_size", _size, ["VARCHAR", "VARCHAR"], "BIGINT")
udf("trino_json_array_get", _array_get, ["VARCHAR", "BIGINT"], "JSON")
for _kind, _python, _duckdb in (
    ("boolean", bool, "BOOLEAN"),
    ("bigint", int, "BIGINT"),
    ("double", float, "DOUBLE"),
    ("varchar", str, "VARCHAR"),
):
    udf(f"trino_json_contains_{_kind}", _contains(_python), ["VARCHAR", _duckdb], "BOOLEAN")
    for _json in ("json", "varchar"):
        scalar(
            "json_array_contains",
            f"({_json}, {_kind}) -> boolean",
            f"trino_json_contains_{_kind}(CAST({{0}} AS VARCHAR), {{1}})",
        )


def _located(call: Call, in_python: str, build: str) -> str:
    """`build` with `{x}` the document, `{p}` the path for Python and `{j}` what DuckDB finds at a constant path."""
    text, path = call.args
    if not isinstance(path.constant, str):
        return f"{in_python}(CAST({text.sql} AS VARCHAR), {path.sql})"
    try:
        steps = path_steps(path.constant)
    except ValueError as error:
        return failing_with(_BAD, str(error).split(": ", 1)[1], call.returns.duckdb)
    if any(s.startswith("+") or (s.isdigit() and s.startswith("0") and s != "0") for s in steps):
        return f"{in_python}(CAST({text.sql} AS VARCHAR), {path.sql})"
    pointer = "".join("/" + s.replace("~", "~0").replace("/", "~1") for s in steps)

    def made(document: str) -> str:
        found = f"json_extract({document}, {literal(pointer)})" if steps else f"json({document})"
        made = let(found, "t__j", build.format(x=document, p=path.sql, j="t__j"))
        return f"CASE WHEN json_valid({document}) THEN {made} END"

    return once(text.sql, build=made)


_ON_BOTH = ("(json, varchar) -> {0}", "(varchar, varchar) -> {0}")


@rule(scalar, "json_extract", *(s.format("json") for s in _ON_BOTH))
def _json_extract(call: Call) -> str:
    return _located(call, "trino_json_extract", "trino_json_tidy({j})")


@rule(scalar, "json_extract_scalar", *(s.format("varchar") for s in _ON_BOTH))
def _json_extract_scalar(call: Call) -> str:
    return _located(call, "trino_json_number", "trino_json_scalar({x}, {p}, {j})")


@rule(scalar, "json_size", *(s.format("bigint") for s in _ON_BOTH))
def _json_size(call: Call) -> str:
    return _located(call, "trino_json_size", "trino_json_length({j})")


for _json in ("json", "varchar"):
    scalar("json_array_get", f"({_json}, bigint) -> json", "trino_json_array_get(CAST({0} AS VARCHAR), {1})")
    shared("json_array_length", f"({_json}) -> bigint", "trino_json_array_length({0})")
    shared("is_json_scalar", f"({_json}) -> boolean", "trino_is_json_scalar({0})")
scalar("json_format", "(json) -> varchar", "CAST({0} AS VARCHAR)")
shared("json_parse", "(varchar) -> json", "trino_json_parse({0})")
