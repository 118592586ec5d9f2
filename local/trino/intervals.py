"""Intervals: literals, text, and arithmetic with times.

`interval day to second` is an INTERVAL without months, whole milliseconds as in Trino; `interval year to month` one of
months alone. Sources: https://trino.io/docs/current/functions/datetime.html#date-and-time-operators and Trino's
IntervalLiteral, IntervalDayTimeOperators, DateTimeOperators.
"""

import re
from collections.abc import Callable

from sqlglot import exp

from local.trino import zones
from local.trino.errors import SqlError
from local.trino.registry import macro
from local.trino.typed import Typed, failing, once
from local.trino.types import BIGINT, DAY_SECOND, DOUBLE, YEAR_MONTH, Type

_DAY = 86_400_000
_UNITS = {"DAY": _DAY, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1000}
_SEPARATORS = {"DAY": r"\s+", "HOUR": ":", "MINUTE": ":"}
_PART_OF_DAY = failing("INVALID_FUNCTION_ARGUMENT", "'Cannot add hour, minutes or seconds to a date'", "DATE")
_TIMES_NAN = failing("INVALID_FUNCTION_ARGUMENT", "'Cannot multiply by double NaN'", "DOUBLE")
_BY_NOTHING = failing(
    "INVALID_FUNCTION_ARGUMENT", "'Cannot divide by double ' || CASE WHEN isnan(n) THEN 'NaN' ELSE '0.0' END", "DOUBLE"
)

macro(
    "trino_millis(i) AS epoch_ms(i)",
    "trino_months(i) AS datepart('year', i) * 12 + datepart('month', i)",
    "trino_from_millis(n) AS to_microseconds(CAST(n AS BIGINT) * 1000)",
    # `days hh:mm:ss.mmm` of milliseconds, `years-months` of months.
    "trino_day_second(n) AS CASE WHEN n < 0 THEN '-' ELSE '' END || format('{:d} {:02d}:{:02d}:{:02d}.{:03d}', "
    "abs(n) // 86400000, abs(n) // 3600000 % 24, abs(n) // 60000 % 60, abs(n) // 1000 % 60, abs(n) % 1000)",
    "trino_year_month(n) AS CASE WHEN n < 0 THEN '-' ELSE '' END || format('{:d}-{:d}', abs(n) // 12, abs(n) % 12)",
    f"trino_date_plus(d, n) AS CASE WHEN n % {_DAY} = 0 THEN d + CAST(n // {_DAY} AS INTEGER) "
    f"WHEN d IS NOT NULL AND n IS NOT NULL THEN {_PART_OF_DAY} END",
    f"trino_factor(n) AS CASE WHEN isnan(n) THEN {_TIMES_NAN} ELSE n END",
    f"trino_divisor(n) AS CASE WHEN isnan(n) OR n = 0 THEN {_BY_NOTHING} ELSE n END",
)


def literal(node: exp.Expr) -> Typed:
    """`INTERVAL '3 4:05:06.789' DAY TO SECOND`. Raises SqlError with INVALID_LITERAL."""
    value, sign = node.this, 1
    if isinstance(value, exp.Neg):
        value, sign = value.this, -1
    unit = node.args.get("unit")
    if not isinstance(value, exp.Literal) or not value.is_string or unit is None:
        raise SqlError("SYNTAX_ERROR", "mismatched input. Expecting: <string>", node)
    first, last = (unit.this, unit.expression) if isinstance(unit, exp.IntervalSpan) else (unit, unit)
    start, end = first.name.upper(), last.name.upper()
    text = value.name
    if start in ("YEAR", "MONTH") and end in ("YEAR", "MONTH"):
        months = _months(text, start, end)
        found = None if months is None else Typed(f"to_months({sign * months})", YEAR_MONTH)
    elif start in _UNITS and end in _UNITS:
        millis = _millis(text, start, end)
        found = None if millis is None else _days(sign * millis)
    else:
        expected = "'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'"
        raise SqlError("SYNTAX_ERROR", f"mismatched input '{first.name}'. Expecting: {expected}", node)
    if found is None:
        raise SqlError("INVALID_LITERAL", f"'{text}' is not a valid INTERVAL literal", node)
    return found


def _days(millis: int) -> Typed:
    """Whole days are written as days, which keeps `date + interval` a plain sum."""
    return Typed(f"to_days({millis // _DAY})" if millis % _DAY == 0 else f"trino_from_millis({millis})", DAY_SECOND)


def _months(text: str, start: str, end: str) -> int | None:
    found = re.fullmatch(r"(-?)(\d{1,9})(?:-(\d{1,9}))?", text)
    if found is None or (found[3] is not None and (start, end) != ("YEAR", "MONTH")):
        return None
    months = int(found[2]) * (12 if start == "YEAR" else 1) + int(found[3] or 0)
    return -months if found[1] else months


