"""Arithmetic, comparison and concatenation with Trino's result types.

Source: https://trino.io/docs/current/functions/decimal.html for decimals' precision and scale; Trino's type coercion.
"""

import re

from local.trino import types
from local.trino.casts import coerce
from local.trino.errors import SqlError
from local.trino.registry import macro
from local.trino.typed import Typed, failing_with
from local.trino.types import BOOLEAN, MAX_DECIMAL, Type, common, decimal

_COLUMN = re.compile(r"struct_pack\(t := ([\w.\"]+), z := 'UTC'\)")
_BY_ZERO = failing_with("DIVISION_BY_ZERO", "Division by zero")
macro(
    f"trino_nonzero(b) AS CASE WHEN b = 0 THEN CAST({_BY_ZERO} AS BIGINT) ELSE b END",
    f"trino_nonzero_decimal(b) AS CASE WHEN b = 0 THEN {_BY_ZERO} ELSE b END",
    # The quotient of two unscaled decimals, rounded half up (away from zero), as Trino's UnscaledDecimal128Arithmetic.
    "trino_quotient(n, d) AS CASE WHEN (n < 0) <> (d < 0) THEN -((2 * abs(n) + abs(d)) // (2 * abs(d))) "
    "ELSE (2 * abs(n) + abs(d)) // (2 * abs(d)) END",
)


def arithmetic(operator: str, left: Typed, right: Typed, node: object = None) -> Typed:
    """`+ - * / %`. Raises SqlError with TYPE_MISMATCH when Trino has no such operator."""
    a, b = left.type, right.type
    if a.name == "unknown" and b.name == "unknown":
        return Typed("NULL", types.BIGINT)
    if a.name == "unknown" or b.name == "unknown":
        known = b if a.name == "unknown" else a
        if known.is_number:
            left, right = coerce(left, known), coerce(right, known)
            a = b = known
    if a.is_number and b.is_number:
        return _numbers(operator, left, right)
    from local.trino import intervals

    found = intervals.plus(left, right, operator) if operator in "+-" else intervals.times(left, right, operator)
    if found is None:
        raise SqlError("TYPE_MISMATCH", f"Cannot apply operator: {a} {operator} {b}", node)
    return found


def _numbers(operator: str, left: Typed, right: Typed) -> Typed:
    a, b = left.type, right.type
    kind = common(a, b)
    if kind is None:
        raise SqlError("TYPE_MISMATCH", f"Cannot apply operator: {a} {operator} {b}")
    if kind.name == "decimal":
        return _decimals(operator, left, right)
    left, right = coerce(left, kind), coerce(right, kind)
    if kind.is_integer and operator in "/%":
        is_safe = isinstance(right.constant, int) and right.constant != 0
        divisor = right.sql if is_safe else f"trino_nonzero({right.sql})"
        sql = f"({left.sql} {'//' if operator == '/' else '%'} {divisor})"
        return Typed(sql if is_safe or kind.name == "bigint" else f"CAST({sql} AS {kind.duckdb})", kind)
    return Typed(f"({left.sql} {operator} {right.sql})", kind)


def _decimals(operator: str, left: Typed, right: Typed) -> Typed:
    """Exact decimals by Trino's rules; DuckDB has no exact division, so it is done on unscaled integers."""
    (p1, s1), (p2, s2) = left.type.as_decimal.args, right.type.as_decimal.args
    left, right = coerce(left, decimal(p1, s1)), coerce(right, decimal(p2, s2))
    if operator in "+-":
        scale = max(s1, s2)
        kind = decimal(min(MAX_DECIMAL, max(p1 - s1, p2 - s2) + scale + 1), scale)
    elif operator == "*":
        if s1 + s2 > MAX_DECIMAL:
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", f"DECIMAL scale must be in range [0, precision ({MAX_DECIMAL})]"
            )
        kind = decimal(min(MAX_DECIMAL, p1 + p2), s1 + s2)
    elif operator == "/":
        scale = max(s1, s2)
        kind = decimal(min(MAX_DECIMAL, p1 + s2 + max(s2 - s1, 0)), scale)
        return Typed(divided(left, right, kind), kind)
    else:
        kind = decimal(min(p2 - s2, p1 - s1) + max(s1, s2), max(s1, s2))
        return Typed(f"CAST(({left.sql} % trino_nonzero_decimal({right.sql})) AS {kind.duckdb})", kind)
    return Typed(f"CAST(({left.sql} {operator} {right.sql}) AS {kind.duckdb})", kind)


