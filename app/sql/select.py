"""A job's transform as one SELECT: columns, where and deduplicate over one source, or the caller's own SELECT."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from app.domain.errors import BadSql
from app.domain.locations import FILE_PARTITION
from app.domain.schemas import Column, ColumnType, parse_type
from app.domain.transforms import Deduplicate, OutputColumn, Transform
from app.sql.compile import verbatim
from app.sql.expressions import Expression, expression
from app.sql.guard import guard
from app.sql.relations import Relation
from app.sql.types import sql_type

_RANK: Final = "_rank"


@dataclass(frozen=True)
class Rows:
    """A SELECT with the names of its columns, in order, and their types where they are known before it runs."""

    select: sa.Select[Any]
    names: tuple[str, ...]
    types: Mapping[str, ColumnType | None]


@dataclass(frozen=True)
class _Output:
    name: str
    kind: ColumnType | None
    value: sa.ColumnElement[Any]
    uses: frozenset[str]


def transform_select(transform: Transform, sources: Mapping[str, Relation], *, dialect: Dialect) -> Rows:
    """The rows that a job writes. `sources`: dataset id -> what it is physically, as the run pinned it.

    Without columns all of the source's pass through. Raises BadSql for unknown columns and refused SQL.
    """
    if transform.sql is not None:
        return _from_sql(transform.sql, sources, dialect)
    (relation,) = sources.values()
    outputs = _outputs(transform, relation)
    where = expression(transform.where, relation.names) if transform.where else None
    needed = frozenset().union(*(output.uses for output in outputs), where.columns if where else ())
    if transform.deduplicate is None:
        rows = relation.rows(needed).subquery("source")
        select = sa.select(*_labelled(outputs)).select_from(rows)
        select = select.where(where.element) if where else select
    else:
        select = _deduplicated(transform.deduplicate, relation, outputs, where, needed)
    return Rows(select, tuple(o.name for o in outputs), {o.name: o.kind for o in outputs})


def _labelled(outputs: list[_Output]) -> list[sa.Label[Any]]:
    return [output.value.label(output.name) for output in outputs]


def _outputs(transform: Transform, relation: Relation) -> list[_Output]:
    if transform.columns is None:
        return [_passed(column) for column in relation.columns]
    return [_output(wanted, relation) for wanted in transform.columns]


def _passed(column: Column) -> _Output:
    return _Output(column.name, column.type, sa.column(column.name), frozenset((column.name,)))


def _output(wanted: OutputColumn, relation: Relation) -> _Output:
    kind = parse_type(wanted.type) if wanted.type else None
    if wanted.expression is not None:
        found = expression(wanted.expression, relation.names)
        value = found.element if kind is None else sa.cast(found.element, sql_type(kind))
        return _Output(wanted.name, kind, value, frozenset(found.columns))
    name = wanted.from_ or wanted.name
    source = relation.find(name)
    if source is None:
        raise BadSql(f"The column {wanted.name} comes from {name}, which the source does not have.")
    value = _converted(sa.column(name), source.type, kind)
    return _Output(wanted.name, kind or source.type, value, frozenset((name,)))


def _converted(value: sa.ColumnElement[Any], found: ColumnType, wanted: ColumnType | None) -> sa.ColumnElement[Any]:
    """A strict cast: a value that is none of the new type fails the run instead of becoming NULL unseen.

    The empty text is no value of any type but text, so it is NULL there.
    """
    if wanted is None or wanted == found:
        return value
    if found.is_text and not wanted.is_text:
        value = sa.func.nullif(sa.func.trim(value), sa.literal(""))
    return sa.cast(value, sql_type(wanted))


def _deduplicated(
    rule: Deduplicate,
    relation: Relation,
    outputs: list[_Output],
    where: Expression | None,
    needed: frozenset[str],
) -> sa.Select[Any]:
    by_name = {output.name: output for output in outputs}

    def place(name: str) -> tuple[sa.ColumnElement[Any], frozenset[str]]:
        if relation.find(name) is not None:
            return sa.column(name), frozenset((name,))
        if name in by_name:
            return by_name[name].value, by_name[name].uses
        raise BadSql(f"deduplicate names {name}, which is a column of neither the source nor the target.")

    keys = [place(name) for name in rule.keys]
    order = [(place(key.column), key.descending) for key in rule.order]
    used = needed.union(*(uses for _, uses in keys), *(uses for (_, uses), _ in order))
    rows = relation.rows(used, with_file=True).subquery("source")
    ranking: list[sa.ColumnElement[Any]] = [
        (value.desc() if descending else value.asc()).nulls_last() for (value, _), descending in order
    ]
    ranking += _tie_break(relation, used, {*rule.keys, *(key.column for key in rule.order)})
    rank = sa.func.row_number().over(partition_by=[value for value, _ in keys], order_by=ranking)
    kept: list[sa.ColumnElement[Any]] = [sa.column(name) for name in relation.names if name in used]
    ranked = sa.select(*kept, rank.label(_RANK))
    ranked = ranked.select_from(rows)
    ranked = ranked.where(where.element) if where else ranked
    return (
        sa.select(*_labelled(outputs)).select_from(ranked.subquery("ranked")).where(sa.column(_RANK) == sa.literal(1))
    )


def _tie_break(relation: Relation, used: frozenset[str], ranked: set[str]) -> list[sa.ColumnElement[Any]]:
    """Last file first (file ids sort by time of arrival), then the values, so that a retry keeps the same row."""
    order: list[sa.ColumnElement[Any]] = []
    if relation.has_files:
        order.append(sa.column(FILE_PARTITION).desc())
    order += [
        sa.column(column.name).asc().nulls_last()
        for column in relation.columns
        if column.name in used and column.name not in ranked and is_orderable(column.type)
    ]
    return order or [sa.literal_column("NULL")]


def is_orderable(kind: ColumnType) -> bool:
    """Trino compares every type but maps."""
    return kind.name != "map" and all(is_orderable(part) for part in kind.parts)


def _from_sql(sql: str, sources: Mapping[str, Relation], dialect: Dialect) -> Rows:
    found = guard(sql, resolve=sources.get, dialect=dialect)
    if found.columns is None:
        raise BadSql("Name the columns of the SELECT: a job must know what it writes (no * over a subquery's *).")
    names = found.columns
    if "" in names or len(set(names)) < len(names):
        raise BadSql("Give every column of the SELECT a name of its own, with AS: they become the target's columns.")
    kept: list[sa.ColumnElement[Any]] = [sa.column(name) for name in names]
    rows = sa.select(*kept).select_from(verbatim(found.sql, names, "result"))
    return Rows(rows, names, dict.fromkeys(names))
