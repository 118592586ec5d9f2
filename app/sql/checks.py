"""The gate: one SELECT over a new version, before it is published, that counts what each check forbids."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from app.domain.check_results import REJECTED_ROWS, ROW_COUNT, counted_as
from app.domain.checks import (
    HAS_AGE,
    AcceptedValuesCheck,
    Check,
    FreshnessCheck,
    NotNullCheck,
    RangeCheck,
    RowCountCheck,
    SqlCheck,
    UniqueCheck,
)
from app.domain.errors import BadSql
from app.domain.schemas import Column, parse_type
from app.domain.transforms import Scalar
from app.sql.compile import compiled, sized
from app.sql.expressions import expression
from app.sql.relations import Relation
from app.sql.types import sql_type

_EPOCH: Final = "1970-01-01 00:00:00"


def gate_select(checks: Sequence[Check], version: Relation, *, dialect: Dialect) -> str:
    """One row: `row_count`, `rejected_rows` where there may be any, then `check_0`, `check_1`, ...: rows that break
    it; of `freshness` the newest value, in milliseconds since 1970. No time is in the text: a statement that is
    started twice is the same.

    Only the columns that the checks name are scanned. Raises BadSql if a check names a column that is not there or
    its SQL is refused.
    """
    table = version.rows().subquery("version")
    columns: list[sa.ColumnElement[Any]] = [sa.func.count().label(ROW_COUNT)]
    columns += [
        _measured(check, table, version).label(counted_as(at))
        for at, check in enumerate(checks)
        if not isinstance(check, RowCountCheck)
    ]
    rejects = version.rejects()
    if rejects is not None:
        counted = sa.select(sa.func.count()).select_from(rejects.rows(()).subquery("rejects"))
        columns.append(counted.scalar_subquery().label(REJECTED_ROWS))
    return sized(compiled(sa.select(*columns).select_from(table), dialect))


def _measured(check: Check, table: sa.Subquery, version: Relation) -> sa.ColumnElement[Any]:
    match check:
        case UniqueCheck():
            return _repeated(check, version)
        case NotNullCheck():
            nulls = [table.c[_column(version, name).name].is_(None) for name in check.columns]
            return sa.func.count_if(sa.or_(*nulls))
        case AcceptedValuesCheck():
            column = _column(version, check.column)
            accepted = [_literal(value, column) for value in check.values]
            return sa.func.count_if(table.c[column.name].not_in(accepted))
        case RangeCheck():
            return sa.func.count_if(_outside(check, table, version))
        case FreshnessCheck():
            return _newest(check, table, version)
        case SqlCheck():
            return sa.func.count_if(sa.not_(expression(check.expression, version.names).element))
        case RowCountCheck():
            return sa.func.count()


def _repeated(check: UniqueCheck, version: Relation) -> sa.ColumnElement[Any]:
    names = [_column(version, name).name for name in check.columns]
    rows = version.rows(names).subquery("keyed")
    keys = [rows.c[name] for name in names]
    groups = sa.select(sa.func.count().label("n")).select_from(rows).group_by(*keys).having(sa.func.count() > 1)
    # A join-free scalar subquery: Trino reads only the key columns for it.
    return sa.select(sa.func.count()).select_from(groups.subquery("repeated")).scalar_subquery()


def _newest(check: FreshnessCheck, table: sa.Subquery, version: Relation) -> sa.ColumnElement[Any]:
    column = _column(version, check.column)
    if column.type.name not in HAS_AGE:
        raise BadSql(f"A check asks how old {column.name} is, which has type {column.type}: no date, no timestamp.")
    moment = sql_type(parse_type("timestamp"))
    newest = sa.cast(sa.func.max(table.c[column.name]), moment)
    epoch = sa.cast(sa.literal(_EPOCH, sa.String()), moment)
    return sa.func.date_diff(sa.literal("millisecond", sa.String()), epoch, newest)


def _outside(check: RangeCheck, table: sa.Subquery, version: Relation) -> sa.ColumnElement[bool]:
    column = _column(version, check.column)
    value = table.c[column.name]
    bounds = [value < _literal(check.min, column)] if check.min is not None else []
    bounds += [value > _literal(check.max, column)] if check.max is not None else []
    return sa.or_(*bounds)


def _column(version: Relation, name: str) -> Column:
    column = version.find(name)
    if column is None:
        raise BadSql(f"A check names the column {name}, which the target does not have.")
    return column


def _literal(value: Scalar, column: Column) -> sa.ColumnElement[Any]:
    kind = column.type
    if isinstance(value, bool) or kind.name == "boolean":
        if not isinstance(value, bool) or kind.name != "boolean":
            raise BadSql(f"A check compares {column.name} ({kind}) with a value of another kind.")
        return sa.true() if value else sa.false()
    if kind.is_text:
        return sa.literal(str(value), sa.String())
    if kind.is_nested or kind.name == "binary":
        raise BadSql(f"A check cannot compare {column.name}: it has type {kind}.")
    if kind.is_numeric:
        return sa.literal_column(_number(value, column))
    return sa.cast(sa.literal(str(value), sa.String()), sql_type(kind))


def _number(value: Scalar, column: Column) -> str:
    """The number in digits: a Trino literal of exactly this value, whatever the column's own scale."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    text = format(number, "f") if number.is_finite() and abs(number.adjusted()) < 38 else ""
    if not text or len(text) > 40:
        raise BadSql(f"A check compares {column.name} ({column.type}) with what is no number of up to 38 digits.")
    return f"({text})"
