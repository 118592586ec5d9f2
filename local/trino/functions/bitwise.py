"""Bitwise functions. Source: https://trino.io/docs/current/functions/bitwise.html and Trino's BitwiseFunctions.

Shifts are done on the unsigned bits in a hugeint, since DuckDB refuses to shift negative numbers and overflows.
"""

from local.trino.registry import Call, macro, rule, scalar
from local.trino.typed import failing, once

_BITS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}
_KINDS = tuple(f"({t}, integer) -> {t}" for t in _BITS)

macro(
    "trino_signed(u, w) AS CASE WHEN u >= (CAST(1 AS HUGEINT) << (w - 1)) THEN u - (CAST(1 AS HUGEINT) << w) "
    "ELSE u END",
    "trino_unsigned(x, w) AS CAST(x AS HUGEINT) & ((CAST(1 AS HUGEINT) << w) - 1)",
    # Java takes the low six bits of a negative distance.
    "trino_left_shift(x, n, w) AS CASE WHEN n >= 64 THEN 0 ELSE "
    "trino_signed((trino_unsigned(x, w) << (n & 63)) & ((CAST(1 AS HUGEINT) << w) - 1), w) END",
    "trino_right_shift(x, n, w) AS CASE WHEN n >= 64 THEN 0 WHEN n = 0 THEN CAST(x AS HUGEINT) "
    "ELSE trino_unsigned(x, w) >> (n & 63) END",
    "trino_arithmetic_shift(x, n) AS CASE WHEN n >= 64 THEN CASE WHEN x >= 0 THEN 0 ELSE -1 END "
    "WHEN x >= 0 THEN CAST(x AS BIGINT) >> (n & 63) ELSE ~(~CAST(x AS BIGINT) >> (n & 63)) END",
    "trino_bit_count(x, b) AS CASE WHEN b < 2 OR b > 64 THEN "
    + failing(
        "INVALID_FUNCTION_ARGUMENT", "'Bits specified in bit_count must be between 2 and 64, got ' || b", "BIGINT"
    )
    + " WHEN b < 64 AND (x >= (CAST(1 AS HUGEINT) << (b - 1)) OR x < -(CAST(1 AS HUGEINT) << (b - 1))) THEN "
    + failing(
        "INVALID_FUNCTION_ARGUMENT",
        "'Number must be representable with the bits specified. ' || x || ' cannot be represented with ' || b "
        "|| ' bits'",
        "BIGINT",
    )
    + " WHEN x < 0 THEN b - bit_count(~x) ELSE CAST(bit_count(x) AS BIGINT) END",
)

for _name, _operator in {"bitwise_and": "&", "bitwise_or": "|"}.items():
    scalar(_name, "(bigint, bigint) -> bigint", f"({{0}} {_operator} {{1}})")
scalar("bitwise_xor", "(bigint, bigint) -> bigint", "xor({0}, {1})")
scalar("bitwise_not", "(bigint) -> bigint", "(~{0})")


@rule(scalar, "bit_count", "(bigint, bigint) -> bigint")
def _bit_count(call: Call) -> str:
    return once(call.sql(0), call.sql(1), build=lambda x, b: f"trino_bit_count({x}, {b})")


@rule(scalar, "bitwise_left_shift", *_KINDS)
def _left_shift(call: Call) -> str:
    width = _BITS[call.returns.name]
    made = once(call.sql(0), call.sql(1), build=lambda x, n: f"trino_left_shift({x}, CAST({n} AS HUGEINT), {width})")
    return f"CAST({made} AS {call.returns.duckdb})"


@rule(scalar, "bitwise_right_shift", *_KINDS)
def _right_shift(call: Call) -> str:
    """Logical: the bits of the type's own width, as of one without a sign."""
    width = _BITS[call.returns.name]
    made = once(call.sql(0), call.sql(1), build=lambda x, n: f"trino_right_shift({x}, CAST({n} AS HUGEINT), {width})")
    return f"CAST({made} AS {call.returns.duckdb})"


@rule(scalar, "bitwise_right_shift_arithmetic", *_KINDS)
def _arithmetic_shift(call: Call) -> str:
    made = once(call.sql(0), call.sql(1), build=lambda x, n: f"trino_arithmetic_shift({x}, CAST({n} AS BIGINT))")
    return f"CAST({made} AS {call.returns.duckdb})"