def _millis(text: str, start: str, end: str) -> int | None:
    """The fields from `start` to `end`; later ones may be left out."""
    names = list(_UNITS)[list(_UNITS).index(start) : list(_UNITS).index(end) + 1]
    pattern = ""
    for name in reversed(names):
        number = r"(\d{1,12}(?:\.\d{1,9})?)" if name == "SECOND" else r"(\d{1,12})"
        pattern = number + (f"(?:{_SEPARATORS[name]}{pattern})?" if pattern else "")
    found = re.fullmatch(f"(-?){pattern}", text) if pattern else None
    if found is None:
        return None
    total = 0
    for name, part in zip(names, found.groups()[1:], strict=True):
        whole, _, fraction = (part or "0").partition(".")
        total += int(whole) * _UNITS[name] + int((fraction + "000")[:3])
    return -total if found[1] else total


def shown(sql: str, kind: Type) -> str:
    """SQL of an interval's text: `2 03:00:00.000` or `3-5`."""
    if kind == YEAR_MONTH:
        return once(f"trino_months({sql})", build=lambda n: f"trino_year_month({n})")
    return once(f"trino_millis({sql})", build=lambda n: f"trino_day_second({n})")


def plus(left: Typed, right: Typed, operator: str) -> Typed | None:
    """`+` and `-` of which one side at least is a time or an interval; None where Trino has no such operator."""
    a, b = left.type, right.type
    if a == b and a in (DAY_SECOND, YEAR_MONTH):
        return Typed(f"({left.sql} {operator} {right.sql})", a)
    if b in (DAY_SECOND, YEAR_MONTH):
        return _shifted(left, right, operator)
    if operator == "+":
        return _shifted(right, left, operator) if a in (DAY_SECOND, YEAR_MONTH) else None
    return _difference(left, right)


def _shifted(time: Typed, interval: Typed, operator: str) -> Typed | None:
    kind, sql, by = time.type, time.sql, interval.sql
    is_months = interval.type == YEAR_MONTH
    if kind.name == "date":
        return Typed(_date_shifted(sql, by, operator, is_months=is_months), kind)
    if kind.name.startswith("time ") or kind.name == "time":
        return None if is_months else Typed(f"({sql} {operator} {by})", _with_millis(kind))
    if kind.name == "timestamp":
        return Typed(f"({sql} {operator} {by})", kind if is_months else _with_millis(kind))
    if kind.name != "timestamp with time zone":
        return None
    if not is_months:
        made = zones.of_parts(sql, lambda t, z: zones.zoned(f"({t} {operator} {by})", z))
        return Typed(made, _with_millis(kind))
    return Typed(in_zone(sql, lambda local: f"({local} {operator} {by})"), kind)


def in_zone(zoned: str, change: Callable[[str], str]) -> str:
    """SQL of a zoned value whose local time is changed."""
    return zones.of_parts(zoned, lambda t, z: zones.zoned(zones.instant(change(zones.local(t, z)), z), z))


def _date_shifted(sql: str, by: str, operator: str, *, is_months: bool) -> str:
    if is_months:
        return f"CAST({sql} {operator} {by} AS DATE)"
    if (days := re.fullmatch(r"to_days\((-?\d+)\)", by)) is not None:
        return f"({sql} {operator} ({days[1]}))"
    n = f"{'-' if operator == '-' else ''}trino_millis({by})"
    return once(sql, n, build=lambda d, m: f"trino_date_plus({d}, {m})")


def _with_millis(kind: Type) -> Type:
    return Type(kind.name, (max(3, kind.args[0] if kind.args else 3),))


def _difference(left: Typed, right: Typed) -> Typed | None:
    """A time less a time of the same kind, an `interval day to second`."""
    from local.trino.casts import coerce
    from local.trino.types import common

    kind = common(left.type, right.type)
    if kind is None or kind.name not in ("date", "time", "timestamp", "timestamp with time zone"):
        return None
    a, b = coerce(left, kind).sql, coerce(right, kind).sql
    if kind.name == "date":
        return Typed(f"to_days(CAST({a} - {b} AS INTEGER))", DAY_SECOND)
    if kind.name == "timestamp with time zone":
        a, b = zones.moment(a), zones.moment(b)
    micros = f"(epoch_us({a}) - epoch_us({b}))"
    return Typed(f"trino_from_millis({micros} // 1000)", DAY_SECOND)


def times(left: Typed, right: Typed, operator: str) -> Typed | None:
    """`interval * number`, `number * interval`, `interval / number`; None where Trino has no such operator."""
    from local.trino.casts import coerce

    if operator == "*" and right.type in (DAY_SECOND, YEAR_MONTH):
        left, right = right, left
    kind = left.type
    if kind not in (DAY_SECOND, YEAR_MONTH) or operator not in "*/" or not right.type.is_number:
        return None
    size = f"trino_{'months' if kind == YEAR_MONTH else 'millis'}({left.sql})"
    if operator == "*" and right.type.is_integer:
        found = f"CAST({size} * {coerce(right, BIGINT).sql} AS BIGINT)"
    else:
        check = "trino_factor" if operator == "*" else "trino_divisor"
        number = once(coerce(right, DOUBLE).sql, build=lambda n: f"{check}({n})")
        found = f"CAST(trunc({size} {operator} {number}) AS BIGINT)"
    return Typed(f"to_months(CAST({found} AS INTEGER))" if kind == YEAR_MONTH else f"trino_from_millis({found})", kind)
