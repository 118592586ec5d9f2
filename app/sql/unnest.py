"""One row per element of a nested column: how a document becomes a parent's table and its children's."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import sqlalchemy as sa

from app.domain.errors import BadSql
from app.domain.schemas import Column, ColumnType, parse_type
from app.domain.transforms import Transform, Unnest
from app.sql.mapping import converted
from app.sql.relations import Relation
from app.sql.types import sql_type

_BIGINT: Final = ColumnType("bigint")


def known_columns(transform: Transform, relation: Relation) -> tuple[Column, ...]:
    """What the transform's columns and filter may name. Raises BadSql if the source has not what is unnested."""
    rule = transform.unnest
    if rule is None:
        return relation.columns
    source = relation.find(rule.column)
    if source is None:
        raise BadSql(f"There is no column {rule.column} to unnest.")
    found = [Column(name=rule.as_, type=_element(collection_type(rule, source)))]
    found += [Column(name=rule.position, type=_BIGINT)] if rule.position else []
    if taken := [column.name for column in found if relation.find(column.name)]:
        raise BadSql(f"The source has a column {taken[0]} already; call the element or its position otherwise.")
    return (*relation.columns, *found)


def collection_type(rule: Unnest, source: Column) -> ColumnType:
    """The array or map that is unnested. Raises BadSql when the column is none and holds none as JSON."""
    kind = parse_type(rule.type) if rule.type else source.type
    if kind.name not in {"array", "map"}:
        need = "Say which array or map its text holds, as `type`." if source.type.is_text else "Name another column."
        raise BadSql(f"{source.name} has the type {kind}, which is no array and no map. {need}")
    if kind != source.type and not (source.type.is_text or source.type.name == kind.name):
        raise BadSql(f"{source.name} has the type {source.type} and cannot become {kind}.")
    return kind


def source_rows(transform: Transform, relation: Relation, names: Collection[str]) -> sa.Subquery:
    """The source's rows, or their elements, with the columns that are named."""
    rule = transform.unnest
    if rule is None:
        return relation.rows(names).subquery("source")
    wanted = {name for name in names if relation.find(name)} | {rule.column}
    rows = relation.rows(wanted).subquery("parents")
    return _elements(rule, relation, rows, [name for name in relation.names if name in wanted]).subquery("source")


def _elements(rule: Unnest, relation: Relation, rows: sa.Subquery, names: Sequence[str]) -> sa.Select[Any]:
    source = next(column for column in relation.columns if column.name == rule.column)
    kind = collection_type(rule, source)
    value = converted(sa.column(rule.column), source.type, kind)
    if kind.name == "map":
        entries = ColumnType("array", parts=(_element(kind),))
        value = sa.cast(sa.func.map_entries(value), sql_type(entries))
    # UNNEST of rows makes a column per field; of rows in rows one column, whatever the elements are.
    wrapped = sa.func.unnest(sa.func.transform(value, sa.literal_column("x -> ROW(x)")))
    made = wrapped.table_valued(rule.as_, with_ordinality=rule.position, name="elements").render_derived()
    columns: list[sa.ColumnElement[Any]] = [rows.c[name] for name in names]
    columns += [made.c[rule.as_]] + ([made.c[rule.position]] if rule.position else [])
    return sa.select(*columns).select_from(rows.join(made, sa.true(), isouter=rule.outer))


def _element(kind: ColumnType) -> ColumnType:
    if kind.name == "map":
        return ColumnType("struct", fields=("key", "value"), parts=kind.parts)
    return kind.parts[0]
