"""A job's transform as one SELECT: columns, where and deduplicate over one source, or the caller's own SELECT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from app.domain.errors import BadSql
from app.domain.locations import FILE_PARTITION, REJECTED_COLUMN, is_hidden
from app.domain.schemas import ColumnType, parse_type
from app.domain.transforms import Deduplicate, Transform
from app.sql.compile import verbatim
from app.sql.expressions import Expression, expression
from app.sql.guard import guard
from app.sql.mapping import Output, labelled, outputs, rejection
from app.sql.relations import Relation
from app.sql.unnest import known_columns, source_rows

_RANK: Final = "_rank"


@dataclass(frozen=True)
class Rows:
    """A SELECT with the names of its columns, in order, and their types where they are known before it runs.

    Columns that begin with `_` are written, too, but are none of the dataset's.
    """

    select: sa.Select[Any]
    names: tuple[str, ...]
    types: Mapping[str, ColumnType | None]

    @property
    def visible(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if not is_hidden(name))


def transform_select(transform: Transform, sources: Mapping[str, Relation], *, dialect: Dialect) -> Rows:
    """The rows that a job writes. `sources`: dataset id -> what it is physically, as the run pinned it.

    Without columns all of the source's pass through. Raises BadSql for unknown columns and refused SQL.
    """
    if transform.sql is not None:
        return _from_sql(transform.sql, sources, dialect)
    (relation,) = sources.values()
    columns = known_columns(transform, relation)
    made = outputs(transform, columns)
    where = expression(transform.where, tuple(column.name for column in columns)) if transform.where else None
    needed = frozenset().union(*(output.uses for output in made), where.columns if where else ())
    if transform.deduplicate is None:
        select = sa.select(*labelled(made)).select_from(source_rows(transform, relation, needed))
        select = select.where(where.element) if where else select
    else:
        select = _deduplicated(transform.deduplicate, relation, made, where, needed)
    types = {output.name: output.kind for output in made}
    if rejection(made) is not None:
        types[REJECTED_COLUMN] = parse_type("varchar")
    return Rows(select, tuple(types), types)


def _deduplicated(
    rule: Deduplicate,
    relation: Relation,
    made: Sequence[Output],
    where: Expression | None,
    needed: frozenset[str],
) -> sa.Select[Any]:
    """A rejected row is no row of the dataset: it takes no good one's place, and all of them are kept."""
    by_name = {output.name: output for output in made}
    rejected = rejection(made)

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
    groups = [value for value, _ in keys] + ([rejected] if rejected is not None else [])
    rank = sa.func.row_number().over(partition_by=groups, order_by=ranking)
    kept: list[sa.ColumnElement[Any]] = [sa.column(name) for name in relation.names if name in used]
    ranked = sa.select(*kept, rank.label(_RANK))
    ranked = ranked.select_from(rows)
    ranked = ranked.where(where.element) if where else ranked
    is_first: sa.ColumnElement[bool] = sa.column(_RANK) == sa.literal(1)
    kept_rows = is_first if rejected is None else sa.or_(is_first, rejected)
    return sa.select(*labelled(made)).select_from(ranked.subquery("ranked")).where(kept_rows)


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
    if kept := [name for name in names if is_hidden(name)]:
        raise BadSql(f"Call {kept[0]} otherwise: names that begin with _ are kept for the columns behind a dataset.")
    if "" in names or len(set(names)) < len(names):
        raise BadSql("Give every column of the SELECT a name of its own, with AS: they become the target's columns.")
    columns: list[sa.ColumnElement[Any]] = [sa.column(name) for name in names]
    rows = sa.select(*columns).select_from(verbatim(found.sql, names, "result"))
    return Rows(rows, names, dict.fromkeys(names))
