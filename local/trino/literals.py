"""Literals and the types that are written in SQL."""

import calendar
import re
from decimal import Decimal

from sqlglot import exp

from local.trino import jsontext, types
from local.trino.errors import SqlError
from local.trino.typed import Typed
from local.trino.types import BIGINT, DOUBLE, INTEGER, Type, literal

_INTEGER_MAX, _BIGINT_MAX = 2**31, 2**63


def number(text: str, node: exp.Expr | None = None) -> Typed:
    """`12` is an integer or a bigint, `1.50` a decimal(3,2), `1e3` a double."""
    text = text.replace("_", "")
    if "e" in text.lower():
        return Typed(f"CAST('{text}' AS DOUBLE)", DOUBLE, float(text))
    if "." not in text:
        value = int(text)
        if not -_BIGINT_MAX <= value < _BIGINT_MAX:
            raise SqlError("INVALID_LITERAL", f"Invalid numeric literal: {text}", node)
        if value == -_INTEGER_MAX:  # to DuckDB the negation of a bigint
            return Typed(f"CAST({value} AS INTEGER)", INTEGER, value)
        if -_INTEGER_MAX < value < _INTEGER_MAX:
            return Typed(str(value) if value >= 0 else f"({value})", INTEGER, value)
        return Typed(f"CAST({value} AS BIGINT)", BIGINT, value)
    return decimal(text, node)


def decimal(text: str, node: exp.Expr | None = None) -> Typed:
    """A decimal literal: its digits are its precision, without leading zeros of the whole part."""
    whole, _, fraction = text.lstrip("+-").partition(".")
    digits = max(len(whole.lstrip("0")) + len(fraction), 1)
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) or digits > types.MAX_DECIMAL:
        raise SqlError("INVALID_LITERAL", f"Invalid decimal literal '{text}'", node)
    kind = types.decimal(digits, len(fraction))
    value = Decimal(text)
    return Typed(f"CAST('{value:f}' AS {kind.duckdb})", kind, value)


def text(value: str) -> Typed:
    return Typed(literal(value), Type("varchar", (len(value),)), value)


def unicode(node: exp.Expr) -> Typed:
    r"""U&'\\0041' with `\\XXXX` and `\\+XXXXXX`."""
    escape = node.args.get("escape")
    mark = re.escape(escape.name if isinstance(escape, exp.Expr) else "\\")
    pattern = re.compile(rf"{mark}(?:({mark})|\+([0-9A-Fa-f]{{6}})|([0-9A-Fa-f]{{4}}))")
    return text(pattern.sub(lambda m: m[1] or chr(int(m[2] or m[3], 16)), node.name))


def typed_literal(kind: Type, value: str, node: exp.Expr) -> Typed:
    """`DATE '2020-01-01'`, `DECIMAL '1.5'`, `JSON '[1]'`, ...: read now, so that a bad one fails before anything."""
    if kind.name == "decimal":
        return decimal(value, node)
    if kind.name.startswith(("timestamp", "time")):
        from local.trino import time_literals

        return time_literals.literal(kind, value, node)
    if kind.name == "date":
        found = re.fullmatch(r"\s*([+-]?\d+)-(\d{1,2})-(\d{1,2})\s*", value)
        # The calendar repeats after 400 years.
        if (
            not found
            or not 1 <= int(found[2]) <= 12
            or not (1 <= int(found[3]) <= calendar.monthrange(2000 + int(found[1]) % 400, int(found[2]))[1])
        ):
            raise SqlError("INVALID_LITERAL", f"'{value}' is not a valid DATE literal", node)
        return Typed(f"DATE {literal(value.strip())}", kind, value)
    if kind.name == "json":
        try:
            return Typed(f"trino_json_parse({literal(jsontext.dump(jsontext.parse(value)))})", kind, value)
        except (ValueError, RecursionError) as error:
            raise SqlError("INVALID_LITERAL", f"'{value}' is not a valid JSON literal", node) from error
    from local.trino import casts

    return casts.cast(text(value), kind, node)


def type_of(node: exp.Expr, place: exp.Expr | None = None) -> Type:
    """The type that a syntax node writes. Raises SqlError with TYPE_NOT_FOUND."""
    written = node.sql(dialect="trino") if isinstance(node, exp.Expr) else str(node)
    try:
        found = types.parse(written)
    except (ValueError, IndexError) as error:
        raise SqlError("TYPE_NOT_FOUND", f"Unknown type: {written.lower()}", place) from error
    if isinstance(node, exp.DataType) and node.this == exp.DType.DECIMAL and not node.expressions:
        return types.decimal(38, 0)
    return found