def divided(left: Typed, right: Typed, kind: Type) -> str:
    """SQL of the decimal quotient, rounded half up to the scale of `kind`."""
    s1, s2, scale = left.type.args[1], right.type.args[1], kind.args[1]
    numerator = _unscaled(left.sql, s1, scale + s2 - s1)
    return scaled(f"trino_quotient({numerator}, trino_nonzero_decimal({_unscaled(right.sql, s2, 0)}))", kind)


def _unscaled(sql: str, scale: int, more: int) -> str:
    """A decimal times 10^(scale + more), as a HUGEINT."""
    whole = (
        f"CAST(CAST({sql} AS DECIMAL({MAX_DECIMAL},{scale})) * {10**scale} AS HUGEINT)"
        if scale
        else f"CAST({sql} AS HUGEINT)"
    )
    return f"({whole} * CAST({10**more} AS HUGEINT))" if more > 0 else whole


def scaled(unscaled: str, kind: Type) -> str:
    """The decimal of type `kind` whose unscaled value is the HUGEINT `unscaled`."""
    precision, scale = kind.args
    if not scale:
        return f"CAST({unscaled} AS DECIMAL({precision},0))"
    unit = f"CAST('{'0' if scale else ''}.{'0' * (scale - 1)}1' AS DECIMAL({scale},{scale}))"
    return f"CAST(CAST({unscaled} AS DECIMAL({MAX_DECIMAL},0)) * {unit} AS {kind.duckdb})"


def comparison(operator: str, left: Typed, right: Typed, node: object = None) -> Typed:
    """`= <> < <= > >=`, IS [NOT] DISTINCT FROM. Raises SqlError when the types cannot be compared."""
    left, right = comparable(left, right, operator, node)
    if operator not in ("=", "<>", "IS DISTINCT FROM", "IS NOT DISTINCT FROM") and not left.type.is_orderable:
        raise SqlError("TYPE_MISMATCH", f"Cannot apply operator: {left.type} {operator} {right.type}", node)
    return Typed(f"({compared(left)} {operator} {compared(right)})", BOOLEAN)


def comparable(left: Typed, right: Typed, operator: str = "=", node: object = None) -> tuple[Typed, Typed]:
    """Both in a type they can be compared in. Numbers are left to DuckDB, so that filters stay plain and prune."""
    a, b = left.type, right.type
    kind = common(a, b)
    if kind is None or kind.name == "function":
        raise SqlError("TYPE_MISMATCH", f"Cannot apply operator: {a} {operator} {b}", node)
    if a.is_number and b.is_number:
        if "double" in (a.name, b.name) and "decimal" in (a.name, b.name):
            return coerce(left, kind), coerce(right, kind)
        return left, right
    if a.is_text and b.is_text:
        if a.name != b.name:  # char is compared without its padding
            return tuple(Typed(f"rtrim({t.sql})" if t.type.name == "char" else t.sql, t.type) for t in (left, right))  # type: ignore[return-value]
        if a.name == "char" and a != b:
            return coerce_char(left, kind), coerce_char(right, kind)
        return left, right
    return coerce(left, kind, node), coerce(right, kind, node)


def coerce_char(value: Typed, kind: Type) -> Typed:
    """A char padded to the wider length."""
    return Typed(f"rpad({value.sql}, {kind.args[0]}, ' ')", kind)


def compared(value: Typed) -> str:
    """What stands for a value in a comparison: of a zoned timestamp the instant alone (a plain column stays plain, so
    that conditions on it can prune).
    """
    if value.type.name != "timestamp with time zone":
        return value.sql
    column = _COLUMN.fullmatch(value.sql)
    return column[1] if column else f"({value.sql}).t"
