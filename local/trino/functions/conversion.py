"""Conversion functions: https://trino.io/docs/current/functions/conversion.html."""

import re
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from sqlglot import exp

from local.trino import casts, javaformat
from local.trino.errors import SqlError
from local.trino.functions.sharing import shared
from local.trino.functions.texts import fail
from local.trino.registry import macro, scalar, udf
from local.trino.scope import Scope
from local.trino.typed import Typed, once
from local.trino.types import VARCHAR

if TYPE_CHECKING:
    from local.trino.expressions import Expressions

udf("trino_format", javaformat.format_java, ["VARCHAR", "VARCHAR[]"], "VARCHAR")


def format_call(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    """format(pattern, value, ...): values of any types. Raises SqlError."""
    values = self.every(nodes, scope)
    if len(values) < 2:
        raise SqlError("INVALID_ARGUMENTS", "There must be two or more arguments to function 'format'", node)
    pattern = values[0]
    if not pattern.type.is_text:
        raise SqlError(
            "TYPE_MISMATCH", f"Type of first argument to format() must be VARCHAR (actual: {pattern.type})", node
        )
    given = ", ".join(_argument(v, n) for v, n in zip(values[1:], nodes[1:], strict=True))
    return Typed(f"trino_format({pattern.sql}, CAST([{given}] AS VARCHAR[]))", VARCHAR)


def _argument(value: Typed, node: exp.Expr) -> str:
    """SQL of the text that `javaformat` reads."""
    kind, sql = value.type, value.sql
    if kind.name == "unknown":
        return "NULL"
    if kind.is_integer:
        return f"'l' || CAST({sql} AS VARCHAR)"
    if kind.name in ("double", "real"):
        return f"'{kind.name[0] if kind.name == 'double' else 'f'}' || trino_double_shown({sql})"
    if kind.name in ("timestamp", "time"):
        return f"'{'L' if kind.name == 'timestamp' else 'T'}' || CAST(epoch_us({sql}) AS VARCHAR)"
    if kind.name == "timestamp with time zone":
        return once(sql, build="'Z' || CAST(epoch_us({0}.t) AS VARCHAR) || '|' || {0}.z".format)
    letter = {"boolean": "b", "decimal": "n", "date": "D"}.get(kind.name, "s")
    if letter != "s" or kind.name in ("varchar", "char", "json"):
        return f"'{letter}' || CAST({sql} AS VARCHAR)"
    try:
        return f"'s' || {casts.to_varchar(value).sql}"
    except SqlError as error:
        raise SqlError("NOT_SUPPORTED", f"Type not supported for formatting: {kind}", node) from error


_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_MOST_DIGITS = 38


def _data_size(text: str) -> Decimal:
    """Bytes of a text such as `2.3MB`. Raises ValueError with Trino's error."""
    found = re.fullmatch(r"(\d+\.?\d*|\.\d+)(\D*)", text)
    if found is None or found[2] not in _UNITS:
        fail(f"Invalid data size: '{text}'")
    with localcontext(prec=400):
        size = int(Decimal(found[1]) * 1024 ** _UNITS.index(found[2]))
    if len(str(size)) > _MOST_DIGITS:
        fail(f"Value out of range: '{text}' ('{size}B')", "NUMERIC_VALUE_OUT_OF_RANGE")
    return Decimal(size)


udf("trino_data_size", _data_size, ["VARCHAR"], "DECIMAL(38, 0)")
scalar("parse_data_size", "(varchar) -> decimal(38, 0)", "trino_data_size({0})")
scalar("parse_presto_data_size", "(varchar) -> decimal(38, 0)", "trino_data_size({0})")

# Three significant digits: the unit is the largest that leaves a number of at least one.
_SCALED = "(CAST(x AS DOUBLE) / power(1000, trino_thousands(x)))"
macro(
    "trino_thousands(x) AS CASE WHEN abs(x) < 1000 THEN 0 WHEN abs(x) < 1000000 THEN 1 WHEN abs(x) < 1000000000 THEN 2 "
    "WHEN abs(x) < 1000000000000 THEN 3 WHEN abs(x) < 1000000000000000 THEN 4 ELSE 5 END",
    "trino_half_up(x, digits) AS rtrim(rtrim(CAST(CAST(sign(x) * floor(abs(x) * 10 ** digits + 0.5) / 10 ** digits "
    "AS DECIMAL(20, 2)) AS VARCHAR), '0'), '.')",
    f"trino_format_number(x) AS trino_half_up({_SCALED}, CASE WHEN {_SCALED} < 10 THEN 2 WHEN {_SCALED} < "
    "100 THEN 1 ELSE 0 END) "
    "|| ['', 'K', 'M', 'B', 'T', 'Q'][trino_thousands(x) + 1]",
)
shared("format_number", "(bigint) -> varchar", "trino_format_number(CAST({0} AS HUGEINT))")
shared("format_number", "(double) -> varchar", "trino_format_number(CAST(trunc({0}) AS HUGEINT))")
