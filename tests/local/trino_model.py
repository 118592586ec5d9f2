"""Trino's rules in Python, written from its documentation and not from our compiler: what property tests compare with.

Sources: https://trino.io/docs/current/functions/decimal.html (precision, scale, HALF_UP), .../functions/math.html,
.../functions/conversion.html, .../language/types.html, .../functions/logical.html (three-valued logic), and Trino's
`*Operators` and `DecimalCasts` for error names. Values: int, Decimal, float, str, bool, date, datetime, list; NULL is
None. A float or a Decimal is exactly what Trino holds (so no `abs` or `-` of a
Decimal: they round to 28 digits).
"""

import datetime as dt
import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

WIDE = Context(prec=200, rounding=ROUND_HALF_UP)
BITS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}
DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
RANGE, ZERO, CAST, ARGUMENT = (
    "NUMERIC_VALUE_OUT_OF_RANGE",
    "DIVISION_BY_ZERO",
    "INVALID_CAST_ARGUMENT",
    "INVALID_FUNCTION_ARGUMENT",
)


class TrinoError(Exception):
    """The row fails with one of these error names (which one depends on the order of evaluation)."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names)
        self.names = set(names)


class Unspecified(Exception):
    """The documentation does not say what the value is (a rounding, an order): nothing to compare."""


@dataclass(frozen=True)
class T:
    """A type: `name`, and a decimal's precision and scale or an array's element."""

    name: str
    p: int = 0
    s: int = 0
    of: "T | None" = None

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.p},{self.s})"
        return f"array({self.of})" if self.of else self.name

    @property
    def is_integer(self) -> bool:
        return self.name in BITS

    @property
    def kind(self) -> str:
        """What it can be compared with: numbers with numbers, the rest with their own."""
        return "number" if self.is_integer or self.name in ("decimal", "double") else self.name


def least(*types: T) -> T:
    """The common type of numbers; of others the one that all are."""
    first, *rest = types
    for other in rest:
        first = _least(first, other)
    return first


def _least(a: T, b: T) -> T:
    if a == b or a.kind != "number":
        return a
    if "double" in (a.name, b.name):
        return T("double")
    if a.is_integer and b.is_integer:
        return max(a, b, key=lambda t: BITS[t.name])
    a, b = as_decimal(a), as_decimal(b)
    scale = max(a.s, b.s)
    return T("decimal", min(38, max(a.p - a.s, b.p - b.s) + scale), scale)


def as_decimal(kind: T) -> T:
    return kind if kind.name == "decimal" else T("decimal", DIGITS[kind.name], 0)


def fitting_integer(value: int, kind: T, *errors: str) -> int:
    limit = 1 << (BITS[kind.name] - 1)
    if not -limit <= value < limit:
        raise TrinoError(*errors)
    return value


def fitting_decimal(value: Decimal, kind: T, *errors: str) -> Decimal:
    """Rounded half up to the type's scale; an error when it has more digits than the type."""
    rounded = value.quantize(Decimal(1).scaleb(-kind.s, WIDE), context=WIDE)
    if rounded.scaleb(kind.s, WIDE).copy_abs() >= 10**kind.p:
        raise TrinoError(*errors)
    return rounded or rounded.copy_abs()  # a decimal has no negative zero


def coerce(value: Any, given: T, to: T) -> Any:
    """What Trino does by itself where another type is needed."""
    if value is None or given == to:
        return value
    try:
        return cast(value, given, to)
    except TrinoError:
        raise Unspecified from None  # a decimal(38,s) cannot hold every value that it is the common type of


def arithmetic_type(operator: str, a: T, b: T) -> T:
    """The result's type. Raises Unspecified where there is none."""
    common = least(a, b)
    if common.name != "decimal":
        return common
    (p1, s1), (p2, s2) = ((t.p, t.s) for t in (as_decimal(a), as_decimal(b)))
    scale = max(s1, s2)
    if operator in "+-":
        return T("decimal", min(38, 1 + scale + max(p1 - s1, p2 - s2)), scale)
    if operator == "*":
        if s1 + s2 > 38:
            raise Unspecified
        return T("decimal", min(38, p1 + p2), s1 + s2)
    if operator == "/":
        return T("decimal", min(38, p1 + s2 + max(0, s2 - s1)), scale)
    return T("decimal", min(p2 - s2, p1 - s1) + scale, scale)


def arithmetic(operator: str, x: Any, y: Any, a: T, b: T) -> Any:
    """`x operator y` for numbers of the types `a` and `b`."""
    kind = arithmetic_type(operator, a, b)
    common = least(a, b)
    if common.name == "decimal" and operator in "+-%":
        _check_one_scale(max(as_decimal(a).s, as_decimal(b).s), x, y)
    if x is None or y is None:
        return None
    if common.name == "decimal":
        return _decimals(operator, Decimal(x), Decimal(y), kind)
    x, y = coerce(x, a, common), coerce(y, b, common)
    if common.name == "double":
        return _doubles(operator, x, y)
    if operator in "/%" and y == 0:
        raise TrinoError(ZERO)
    if operator == "/":
        return fitting_integer(abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1), kind, RANGE)
    if operator == "%":
        return abs(x) % abs(y) * (-1 if x < 0 else 1)
    return fitting_integer({"+": x + y, "-": x - y, "*": x * y}[operator], kind, RANGE)


def _check_one_scale(scale: int, *values: Any) -> None:
    """Trino brings both to one scale first; what it says of those that it cannot is not documented."""
    if any(v is not None and Decimal(v).scaleb(scale, WIDE).copy_abs() >= 10**38 for v in values):
        raise Unspecified


