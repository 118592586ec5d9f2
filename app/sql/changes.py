"""Rows on top of the rows of a base: appended, merged, or replaced in a range.

A merge is one FULL JOIN of the base with the latest change per key. The base is not ranked, so a merge costs one pass
over the touched partitions, whatever the number of their rows. Tombstones stay as rows with `_deleted`: a change that
comes late must lose against the deletion that it did not know.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from app.domain.builds import PartitionRange
from app.domain.jobs import Layout
from app.domain.locations import DELETED_COLUMN, FILE_PARTITION, INGEST_COLUMN, LOAD_PARTITION
from app.domain.merges import Merge
from app.domain.schemas import ColumnType, parse_type
from app.domain.transforms import Transform
from app.sql.compile import compiled, sized
from app.sql.ctas import PartitionValues, among
from app.sql.expressions import expression
from app.sql.mapping import labelled, outputs
from app.sql.relations import Relation
from app.sql.select import Rows, is_orderable
from app.sql.types import sql_type

_RANK: Final = "_rank"
MOST_NAMED: Final = 2_000
"""Partitions that a statement names one by one, so that it reads no others; above it reads all."""


def changes_select(transform: Transform, merge: Merge, source: Relation) -> Rows:
    """The rows of change files, with the file that each came with and whether it deletes its key."""
    made = outputs(transform, source.columns)
    where = expression(transform.where, source.names) if transform.where else None
    deletes = expression(merge.deleted, source.names) if merge.deleted else None
    needed = frozenset().union(*(output.uses for output in made), *(one.columns for one in (where, deletes) if one))
    deleted = sa.func.coalesce(deletes.element, sa.false()) if deletes else sa.false()
    select = sa.select(
        *labelled(made),
        sa.column(FILE_PARTITION).label(INGEST_COLUMN),
        sa.cast(deleted, sa.Boolean()).label(DELETED_COLUMN),
    ).select_from(source.rows(needed, with_file=True).subquery("source"))
    select = select.where(where.element) if where else select
    types = {output.name: output.kind for output in made}
    hidden = {INGEST_COLUMN: parse_type("varchar"), DELETED_COLUMN: parse_type("boolean")}
    return Rows(select, (*types, *hidden), {**types, **hidden})


def base_rows(base: Relation) -> Rows:
    """Every row of a version, tombstones and rejected ones too."""
    hidden = tuple(name for name in base.hidden if name != LOAD_PARTITION)
    select = base.rows(with_hidden=True)
    names = (*base.names, *hidden)
    types: dict[str, ColumnType | None] = {column.name: column.type for column in base.columns}
    inner = select.subquery("all_rows")
    return Rows(sa.select(*(inner.c[name] for name in names)), names, {**types, **dict.fromkeys(hidden)})


def united(base: Rows, rows: Rows) -> Rows:
    """Both, one below the other, in the columns of `rows`."""
    old, new = base.select.subquery("old_rows"), rows.select.subquery("new_rows")
    both = sa.union_all(
        sa.select(*(old.c[name] for name in rows.names)), sa.select(*(new.c[name] for name in rows.names))
    ).subquery("both")
    return Rows(sa.select(*(both.c[name] for name in rows.names)), rows.names, rows.types)


def ranged(rows: Rows, scope: Sequence[PartitionRange], base: Relation, *, is_inside: bool = True) -> Rows:
    """The rows inside the range, or those outside it; a NULL is outside. The columns are of the base's types, by which
    its partitions are told apart as well, or a row could be neither inside nor outside.
    """
    types = {column.name: column.type for column in base.columns}
    inner = rows.select.subquery("ranged")
    inside = sa.and_(*(_within(inner.c[one.column], one, types[one.column]) for one in scope))
    chosen = inside if is_inside else sa.not_(sa.func.coalesce(inside, sa.false()))
    return Rows(sa.select(*(inner.c[name] for name in rows.names)).where(chosen), rows.names, rows.types)


def latest(rows: Rows, merge: Merge) -> Rows:
    """One row per key: the first by the merge's order; ties go to the later file, then to the values' order."""
    inner = rows.select.subquery("changes")
    order = [(inner.c[k.column].desc() if k.descending else inner.c[k.column].asc()).nulls_last() for k in merge.order]
    order.append(inner.c[INGEST_COLUMN].desc())
    decided = {*merge.keys, *(key.column for key in merge.order), INGEST_COLUMN}
    order += [inner.c[name].asc().nulls_last() for name in rows.names if name not in decided and _can_order(rows, name)]
    rank = sa.func.row_number().over(partition_by=[inner.c[name] for name in merge.keys], order_by=order)
    ranked = sa.select(*(inner.c[name] for name in rows.names), rank.label(_RANK)).subquery("ranked_changes")
    kept = sa.select(*(ranked.c[name] for name in rows.names)).where(ranked.c[_RANK] == sa.literal(1))
    return Rows(kept, rows.names, rows.types)


def merged(base: Rows, changes: Rows, merge: Merge) -> Rows:
    """The base with the changes in it. `changes` has one row per key (`latest`), and so has the base."""
    old, new = base.select.subquery("old_rows"), changes.select.subquery("new_rows")
    joined = old.join(new, sa.and_(*(old.c[key] == new.c[key] for key in merge.keys)), full=True)
    # Every row came with a file, so a NULL there is the side that the join did not find.
    stays = sa.or_(
        new.c[INGEST_COLUMN].is_(None),
        sa.and_(old.c[INGEST_COLUMN].is_not(None), _is_newer(old, new, merge)),
    )
    picked = [
        _if(stays, old.c[name], new.c[name]).label(name)
        if name not in merge.keys
        else sa.func.coalesce(old.c[name], new.c[name]).label(name)
        for name in changes.names
    ]
    return Rows(sa.select(*picked).select_from(joined), changes.names, changes.types)


def touched_select(base: Rows, changes: Rows, merge: Merge, layout: Layout, *, dialect: Dialect) -> str:
    """The partitions that a merge must write, as `partitions_select` lists them: where the changes go, and where the
    rows lie that they change. The files of the changes are read once.
    """
    keys = layout.partition_by
    old, new = base.select.subquery("old_rows"), changes.select.subquery("new_rows")
    joined = new.outerjoin(old, sa.and_(*(old.c[key] == new.c[key] for key in merge.keys)))
    sides = sa.union_all(sa.select(sa.literal(1).label("side")), sa.select(sa.literal(2).label("side"))).subquery("s")
    is_new = sides.c.side == sa.literal(1)
    both = (
        sa.select(*(_if(is_new, new.c[name], old.c[name]).label(name) for name in keys))
        .select_from(joined.join(sides, sa.true()))
        .where(sa.or_(is_new, old.c[INGEST_COLUMN].is_not(None)))
        .subquery("touched")
    )
    texts = [sa.cast(both.c[name], sa.String()).label(name) for name in keys]
    grouped = sa.select(*texts, sa.func.count().label("rows")).group_by(*(both.c[name] for name in keys))
    places: list[sa.ColumnElement[Any]] = [sa.literal_column(str(at)) for at in range(1, len(keys) + 1)]
    return sized(compiled(grouped.order_by(*places), dialect))


def in_partitions(rows: Rows, layout: Layout, partitions: Sequence[PartitionValues]) -> Rows:
    """The rows of these partitions."""
    inner = rows.select.subquery("in_partitions")
    keys = [(inner.c[name], rows.types.get(name)) for name in layout.partition_by]
    chosen = among(keys, sorted(partitions, key=lambda row: [(one is not None, one or "") for one in row]))
    return Rows(sa.select(*(inner.c[name] for name in rows.names)).where(chosen), rows.names, rows.types)


def _if(condition: sa.ColumnElement[bool], one: Any, other: Any) -> sa.ColumnElement[Any]:
    return sa.case((condition, one), else_=other)


def _is_newer(old: sa.Subquery, new: sa.Subquery, merge: Merge) -> sa.ColumnElement[bool]:
    """Whether the old row stands before the new one in the merge's order, NULLs last; the later file on a tie."""
    newer: sa.ColumnElement[bool] = old.c[INGEST_COLUMN] > new.c[INGEST_COLUMN]
    for key in reversed(merge.order):
        mine, theirs = old.c[key.column], new.c[key.column]
        first = mine > theirs if key.descending else mine < theirs
        is_same = sa.or_(mine == theirs, sa.and_(mine.is_(None), theirs.is_(None)))
        newer = sa.or_(first, sa.and_(mine.is_not(None), theirs.is_(None)), sa.and_(is_same, newer))
    return sa.func.coalesce(newer, sa.false())


def _within(column: sa.ColumnElement[Any], one: PartitionRange, kind: ColumnType) -> sa.ColumnElement[bool]:
    texts = (each.isoformat(" ") if isinstance(each, datetime) else str(each) for each in one.bounds(kind))
    low, high = (sa.cast(sa.literal(text, sa.String()), sql_type(kind)) for text in texts)
    return sa.and_(column >= low, column <= high)


def _can_order(rows: Rows, name: str) -> bool:
    kind = rows.types.get(name)
    return kind is not None and is_orderable(kind)
