"""CTAS, INSERT INTO and UNLOAD: DuckDB writes local files, which then become objects at the target."""

import datetime as dt
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import duckdb

from local.athena import buckets, objects
from local.athena.errors import QueryFailed
from local.athena.planning import Plan
from local.athena.writeformats import Writer, format_named, shown, writer
from local.trino.types import literal, quoted

MAX_WRITERS = 100
_BUCKET = "__bucket"
_LINE = "__line"


@dataclass(frozen=True)
class Target:
    """Where and how to write. `columns` are (name, Hive type) of all columns, partition columns last."""

    location: str
    format: str
    compression: str
    columns: list[tuple[str, str]]
    query_id: str
    partitioned_by: list[str] = field(default_factory=list)
    bucketed_by: list[str] = field(default_factory=list)
    bucket_count: int = 0
    delimiter: str = "\x01"
    zstd_level: int | None = None


@dataclass(frozen=True)
class Written:
    """`files` are s3 addresses; `partitions` map partition values to their location."""

    rows: int
    files: list[str]
    partitions: dict[tuple[str, ...], str]


def hive_columns(planned: Plan) -> list[tuple[str, str]]:
    """Glue columns for a query's columns. Raises QueryFailed for names and types a table cannot have."""
    columns = planned.as_table()
    for _, kind in columns:
        if any(part.name in _NOT_IN_HIVE for part in kind.parts()):
            raise QueryFailed("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
    return [(name, kind.hive) for name, kind in columns]


_NOT_IN_HIVE = frozenset({"timestamp with time zone", "time", "time with time zone", "interval day to second", "json",
                          "interval year to month", "uuid", "ipaddress", "unknown", "hyperloglog"})  # fmt: skip


def write(cursor: duckdb.DuckDBPyConnection, sql: str, target: Target, work_dir: Path) -> Written:
    """Run a query into files and put them at the target. `sql` returns the target's columns in order.

    A query that fails leaves nothing at the target; one of too many partitions leaves the files of those that it had
    writers for, as Athena does: orphans that no table knows (an INSERT's may lie in partitions that one does), and
    that a retry trips over (docs.aws.amazon.com/athena/latest/ug/insert-into.html). Raises QueryFailed, or
    duckdb.Error as it comes.
    """
    place = work_dir / f"write-{target.query_id}"
    place.mkdir(parents=True)
    try:
        rows = _copy(cursor, sql, target, place)
        found = sorted(path for path in place.rglob("*") if path.is_file())
        is_laid_out = bool(target.partitioned_by or target.bucketed_by)
        allowed = _of_first_writers(found) if is_laid_out else found
        _recode(target, allowed)
        written = _publish(target, place, allowed, rows)
        if len(allowed) < len(found):
            raise QueryFailed(
                "HIVE_TOO_MANY_OPEN_PARTITIONS",
                f"Exceeded limit of {MAX_WRITERS} open writers for partitions/buckets",
            )
        return written
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _copy(cursor: duckdb.DuckDBPyConnection, sql: str, target: Target, place: Path) -> int:
    names = [n for n, _ in target.columns]
    outside = set(target.partitioned_by)
    typed = ", ".join(
        f"{shown(quoted(n), t, '' if n in outside else target.format)} AS {quoted(n)}" for n, t in target.columns
    )
    listed = ", ".join(quoted(n) for n in names)
    if target.format == "json":  # DuckDB's own writer of JSON makes no folders
        fields = ", ".join(
            f"{quoted(n)} := {shown(quoted(n), t, 'json')}" for n, t in target.columns if n not in outside
        )
        beside = [f"{shown(quoted(n), t, '')} AS {quoted(n)}" for n, t in target.columns if n in outside]
        typed = ", ".join([f"to_json(struct_pack({fields})) AS {_LINE}", *beside])
    folders = list(target.partitioned_by)
    if target.bucketed_by:
        kinds = dict(target.columns)
        keys = [(quoted(c), kinds[c]) for c in target.bucketed_by]
        typed += f", {buckets.bucket_sql(keys, target.bucket_count)} AS {_BUCKET}"
        folders.append(_BUCKET)
    options = list(_writer(target).options)
    if folders:
        options += [f"PARTITION_BY ({', '.join(map(quoted, folders))})", "WRITE_PARTITION_COLUMNS false"]
        if set(folders) >= set(names):
            raise QueryFailed("HIVE_COLUMN_ORDER_MISMATCH", "Table contains only partition columns")
    else:
        options.append("PER_THREAD_OUTPUT true")
    query = f"SELECT {typed} FROM ({sql}) AS _q({listed})"
    done = cursor.execute(f"COPY ({query}) TO {literal(str(place))} ({', '.join(options)}, OVERWRITE_OR_IGNORE true)")
    return int(done.fetchall()[0][0])


def _writer(target: Target) -> Writer:
    parquet = ["FORMAT parquet", "PRESERVE_ORDER false", f"ROW_GROUP_SIZE {_row_group_size(target)}"]
    if target.zstd_level is not None and (target.format, target.compression) == ("parquet", "zstd"):
        parquet.append(f"COMPRESSION_LEVEL {target.zstd_level}")
    return writer(target.format, target.compression, target.delimiter, parquet)


def _recode(target: Target, found: list[Path]) -> None:
    """Give DuckDB's files the format and codec that they shall have, one after the other."""
    recode = _writer(target).recode
    if recode is None:
        return
    columns = [(n, t) for n, t in target.columns if n not in target.partitioned_by]
    for path in found:
        unfinished = path.with_name(f"{path.name}.recoded")
        recode(path, unfinished, target.compression, columns)
        unfinished.replace(path)


def _row_group_size(target: Target) -> int:
    """Rows of a group: a writer holds a whole group in memory, and there is one writer a thread, or one a partition.

    Bounded by cells, so that 400 columns take no more memory than 40; in whole vectors of DuckDB's (2,048 rows).
    """
    is_laid_out = bool(target.partitioned_by or target.bucketed_by)
    most, cells = (61_440, 4_096_000) if is_laid_out else (122_880, 8_192_000)
    return max(2_048, min(most, cells // max(1, len(target.columns))) // 2_048 * 2_048)


def _of_first_writers(found: list[Path]) -> list[Path]:
    folders = dict.fromkeys(path.parent for path in found)
    allowed = set(list(folders)[:MAX_WRITERS])
    return [path for path in found if path.parent in allowed]


def _publish(target: Target, place: Path, found: list[Path], rows: int) -> Written:
    bucket, prefix = objects.split_uri(target.location)
    prefix = prefix if not prefix or prefix.endswith("/") else prefix + "/"
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d_%H%M%S")
    suffix = _writer(target).suffix
    moves: list[tuple[str, Path]] = []
    partitions: dict[tuple[str, ...], str] = {}
    used: dict[tuple[str, ...], int] = {}
    for number, path in enumerate(found):
        if rows == 0 and not target.bucketed_by:
            continue
        folders = list(path.relative_to(place).parts[:-1])
        name = f"{stamp}_{number:05d}_{target.query_id[:5]}_{uuid.uuid4()}{suffix}"
        if target.bucketed_by:
            number_of = int(folders.pop().split("=", 1)[1])
            name = buckets.file_name(number_of, target.query_id, suffix)
            used[(*folders, name)] = used.get((*folders, name), -1) + 1
            if used[(*folders, name)]:
                name = buckets.file_name(number_of, f"{target.query_id}_{used[(*folders, name)]}", suffix)
        key = prefix + "".join(f"{folder}/" for folder in folders) + name
        moves.append((key, path))
        if target.partitioned_by:
            values = tuple(unquote(folder.split("=", 1)[1]) for folder in folders)
            partitions[values] = f"s3://{bucket}/{prefix}{'/'.join(folders)}"
    objects.put_files(bucket, moves)
    return Written(rows, [f"s3://{bucket}/{key}" for key, _ in moves], partitions)


__all__ = ["MAX_WRITERS", "Target", "Written", "format_named", "hive_columns", "write"]
