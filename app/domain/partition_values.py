"""Values of partition columns. The catalogue has them as folders name them, Athena as `CAST(.. AS varchar)` writes
them, people as they like: texts of one value that are alike only once they are read by the column's type.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.domain.schemas import ColumnType

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""How Hive and Athena write the partition of the rows whose partition column is NULL."""


def partition_value(text: str, kind: ColumnType) -> Any:
    """The value, comparable with others of its type. ValueError or ArithmeticError when the text is none."""
    if kind.is_integer:
        return int(text)
    if kind.name == "decimal":
        return Decimal(text)
    if kind.is_numeric:
        return float(text)
    if kind.name == "date":
        return date.fromisoformat(text)
    if kind.name == "timestamp":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            raise ValueError("a timestamp of a partition has no time zone")
        return moment
    if kind.name == "boolean":
        return text.lower()
    return text.rstrip(" ") if kind.name == "char" else text


def partition_values(texts: Sequence[str | None], kinds: Sequence[ColumnType]) -> tuple[Any, ...]:
    """A partition as its values, one a column; None for NULL."""
    return tuple(
        None if text is None or text == NULL_PARTITION else partition_value(text, kind)
        for text, kind in zip(texts, kinds, strict=True)
    )
