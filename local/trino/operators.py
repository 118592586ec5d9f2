"""Arithmetic, comparison and concatenation with Trino's result types.

Source: https://trino.io/docs/current/functions/decimal.html for decimals' precision and scale; Trino's type coercion.
"""

import re

from local.trino import types
from local.trino.casts import coerce
from local.trino.errors import SqlError
from local.trino.registry import macro, udf
from local.trino.typed import Typed, failing_with, once
from local.trino.types import BOOLEAN, MAX_DECIMAL, Type, common, decimal

_COLUMN = re.compile(r"struct_pack\(t := ([\w.\"]+), z := 'UTC'\)")
_SHORT_DECIMAL = 18  # digits of what DuckDB keeps in 64 bits
_BY_ZERO = failing_with("DIVISION_BY_ZERO", "Division by zero")
macro(
    f"trino_integer_divisor(a, b) AS CASE WHEN b = 0 AND a IS NOT NULL THEN CAST({_BY_ZERO} AS BIGINT) ELSE b END",
    # The rest of a division by -1 is that of a division by 1, which cannot overflow.
    "trino_modulus(a, b) AS CASE WHEN b = -1 THEN 1 ELSE trino_integer_divisor(a, b) END",
    f"trino_decimal_divisor(a, b) AS CASE WHEN b = 0 AND a IS NOT NULL THEN {_BY_ZERO} ELSE b END",
    # The quotient of two unscaled decimals, rounded half up (away from zero), as Trino's UnscaledDecimal128Arithmetic.
    "trino_quotient(n, d) AS CASE WHEN (n < 0) <> (d < 0) THEN -((2 * abs(n) + abs(d)) // (2 * abs(d))) "
    "ELSE (2 * abs(n) + abs(d)) // (2 * abs(d)) END",
    # The same of n * 10^k (`unit`), where that is within HUGEINT; else in Python, whose integers have no bound.
    "trino_long_quotient(n, k, unit, d) AS CASE WHEN abs(n) <= CAST(3e37 AS HUGEINT) // unit "
    "AND abs(d) <= CAST(9e37 AS HUGEINT) THEN trino_quotient(n * unit, d) ELSE trino_wide_quotient(n, k, d) END",
)


def _wide_quotient(n: int, k: int, d: int) -> int:
    n *= 10**k
    rounded = (2 * abs(n) + abs(d)) // (2 * abs(d))
    if rounded >= 10**MAX_DECIMAL:
        raise ValueError("athena:NUMERIC_VALUE_OUT_OF_RANGE: Decimal overflow")
    return rounded if (n < 0) == (d < 0) else -rounded


def _wide_rest(n: int, k: int, d: int, j: int) -> int:
    rest = abs(n) * 10**k % (abs(d) * 10**j)
    return -rest if n < 0 else rest


udf("trino_wide_rest", _wide_rest, ["HUGEINT", "INTEGER", "HUGEINT", "INTEGER"], "HUGEINT")
udf("trino_wide_quotient", _wide_quotient, ["HUGEINT", "INTEGER", "HUGEINT"], "HUGEINT")


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
        word, divisor = ("//", "trino_integer_divisor") if operator == "/" else ("%", "trino_modulus")
        if isinstance(right.constant, int) and right.constant > 0:
            return Typed(f"({left.sql} {word} {right.sql})", kind)
        sql = once(left.sql, right.sql, build=lambda a, b: f"({a} {word} {divisor}({a}, {b}))")
        return Typed(sql if kind.name == "bigint" else f"CAST({sql} AS {kind.duckdb})", kind)
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
        return Typed(_rest(left, right, kind), kind)
    if max(p1, p2) <= _SHORT_DECIMAL < kind.args[0]:  # DuckDB would stay within 64 bits, and fail beyond them
        left = coerce(left, decimal(kind.args[0], s1 if operator == "*" else kind.args[1]))
    return Typed(f"CAST(({left.sql} {operator} {right.sql}) AS {kind.duckdb})", kind)


def divided(left: Typed, right: Typed, kind: Type) -> str:
    """SQL of the decimal quotient, rounded half up to the scale of `kind`."""
    (p1, s1), (p2, s2) = left.type.args, right.type.args
    more = kind.args[1] + s2 - s1  # never negative: the result's scale is the greater of both

    def quotient(n: str, d: str) -> str:
        numerator = _unscaled(n, left.type)
        divisor = f"trino_decimal_divisor({n}, {_unscaled(d, right.type)})"
        if max(p1 + more, p2) < MAX_DECIMAL:
            scaled_up = f"({numerator} * CAST({10**more} AS HUGEINT))" if more else numerator
            return scaled(f"trino_quotient({scaled_up}, {divisor})", kind)
        unit = f"CAST({10 ** min(more, MAX_DECIMAL)} AS HUGEINT)"  # at 10^38 nothing but zero is within
        return scaled(f"trino_long_quotient({numerator}, {more}, {unit}, {divisor})", kind)

    return once(left.sql, right.sql, build=quotient)


def _rest(left: Typed, right: Typed, kind: Type) -> str:
    """SQL of a decimal `%`, on unscaled integers: DuckDB's own goes through doubles."""

    def rest(n: str, d: str) -> str:
        a, b = _unscaled(n, left.type), f"trino_decimal_divisor({n}, {_unscaled(d, right.type)})"
        more = [kind.args[1] - t.args[1] for t in (left.type, right.type)]
        if all(t.args[0] + m <= MAX_DECIMAL for t, m in zip((left.type, right.type), more, strict=True)):
            a, b = (f"({x} * CAST({10**m} AS HUGEINT))" if m else x for x, m in zip((a, b), more, strict=True))
            return scaled(f"({a} % {b})", kind)
        return scaled(f"trino_wide_rest({a}, {more[0]}, {b}, {more[1]})", kind)

    return once(left.sql, right.sql, build=rest)


def _unscaled(sql: str, kind: Type) -> str:
    """A decimal times 10^scale, as a HUGEINT."""
    precision, scale = kind.args
    if not scale:
        return f"CAST({sql} AS HUGEINT)"
    if precision + scale > MAX_DECIMAL:  # the product would have more digits than DuckDB's decimals
        return f"trino_unscaled({sql})"
    return f"CAST(CAST({sql} AS DECIMAL({MAX_DECIMAL},{scale})) * {10**scale} AS HUGEINT)"


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
    return Typed(_as_java(f"({compared(left)} {operator} {compared(right)})", operator, left, right), BOOLEAN)


def _as_java(sql: str, operator: str, left: Typed, right: Typed) -> str:
    """A comparison of doubles: nothing equals NaN or is less or greater, where DuckDB takes it for the greatest."""
    if not {left.type.name, right.type.name} & {"double", "real"} or "DISTINCT" in operator:
        return sql
    suspects = {"=": (left, right), "<>": (left, right), ">": (left,), ">=": (left,), "<": (right,), "<=": (right,)}
    loose = [v for v in suspects[operator] if v.type.name in ("double", "real") and not v.is_constant]
    if not loose or (operator in ("=", "<>") and len(loose) < 2):
        return sql
    if operator == "<>":
        return f"({sql} OR isnan({loose[0].sql}))"
    return f"({sql} AND NOT isnan({loose[0].sql}))"


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
