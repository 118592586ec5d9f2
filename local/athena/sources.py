"""From a planned scan to the files it must read: partitions pruned, then buckets, then listed once."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
from sqlglot import exp

from local.athena import buckets, catalog, planning, projection, scanned, serdes
from local.athena.conditions import rows_that_match, static_values
from local.athena.errors import QueryFailed
from local.athena.iceberg import OPENED
from local.athena.objects import Listing
from local.athena.serdes import DataFile
from local.athena.sqltypes import athena_type, columns_of, duckdb_type
from local.trino.types import literal, quoted

_NULL = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = ("tinyint", "smallint", "int", "integer", "bigint")
_NUMBER = re.compile(r"[+-]?\d+")


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
        total += _bytes(table, files, columns, filters)
    if not chosen:
        return Source(planning.empty_relation(scan), total)
    needed = scan.needed.union(*(_names(f, scan) for _, filters in scan.uses for f in filters))
    sql = serdes.relation(table, list(chosen.values()), scan.columns, needed, listing.work_dir, cursor)
    return Source(sql, total)


def _names(condition: str, scan: planning.Scan) -> set[str]:
    """The columns that a condition looks at; all of them where it cannot be read."""
    read = columns_of(condition)
    return {n for n, _ in scan.columns} if read is None else read[1]


def _bytes(table: catalog.Table, files: list[DataFile], columns: set[str], filters: list[str]) -> int:
    form = serdes.format_of(table)
    if form == "parquet":
        return scanned.parquet_bytes(files, columns, filters)
    return scanned.orc_bytes(table, files, columns, filters) if form == "orc" else scanned.text_bytes(files)


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
        return _in_buckets(table, _by_path(found, conditions, cursor), conditions)
    names = {n for n, _ in keys}
    own = [tree for tree, used in conditions if used and used <= names]
    files = []
    for values, location, serde in prune(table, keys, own, cursor):
        files += [DataFile(o, tuple(values), serde) for o in listing.under(location)]
    return _in_buckets(table, _by_path(files, conditions, cursor), conditions)


def _by_path(
    files: list[DataFile], conditions: list[tuple[exp.Expr, set[str]]], cursor: duckdb.DuckDBPyConnection
) -> list[DataFile]:
    """Only the files that conditions on `$path` and `$file_size` alone leave: Trino reads no others."""
    own = [tree for tree, used in conditions if used and used <= {"$path", "$file_size"}]
    if not own:
        return files
    keys = [("$path", "string"), ("$file_size", "bigint")]
    kept = rows_that_match(keys, [[f.stored.uri, str(f.stored.size)] for f in files], own, cursor)
    return [files[i] for i in kept]


def prune(
    table: catalog.Table,
    keys: list[tuple[str, str]],
    conditions: list[exp.Expr],
    cursor: duckdb.DuckDBPyConnection,
) -> list[tuple[list[str | None], str, serdes.Serde]]:
    """The partitions (values, location, a SerDe of their own or "") that the conditions leave."""
    if projection.is_enabled(table):
        projected = list(projection.partitions(table, conditions, cursor))
        several = [c for c in conditions if len({x.name.lower() for x in c.find_all(exp.Column)}) > 1]
        kept = rows_that_match(keys, [values for values, _ in projected], several, cursor)
        return [(*projected[i], serdes.OF_TABLE) for i in kept]
    registered = catalog.partitions_of(table)
    rows = [[None if v == _NULL else v for v in p["Values"]] for p in registered]
    found = []
    for i in rows_that_match(keys, rows, conditions, cursor):
        descriptor = registered[i]["StorageDescriptor"]
        _check_values(keys, rows[i])
        found.append((rows[i], descriptor["Location"], serdes.own_serde(table, descriptor)))
    return found


def _check_values(keys: list[tuple[str, str]], values: list[str | None]) -> None:
    """Raises QueryFailed, as Trino's HiveUtil does, for a value that is no whole number where the key is one."""
    for (name, hive), value in zip(keys, values, strict=False):
        if hive in _WHOLE and value is not None and not _NUMBER.fullmatch(value):
            raise QueryFailed(
                "HIVE_INVALID_PARTITION_VALUE",
                f"Invalid partition value '{value}' for {athena_type(duckdb_type(hive))} partition key: {name}",
            )


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
    choices: list[set[str]] = []
    for column in columns:
        allowed = static_values(column, [tree for tree, _ in conditions])
        if allowed is None or not buckets.supports(types.get(column, "")):
            return files
        choices.append(allowed)
    wanted = buckets.buckets_of(choices, [types[c] for c in columns], count)
    numbered = [(buckets.bucket_of_file(f.stored.key), f) for f in files]
    if any(n is None for n, _ in numbered):
        return files
    return [f for n, f in numbered if n in wanted]


def relation_sql(sql: str, scans: list[planning.Scan], sources: list[Source]) -> str:
    """The query with every placeholder replaced by its relation."""
    for scan, source in zip(scans, sources, strict=True):
        sql = sql.replace(quoted(scan.placeholder), source.sql)
    return sql


def new_listing(work_dir: Path) -> Listing:
    return Listing(work_dir)


__all__ = ["Source", "literal", "new_listing", "open_scan", "prune", "relation_sql"]
