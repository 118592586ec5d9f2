"""From a planned scan to the files it must read: partitions pruned, then buckets, then listed once."""

import datetime as dt
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import duckdb
from sqlglot import exp

from local.athena import buckets, catalog, planning, projection, scanned, serdes
from local.athena.iceberg import OPENED
from local.athena.objects import Listing
from local.athena.scanned import literal_value
from local.athena.serdes import DataFile
from local.athena.sqltypes import columns_of, duckdb_type, literal, quoted

_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Source:
    """The SQL relation of a scan, and the bytes that reading it counts for."""

    sql: str
    scanned_bytes: int


def open_scan(scan: planning.Scan, listing: Listing, cursor: duckdb.DuckDBPyConnection) -> Source:
    """Choose the files of every use of the scan; the relation covers them all, bytes count each use as Trino does."""
    if scan.constant is not None:
        return Source(scan.constant, 0)
    if OPENED in scan.table:
        from local.athena.iceberg.scan import relation as iceberg_relation

        return Source(*iceberg_relation(scan))
    table = scan.table
    chosen: dict[str, DataFile] = {}
    total = 0
    for columns, filters in scan.uses:
        files = _files(table, filters, listing, cursor)
        chosen.update((f.stored.uri, f) for f in files)
        if serdes.format_of(table) == "parquet":
            total += scanned.parquet_bytes(files, columns, filters)
        else:
            total += scanned.text_bytes(files)
    if not chosen:
        return Source(planning.empty_relation(scan), total)
    needed = scan.needed.union(*(c[1] for _, fs in scan.uses for f in fs if (c := columns_of(f))))
    relation = serdes.relation(table, list(chosen.values()), scan.columns, needed, listing.work_dir, cursor)
    return Source(relation, total)


def _files(
    table: catalog.Table,
    filters: list[str],
    listing: Listing,
    cursor: duckdb.DuckDBPyConnection,
) -> list[DataFile]:
    keys = catalog.partition_keys(table)
    conditions = [c for text in filters if (c := columns_of(text)) is not None]
    if not keys:
        found = [DataFile(o) for o in listing.under(table["StorageDescriptor"]["Location"])]
        return _in_buckets(table, found, conditions)
    names = {n for n, _ in keys}
    own = [tree for tree, used in conditions if used and used <= names]
    files = []
    for values, location, serde in prune(table, keys, own, cursor):
        files += [DataFile(o, tuple(values), serde) for o in listing.under(location)]
    return _in_buckets(table, files, conditions)


def prune(
    table: catalog.Table,
    keys: list[tuple[str, str]],
    conditions: list[exp.Expr],
    cursor: duckdb.DuckDBPyConnection,
) -> list[tuple[list[str | None], str, serdes.Serde]]:
    """The partitions (values, location, a SerDe of their own or "") that the conditions leave."""
    if projection.is_enabled(table):
        found = [(values, where, serdes.OF_TABLE) for values, where in projection.partitions(table, conditions)]
    else:
        descriptors = [(p["Values"], p["StorageDescriptor"]) for p in catalog.partitions_of(table)]
        found = [([*values], d["Location"], serdes.own_serde(table, d)) for values, d in descriptors]
    every = [([None if v == _NULL else v for v in values], where, serde) for values, where, serde in found]
    if not conditions or not every:
        return every
    rest = []
    for condition in conditions:
        allowed = _equalities(condition)
        position = next((i for i, (n, t) in enumerate(keys) if allowed and n == allowed[0] and t == "string"), None)
        if allowed and position is not None:
            every = [p for p in every if p[0][position] in allowed[1]]
        else:
            rest.append(condition)
    if not rest or not every:
        return every
    columns = [[partition[0][i] for partition in every] for i in range(len(keys))]
    unnested = ", ".join(f"unnest($p{i}::VARCHAR[]) AS c{i}" for i in range(len(keys)))
    typed = ", ".join(f"CAST(c{i} AS {duckdb_type(t)}) AS {quoted(n)}" for i, (n, t) in enumerate(keys))
    where = planning.partition_filter(rest)
    sql = (
        f"SELECT _n FROM (SELECT _n, {typed} FROM (SELECT unnest(range({len(every)})) AS _n, {unnested})) WHERE {where}"
    )
    try:
        kept = cursor.execute(sql, {f"p{i}": column for i, column in enumerate(columns)}).fetchall()
    except duckdb.Error:
        return every  # a condition that cannot be asked of the values alone prunes nothing; the query applies it
    return [every[n] for (n,) in kept]


def _equalities(node: exp.Expr) -> tuple[str, set[str]] | None:
    """The column and the texts it may equal, when the condition is nothing else."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.EQ) and isinstance(node.this, exp.Column) and _is_text(node.expression):
        return node.this.name.lower(), {node.expression.name}
    if isinstance(node, exp.In) and isinstance(node.this, exp.Column) and all(map(_is_text, node.expressions)):
        return node.this.name.lower(), {v.name for v in node.expressions}
    if isinstance(node, exp.Or):
        left, right = _equalities(node.left), _equalities(node.right)
        if left and right and left[0] == right[0]:
            return left[0], left[1] | right[1]
    return None


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _in_buckets(
    table: catalog.Table,
    files: list[DataFile],
    conditions: list[tuple[exp.Expr, set[str]]],
) -> list[DataFile]:
    """Only the files of the buckets that equality on every bucket column leaves, as Trino does."""
    descriptor = table["StorageDescriptor"]
    columns = [c.lower() for c in descriptor.get("BucketColumns") or []]
    count = int(descriptor.get("NumberOfBuckets") or 0)
    if not columns or count < 1:
        return files
    types = dict(catalog.columns(table))
    choices: list[set[object]] = []
    for column in columns:
        allowed = _allowed(column, types.get(column, "string"), [tree for tree, _ in conditions])
        if allowed is None or not buckets.supports(types.get(column, "")):
            return files
        choices.append(allowed)
    wanted = {buckets.bucket_of(row, [types[c] for c in columns], count) for row in product(*choices)}
    numbered = [(buckets.bucket_of_file(f.stored.key), f) for f in files]
    if any(n is None for n, _ in numbered):
        return files
    return [f for n, f in numbered if n in wanted]


def _allowed(column: str, hive: str, conditions: list[exp.Expr]) -> set[object] | None:
    like: object = 0 if hive in ("int", "bigint", "smallint", "tinyint") else "x"
    like = dt.date.min if hive == "date" else like
    for condition in conditions:
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            values = _values(column, part, like)
            if values is not None:
                return values
    return None


def _values(column: str, node: exp.Expr, like: object) -> set[object] | None:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Or):
        left, right = _values(column, node.left, like), _values(column, node.right, like)
        return left | right if left is not None and right is not None else None
    if isinstance(node, exp.And):
        left = _values(column, node.left, like)
        return left if left is not None else _values(column, node.right, like)
    operands = [node.expression] if isinstance(node, exp.EQ) else node.expressions if isinstance(node, exp.In) else []
    if not operands or not isinstance(node.this, exp.Column) or node.this.name.lower() != column:
        return None
    values = {literal_value(o, like) for o in operands}
    return None if None in values else values


def relation_sql(sql: str, scans: list[planning.Scan], sources: list[Source]) -> str:
    """The query with every placeholder replaced by its relation."""
    for scan, source in zip(scans, sources, strict=True):
        sql = sql.replace(quoted(scan.placeholder), source.sql)
    return sql


def new_listing(work_dir: Path) -> Listing:
    return Listing(work_dir)


__all__ = ["Source", "literal", "new_listing", "open_scan", "prune", "relation_sql"]
