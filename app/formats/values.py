"""Athena's text values as JSON values.

Integers become exact numbers, doubles numbers (NaN and Infinity null, counted), booleans true and false, timestamps ISO
8601. Decimals stay text, exact; so do dates, arrays, maps and rows.
"""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.queries import ResultColumn
from app.formats.athena_csv import Row

INTEGERS = frozenset({"tinyint", "smallint", "int", "bigint"})
FLOATS = frozenset({"float", "double"})
_DDL = {"integer": "int", "real": "float", "varbinary": "binary", "row": "struct"}


def column(info: dict[str, Any]) -> ResultColumn:
    """A result's column from Athena's ColumnInfo, under the type's name in tables."""
    kind = _DDL.get(info["Type"], str(info["Type"]))
    is_decimal = kind == "decimal"
    return ResultColumn(
        name=info["Name"],
        type=kind,
        precision=int(info["Precision"]) if is_decimal else None,
        scale=int(info["Scale"]) if is_decimal else None,
    )


def typed(
    rows: Sequence[Row], columns: Sequence[ResultColumn], *, is_int64_text: bool = False
) -> tuple[list[list[Any]], dict[str, int]]:
    """The rows as JSON values, and per column how many values JSON has no number for."""
    values: list[list[Any]] = list(rows)
    warnings: dict[str, int] = {}
    for at, col in enumerate(columns):
        if col.type in FLOATS:
            lost = _floats(values, at)
            if lost:
                warnings[col.name] = warnings.get(col.name, 0) + lost
            continue
        convert = None if is_int64_text and col.type == "bigint" else _CONVERTERS.get(col.type)
        if convert is not None:
            for row in values:
                if row[at] is not None:
                    row[at] = convert(row[at])
    return values, warnings


def _floats(rows: list[list[Any]], at: int) -> int:
    lost = 0
    for row in rows:
        if row[at] is not None:
            number = float(row[at])
            if not math.isfinite(number):
                row[at] = None
                lost += 1
            else:
                row[at] = number
    return lost


def moment(text: str) -> str:
    """`2013-01-01 05:00:00.000` -> `2013-01-01T05:00:00`; with a zone, its offset (`Z`, `+02:00`) follows.

    A fraction is there when it is not zero, in 3, 6 or 9 digits.
    """
    parts = text.split(" ", 2)
    if len(parts) == 2:
        return f"{parts[0]}T{_time(parts[1])}"
    if len(parts) == 3:
        return f"{parts[0]}T{_time(parts[1])}{_offset(parts[0], parts[1], parts[2])}"
    return text


def _time(text: str) -> str:
    whole, _, fraction = text.partition(".")
    digits = fraction.rstrip("0")
    return f"{whole}.{digits.ljust(-(-len(digits) // 3) * 3, '0')}" if digits else whole


def _offset(day: str, time: str, zone: str) -> str:
    if zone in {"UTC", "Z"}:
        return "Z"
    if zone[:1] in "+-":
        return zone
    try:
        local = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return f"[{zone}]"
    return local.strftime("%z")[:3] + ":" + local.strftime("%z")[3:5]


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(INTEGERS, int),
    "boolean": "true".__eq__,
    "timestamp": moment,
    "timestamp with time zone": moment,
}
