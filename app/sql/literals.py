"""A value of a definition as a literal of a column's type."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlalchemy as sa

from app.domain.errors import BadSql
from app.domain.schemas import ColumnType
from app.domain.transforms import Scalar
from app.sql.types import sql_type

_BITS: Final = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}


def typed_literal(value: Scalar, kind: ColumnType) -> sa.ColumnElement[Any]:
    """Exactly this value as one of this type. Raises BadSql when it is none: nothing is rounded, cut or guessed."""
    spell = _SPELLED.get(kind.name)
    text = spell(value, kind) if spell else None
    if text is None:
        raise BadSql(f"{str(value)[:60]!r} is no value of the type {kind}.")
    literal: sa.ColumnElement[Any] = sa.literal(text, sa.String())
    return literal if kind.name == "varchar" and kind.length is None else sa.cast(literal, sql_type(kind))


def _text(value: Scalar, kind: ColumnType) -> str | None:
    return value if isinstance(value, str) and len(value) <= (kind.length or len(value)) else None


def _boolean(value: Scalar, _: ColumnType) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None


def _integer(value: Scalar, kind: ColumnType) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    half = 2 ** (_BITS[kind.name] - 1)
    return str(value) if -half <= value < half else None


def _decimal(value: Scalar, kind: ColumnType) -> str | None:
    """Text, too: `"0.10"` says more than JSON's number."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    scale, precision = kind.scale or 0, kind.precision or 38
    if not number.is_finite() or abs(number) >= Decimal(10) ** (precision - scale):
        return None
    return format(number, "f") if number == round(number, scale) else None


def _double(value: Scalar, _: ColumnType) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return repr(float(value)) if math.isfinite(value) else None
    except OverflowError:
        return None


def _date(value: Scalar, _: ColumnType) -> str | None:
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


def _timestamp(value: Scalar, _: ColumnType) -> str | None:
    """UTC, in milliseconds: what a Hive table holds."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None or moment.microsecond % 1000:
        return None
    moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return moment.isoformat(sep=" ", timespec="milliseconds")


_SPELLED: Final[dict[str, Callable[[Scalar, ColumnType], str | None]]] = {
    "varchar": _text,
    "char": _text,
    "boolean": _boolean,
    **dict.fromkeys(_BITS, _integer),
    "decimal": _decimal,
    "double": _double,
    "float": _double,
    "date": _date,
    "timestamp": _timestamp,
}
