"""CREATE TABLE AS: how a run writes one version of a dataset, within Athena's limits.

Facts (docs.aws.amazon.com/athena/latest/ug/create-table-as.html, ctas-considerations-limitations.html): partition
columns come last in the SELECT; a statement writes at most 100 partitions, partitions x buckets writers; ORDER BY is
ignored; INSERT INTO a bucketed table is not supported; a statement has at most 262,144 bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.expression import Executable

from app.domain.errors import BadSql
from app.domain.jobs import Layout
from app.domain.schemas import ColumnType
from app.sql.compile import compiled, sized
from app.sql.select import Rows
from app.sql.types import sql_type

MAX_WRITERS: Final = 100
"""Open partitions (x buckets) that one CTAS or INSERT may have."""
_SORTED: Final = "_sorted"
_COUNT: Final = "rows"

PartitionValues = tuple[str | None, ...]
"""One partition: the value of each partition column, in the layout's order, as `CAST(.. AS varchar)` writes it."""


class CreateTableAs(Executable, ClauseElement):
    """`CREATE TABLE .. WITH (..) AS SELECT`, which SQLAlchemy's own construct has no properties for."""

    inherit_cache = False

    def __init__(self, database: str, table: str, properties: dict[str, str | int | list[str]], rows: Any) -> None:
        self.database = database
        self.table = table
        self.properties = properties
        self.rows = rows


@compiles(CreateTableAs)
def _create(element: CreateTableAs, compiler: Any, **_: Any) -> str:
    def literal(value: str | int | list[str]) -> str:
        if isinstance(value, list):
            return f"ARRAY[{', '.join(map(literal, value))}]"
        if isinstance(value, bool):
            return str(value).lower()
        kind = sa.Integer() if isinstance(value, int) else sa.String()
        return str(compiler.render_literal_value(value, kind))

    quote = compiler.preparer.quote
    options = ",\n  ".join(f"{name} = {literal(value)}" for name, value in element.properties.items())
    rows = compiler.process(element.rows, literal_binds=True)
    return f"CREATE TABLE {quote(element.database)}.{quote(element.table)}\nWITH (\n  {options}\n) AS\n{rows}"


@dataclass(frozen=True)
class Write:
    """The statements that write one version, in order: a CTAS and, above 100 partitions, INSERTs."""

    statements: tuple[str, ...]
    columns: tuple[str, ...]


def ctas_statements(
    rows: Rows,
    *,
    database: str,
    table: str,
    location: str,
    layout: Layout,
    dialect: Dialect,
    partitions: Sequence[PartitionValues] | None = None,
    splits: int = 0,
) -> Write:
    """The statements that write `rows` to `location` (an `s3://` prefix, slash-terminated, that holds nothing).

    `partitions`: what `partitions_select` found; None writes all in one statement and lets Athena refuse more than
    100. `splits`: how often statements were too slow and have to be smaller.

    Raises BadSql if the layout names unknown columns or cannot be written within the limits.
    """
    _check(rows, layout, partitions)
    ordered = _ordered(rows, layout)
    batches = list(_batches(partitions or (), partitions_each(len(partitions or ()), splits))) or [()]
    is_split = len(batches) > 1
    selects = [_arranged(ordered, layout, batch if is_split else ()) for batch in batches]
    create = CreateTableAs(database, table, _properties(layout, location), selects[0])
    target = sa.table(table, *(sa.column(name) for name in ordered.names), schema=database)
    inserts = [sa.insert(target).from_select(list(ordered.names), select) for select in selects[1:]]
    statements: list[ClauseElement] = [create, *inserts]
    return Write(tuple(sized(compiled(statement, dialect)) for statement in statements), ordered.names)


def partitions_each(count: int, splits: int) -> int:
    """Partitions that one statement writes: 100, and a quarter of that with each split (25, 6, 1)."""
    return max(1, min(MAX_WRITERS, count) >> 2 * splits)


def partitions_select(rows: Rows, layout: Layout, *, dialect: Dialect) -> str:
    """SELECT of each partition's values (as text, in the layout's order) and its number of rows, `rows`, sorted."""
    _check(rows, layout, None)
    source = rows.select.subquery("rows_to_write")
    keys = [source.c[name] for name in layout.partition_by]
    texts = [sa.cast(key, sa.String()).label(key.name) for key in keys]
    select = sa.select(*texts, sa.func.count().label(_COUNT)).group_by(*keys)
    places: list[sa.ColumnElement[Any]] = [sa.literal_column(str(at)) for at in range(1, len(keys) + 1)]
    return sized(compiled(select.order_by(*places), dialect))