def _decimals(operator: str, x: Decimal, y: Decimal, kind: T) -> Decimal:
    if operator in "/%" and not y:
        raise TrinoError(ZERO)
    if operator == "%":
        return fitting_decimal(WIDE.subtract(x, WIDE.multiply(y, _towards_zero(x, y))), kind, RANGE)
    if operator == "/":
        return _quotient(x, y, kind)
    found = {"+": WIDE.add, "-": WIDE.subtract, "*": WIDE.multiply}[operator](x, y)
    return fitting_decimal(found, kind, RANGE)


def _towards_zero(x: Decimal, y: Decimal) -> Decimal:
    return WIDE.divide(x, y).quantize(Decimal(1), rounding=ROUND_DOWN, context=WIDE)


def _quotient(x: Decimal, y: Decimal, kind: T) -> Decimal:
    """Half up on exact integers: a quotient of 200 digits rounded twice could be wrong."""
    (n, d), (m, e) = x.as_integer_ratio(), y.as_integer_ratio()
    n, d = n * e * 10**kind.s, d * m
    rounded = (2 * abs(n) + abs(d)) // (2 * abs(d)) * (1 if (n < 0) == (d < 0) else -1)
    return fitting_decimal(Decimal(rounded).scaleb(-kind.s, WIDE), kind, RANGE)


def _doubles(operator: str, x: float, y: float) -> float:
    if operator in "/%" and y == 0:
        if operator == "%" or x == 0 or math.isnan(x):
            return math.nan
        return math.copysign(math.inf, x) * math.copysign(1, y)
    if operator == "%":
        return math.fmod(x, y) if math.isfinite(x) else math.nan
    return {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "/": lambda: x / y}[operator]()


def cast(value: Any, given: T, to: T) -> Any:
    """CAST(value AS to)."""
    if value is None or given == to:
        return value
    if to.name == "varchar":
        return text(value, given)
    if given.name == "varchar":
        return _from_text(value, to)
    if (given.name, to.name) == ("date", "timestamp"):
        return dt.datetime(value.year, value.month, value.day)
    if (given.name, to.name) == ("timestamp", "date"):
        return value.date()
    if given.name == "boolean":
        return _number(int(value), T("integer"), to)
    return bool(value) if to.name == "boolean" else _number(value, given, to)


def _number(value: Any, given: T, to: T) -> Any:
    if given.name == "double" and to.name != "double" and not math.isfinite(value):
        raise TrinoError(CAST, RANGE)
    if to.is_integer:
        whole = int(WIDE.quantize(Decimal(value), Decimal(1))) if not given.is_integer else value
        return fitting_integer(whole, to, *([RANGE] if given.is_integer else [CAST, RANGE]))
    if to.name == "decimal":
        return fitting_decimal(Decimal(value), to, CAST)
    if given.name == "decimal" and value.scaleb(given.s, WIDE).copy_abs() >= 2**53:
        raise Unspecified  # not the nearest double in every case
    return float(value)


def _from_text(value: str, to: T) -> Any:
    stripped = value.removeprefix("-") if value[:1] == "-" else value.removeprefix("+")
    if to.is_integer:
        if not (stripped.isascii() and stripped.isdigit()):
            raise TrinoError(CAST)
        return fitting_integer(int(value), to, CAST)
    if to.name == "boolean":
        if value.lower() not in ("true", "t", "1", "false", "f", "0"):
            raise TrinoError(CAST)
        return value.lower() in ("true", "t", "1")
    raise Unspecified


def text(value: Any, kind: T) -> str:
    """CAST(value AS varchar): a double is in scientific notation."""
    if kind.name == "double" and math.isfinite(value):
        sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
        figures = "".join(map(str, digits))
        power = int(exponent) + len(figures) - 1 if value else 0
        fraction = f".{figures[1:]}" if figures[1:] else (".0" if value else "")
        return f"{'-' * sign}{figures[0]}{fraction}E{power}"
    return shown(value, kind) or ""


def shown(value: Any, kind: T) -> str | None:
    """As GetQueryResults gives it."""
    if value is None:
        return None
    if kind.of is not None:
        return f"[{', '.join('null' if v is None else shown(v, kind.of) or '' for v in value)}]"
    if kind.name == "boolean":
        return "true" if value else "false"
    if kind.name == "timestamp":
        return f"{value.isoformat(' ', 'milliseconds')}"
    if kind.name == "decimal":
        return f"{value:f}"
    return _java_double(value) if kind.name == "double" else str(value)


def _java_double(value: float) -> str:
    """Java's Double.toString."""
    if not math.isfinite(value):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{Decimal(repr(value)):f}" if value else repr(value)
    return text(value, T("double"))


def compare(operator: str, x: Any, y: Any, a: T, b: T) -> bool | None:
    """`= <> < <= > >=`: NULL when either is; NaN equals nothing."""
    common = least(a, b)
    x, y = coerce(x, a, common), coerce(y, b, common)
    if x is None or y is None:
        return None
    return bool(
        {"=": x == y, "<>": x != y, "<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[operator]
        if not isinstance(x, list)
        else {"=": x == y, "<>": x != y}[operator]
    )


def both(values: list[bool | None]) -> bool | None:
    """AND."""
    return False if False in values else None if None in values else True


def either(values: list[bool | None]) -> bool | None:
    """OR."""
    return True if True in values else None if None in values else False


def negated(value: Any) -> bool | None:
    return None if value is None else not value
