"""Text as other types, as Trino reads it: for CAST, which fails, and for TRY_CAST, which gives NULL.

DuckDB's own casts accept more (`1.5` as an integer, `yes` as a boolean, `nan`, `2020/01/02`), so each has a condition
on the text. No COALESCE: inside TRY DuckDB 1.5.5 gives garbage for one whose last operand fails.
"""

from local.trino.registry import macro
from local.trino.typed import failing, once
from local.trino.types import Type, literal

_INTEGERS = ("tinyint", "smallint", "integer", "bigint")
_NAMED = (*_INTEGERS, "double", "real", "boolean", "uuid")


def reading(name: str, duckdb: str, value: str, message: str, quick: str = "") -> tuple[str, str]:
    """Two macros of a text `x`. `value` is the SQL of what it says (NULL if it is no such text), `message` the SQL of
    the failure's message, `quick` a condition that is cheap and tells that a plain cast will do.
    """
    plain = f"TRY_CAST(x AS {duckdb})"
    first = f"WHEN {quick} THEN {plain} " if quick else ""
    failed = failing("INVALID_CAST_ARGUMENT", message, duckdb)
    tried = f"CASE {first}ELSE {value} END" if quick else value
    checked = f"CASE {first}WHEN {value} IS NOT NULL THEN {value} WHEN x IS NOT NULL THEN {failed} END"
    return f"trino_try_text_to_{name}(x) AS {tried}", f"trino_text_to_{name}(x) AS {checked}"


def _where(accepts: str, duckdb: str, text: str = "x") -> str:
    return f"TRY_CAST(CASE WHEN {accepts} THEN {text} END AS {duckdb})"


def _cannot(target: str) -> str:
    return f"'Cannot cast ''' || x || ''' to {target}'"


_FLOATING = "regexp_full_match(trim(x), '[+-]?Infinity|NaN|[+-]?[0-9.]+([eE][+-]?[0-9]+)?')"
_BOOLEAN = "CASE WHEN lower(x) IN ('true', 't', '1') THEN true WHEN lower(x) IN ('false', 'f', '0') THEN false END"
_NOT_DECIMAL = failing("INVALID_CAST_ARGUMENT", "'Cannot cast VARCHAR ''' || x || ''' to ' || shown")
for _name in _INTEGERS:
    _kind = _name.upper()
    _shown = "INT" if _kind == "INTEGER" else _kind  # so says Trino's cast from varchar
    # Plain numbers, which print back as they were read, need no regular expression.
    _quick = f"CAST(TRY_CAST(x AS {_kind}) AS VARCHAR) = x"
    macro(*reading(_name, _kind, _where("regexp_full_match(x, '[+-]?[0-9]+')", _kind), _cannot(_shown), _quick))
for _name, _kind in (("double", "DOUBLE"), ("real", "FLOAT")):
    macro(*reading(_name, _kind, _where(_FLOATING, _kind), _cannot(_name.upper()), f"isfinite(TRY_CAST(x AS {_kind}))"))
macro(
    *reading("boolean", "BOOLEAN", _BOOLEAN, _cannot("BOOLEAN")),
    *reading("uuid", "UUID", _where("length(x) = 36", "UUID"), _cannot("uuid")),
    f"trino_not_decimal(x, shown) AS CASE WHEN x IS NOT NULL THEN {_NOT_DECIMAL} END",
)


def read(sql: str, to: Type, *, is_try: bool = False) -> str | None:
    """SQL of a text as a `to`; None for a type that is not read here."""
    word = "trino_try_text_to_" if is_try else "trino_text_to_"
    if to.name in _NAMED:
        return once(sql, build=lambda x: f"{word}{to.name}({x})")
    if to.name == "decimal":
        plain = f"TRY_CAST({{0}} AS {to.duckdb})"
        return plain.format(sql) if is_try else once(sql, build=lambda x: _decimal(x, plain.format(x), to))
    if to.name in ("date", "time", "timestamp"):
        from local.trino import zones

        return zones.read(sql, to, word)
    return None


def _decimal(x: str, plain: str, to: Type) -> str:
    problem = f"CAST(trino_not_decimal({x}, {literal(str(to).upper())}) AS {to.duckdb})"
    return f"CASE WHEN {plain} IS NOT NULL THEN {plain} ELSE {problem} END"