def _check(rows: Rows, layout: Layout, partitions: Sequence[PartitionValues] | None) -> None:
    named = (*layout.partition_by, *layout.bucket_by, *(key.column for key in layout.sort))
    if missing := [name for name in named if name not in rows.names]:
        raise BadSql(f"The layout names columns that the transform does not make: {', '.join(missing)}.")
    if len(layout.partition_by) == len(rows.names):
        raise BadSql("At least one column must not be a partition column.")
    for name in layout.partition_by:
        kind = rows.types.get(name)
        if kind is not None and (kind.is_nested or kind.name == "binary"):
            raise BadSql(f"The partition column {name} has type {kind}; partitions are named by plain values.")
    writers = len(partitions or ()) * (layout.bucket_count or 0)
    if writers > MAX_WRITERS:
        raise BadSql(
            f"{len(partitions or ())} partitions of {layout.bucket_count} buckets need {writers} open files, and "
            f"Athena writes {MAX_WRITERS} at once; a bucketed table cannot be filled in steps. "
            "Use fewer buckets or fewer partitions."
        )


def _ordered(rows: Rows, layout: Layout) -> Rows:
    """Partition columns last, in the layout's order, as CTAS wants them."""
    first = tuple(name for name in rows.names if name not in layout.partition_by)
    return Rows(rows.select, first + layout.partition_by, rows.types)


def _properties(layout: Layout, location: str) -> dict[str, str | int | list[str]]:
    """docs.aws.amazon.com/athena/latest/ug/create-table-as.html#ctas-table-properties"""
    if layout.table_format == "iceberg":
        buckets = [f"bucket({name}, {layout.bucket_count})" for name in layout.bucket_by]
        iceberg: dict[str, str | int | list[str]] = {
            "table_type": "ICEBERG",
            "is_external": False,
            "format": layout.format.upper(),
            "write_compression": layout.compression.upper(),
            "location": location,
        }
        return iceberg | ({"partitioning": [*layout.partition_by, *buckets]} if layout.partition_by or buckets else {})
    properties: dict[str, str | int | list[str]] = {
        "format": layout.format.upper(),
        "write_compression": layout.compression.upper(),
        "external_location": location,
    }
    if layout.partition_by:
        properties["partitioned_by"] = list(layout.partition_by)
    if layout.bucket_count is not None:
        properties["bucketed_by"] = list(layout.bucket_by)
        properties["bucket_count"] = layout.bucket_count
    return properties


def _arranged(rows: Rows, layout: Layout, batch: Sequence[PartitionValues]) -> sa.Select[Any]:
    source = rows.select.subquery("rows_to_write")
    columns: list[sa.ColumnElement[Any]] = [source.c[name] for name in rows.names]
    chosen = _predicate(source, rows, layout, batch) if batch else None
    if not layout.sort_by:
        select = sa.select(*columns)
        return select.where(chosen) if chosen is not None else select
    # docs/decisions/0006-sorting-within-files.md: the window operator sorts where ORDER BY is ignored.
    order = [
        (source.c[k.column].desc() if k.descending else source.c[k.column].asc()).nulls_last() for k in layout.sort
    ]
    groups = [source.c[name] for name in layout.partition_by or layout.bucket_by]
    rank = sa.func.row_number().over(partition_by=groups or None, order_by=order).label(_SORTED)
    ranked = sa.select(*columns, rank)
    inner = (ranked.where(chosen) if chosen is not None else ranked).subquery("sorted_rows")
    kept: list[sa.ColumnElement[Any]] = [inner.c[name] for name in rows.names]
    return sa.select(*kept).where(inner.c[_SORTED] > sa.literal(0))


def _batches(partitions: Sequence[PartitionValues], size: int) -> Iterator[tuple[PartitionValues, ...]]:
    ordered = sorted(set(partitions), key=lambda values: [(value is not None, value or "") for value in values])
    for start in range(0, len(ordered), size):
        yield tuple(ordered[start : start + size])


def _predicate(
    source: sa.Subquery, rows: Rows, layout: Layout, batch: Sequence[PartitionValues]
) -> sa.ColumnElement[bool]:
    keys = [(source.c[name], rows.types.get(name)) for name in layout.partition_by]
    return among(keys, batch)


_Key = tuple[sa.ColumnElement[Any], ColumnType | None]


def among(keys: Sequence[_Key], values: Sequence[PartitionValues]) -> sa.ColumnElement[bool]:
    """Whether keys are among `values`: nested by the first key, so that the text stays short and prunes."""
    (column, kind), rest = keys[0], keys[1:]
    if not rest:
        wanted = [_typed_literal(row[0], kind) for row in values if row[0] is not None]
        options = [_compared(column, kind).in_(wanted)] if wanted else []
        if any(row[0] is None for row in values):
            options.append(column.is_(None))
        return sa.or_(*options)
    parts = []
    for head, group in groupby(values, key=lambda row: row[0]):
        same = column.is_(None) if head is None else _compared(column, kind) == _typed_literal(head, kind)
        parts.append(sa.and_(same, among(rest, [row[1:] for row in group])))
    return sa.or_(*parts)


def _compared(column: sa.ColumnElement[Any], kind: ColumnType | None) -> sa.ColumnElement[Any]:
    """The column itself where its type is known, so that the engine can prune; its text otherwise."""
    return column if kind is not None else sa.cast(column, sa.String())


def _typed_literal(text: str, kind: ColumnType | None) -> sa.ColumnElement[Any]:
    if kind is None or kind.name == "varchar":
        return sa.literal(text, sa.String())
    return sa.cast(sa.literal(text, sa.String()), sql_type(kind))
