"""Conditions that DuckDB would push to a scan, as PyIceberg's expressions: they leave out files that cannot match."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    NotNull,
    Or,
)
from pyiceberg.expressions.visitors import bind
from pyiceberg.schema import Schema
from pyiceberg.types import (
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
)
from sqlglot import exp

from local.athena.scanned import literal_value
from local.athena.sqltypes import columns_of

_COMPARISONS: dict[type[exp.Expr], Callable[..., BooleanExpression]] = {
    exp.EQ: EqualTo,
    exp.GT: GreaterThan,
    exp.GTE: GreaterThanOrEqual,
    exp.LT: LessThan,
    exp.LTE: LessThanOrEqual,
}
_is_null: Callable[..., BooleanExpression] = IsNull
_not_null: Callable[..., BooleanExpression] = NotNull
_in: Callable[..., BooleanExpression] = In
_MIRROR: dict[type[exp.Expr], type[exp.Expr]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}
_LIKE: dict[type[IcebergType], object] = {
    IntegerType: 0,
    LongType: 0,
    FloatType: 0.0,
    DoubleType: 0.0,
    DecimalType: Decimal(0),
    StringType: "",
    DateType: dt.date.min,
    TimestampType: dt.datetime.min,  # noqa: DTZ901 - Iceberg's timestamp has no zone
    TimestamptzType: dt.datetime.min.replace(tzinfo=dt.UTC),
}


def row_filter(filters: list[str], schema: Schema) -> BooleanExpression:
    """What all the conditions together say; what cannot be told in Iceberg's terms is left out, so it prunes less."""
    found: BooleanExpression = AlwaysTrue()
    for text in filters:
        parsed = columns_of(text)
        told = _expression(parsed[0], schema) if parsed else None
        if told is not None and _binds(told, schema):
            found = And(found, told)
    return found


def _binds(told: BooleanExpression, schema: Schema) -> bool:
    try:
        bind(schema, told, case_sensitive=True)
    except (ValueError, TypeError):
        return False
    return True


def _expression(node: exp.Expr, schema: Schema) -> BooleanExpression | None:  # noqa: PLR0911 - one return a form
    if isinstance(node, exp.Paren):
        return _expression(node.this, schema)
    if isinstance(node, exp.And):
        left, right = _expression(node.left, schema), _expression(node.right, schema)
        return And(left, right) if left is not None and right is not None else left or right
    if isinstance(node, exp.Or):
        left, right = _expression(node.left, schema), _expression(node.right, schema)
        return Or(left, right) if left is not None and right is not None else None
    if type(node) in _COMPARISONS:
        return _comparison(node, schema)
    name = _column(node.this, schema) if isinstance(node.this, exp.Expr) else None
    if isinstance(node, exp.Is) and name and isinstance(node.expression, exp.Null):
        return _is_null(name)
    if isinstance(node, exp.Not) and isinstance(node.this, exp.Is) and isinstance(node.this.expression, exp.Null):
        inner = _column(node.this.this, schema)
        return _not_null(inner) if inner else None
    if isinstance(node, exp.In) and name and node.expressions:
        values = [_value(v, name, schema) for v in node.expressions]
        return None if None in values else _in(name, values)
    if isinstance(node, exp.Between) and name:
        low, high = _value(node.args["low"], name, schema), _value(node.args["high"], name, schema)
        if low is not None and high is not None:
            return And(_COMPARISONS[exp.GTE](name, low), _COMPARISONS[exp.LTE](name, high))
    return None


def _comparison(node: exp.Expr, schema: Schema) -> BooleanExpression | None:
    left, right, kind = node.this, node.expression, type(node)
    if isinstance(right, exp.Column):
        left, right, kind = right, left, _MIRROR.get(kind, kind)
    name = _column(left, schema)
    value = _value(right, name, schema) if name else None
    return _COMPARISONS[kind](name, value) if value is not None else None


def _column(node: exp.Expr, schema: Schema) -> str | None:
    """The column as the table spells it."""
    if not isinstance(node, exp.Column):
        return None
    wanted = node.name.lower()
    return next((f.name for f in schema.fields if f.name.lower() == wanted), None)


def _value(node: exp.Expr, name: str, schema: Schema) -> Any:
    """A literal as a value of the column's type; None where it is none, or not exactly one."""
    kind = schema.find_field(name).field_type
    if type(kind) not in _LIKE:
        return None
    value = literal_value(node, _LIKE[type(kind)])
    if isinstance(value, Decimal):
        if isinstance(kind, (IntegerType, LongType)):
            return int(value) if value == value.to_integral_value() else None
        if isinstance(kind, DecimalType):
            exact = value.quantize(Decimal(1).scaleb(-kind.scale))
            return exact if exact == value else None
        return float(value)
    return value
