"""Data files and position delete files: DuckDB writes them, their footers say what goes into the manifests."""

import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionField, PartitionKey, PartitionSpec, partition_record_value
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    TruncateTransform,
    VoidTransform,
    YearTransform,
)
from pyiceberg.typedef import Record
from pyiceberg.types import BinaryType, DecimalType, FixedType, IcebergType, StringType

from local.athena.errors import QueryFailed
from local.athena.iceberg.buckets import bucket_column
from local.athena.iceberg.io import ObjectsIO
from local.athena.iceberg.properties import codec_of
from local.athena.iceberg.types import field_ids, stored
from local.trino.types import literal, quoted

MAX_WRITERS = 100
_PATH_ID, _POSITION_ID = 2147483546, 2147483545
_GROUP = "__partition"
_TARGET_BYTES = 512 * 1024 * 1024


def write_rows(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    table: Table,
    io: ObjectsIO,
    query_id: str,
    *,
    is_one_partition: bool = False,
) -> tuple[list[DataFile], int]:
    """Run a query into data files of the table: its files, already objects, and the rows in them.

    `sql` returns the table's columns in order; when all its rows are of one partition, files are as large as the table
    wants them. Nothing is left behind when it fails. Raises QueryFailed, duckdb.Error.
    """
    schema = table.schema()
    place = io.work_dir / f"iceberg-{query_id}-{uuid.uuid4().hex}"
    place.mkdir(parents=True)
    buckets: list[str] = []
    try:
        group = "" if is_one_partition else _group_sql(cursor, table, buckets)
        inner = [f"c{i}" for i in range(len(schema.fields))]
        typed = ", ".join(
            f"CAST({c} AS {stored(f.field_type)}) AS {quoted(f.name)}"
            for c, f in zip(inner, schema.fields, strict=True)
        )
        query = f"SELECT {typed} FROM ({sql}) AS _q({', '.join(inner)})"
        options = _options(table)
        if group:
            query = f"SELECT *, {group} AS {_GROUP} FROM ({query})"
            options += [f"PARTITION_BY ({_GROUP})", "WRITE_PARTITION_COLUMNS false"]
        else:
            options.append(f"FILE_SIZE_BYTES {target_bytes(table)}" if is_one_partition else "PER_THREAD_OUTPUT true")
        cursor.execute(f"COPY ({query}) TO {literal(str(place))} ({', '.join(options)}, OVERWRITE_OR_IGNORE true)")
        found = sorted(path for path in place.rglob("*") if path.is_file())
        if group and len({path.parent for path in found}) > MAX_WRITERS:
            raise QueryFailed(
                "ICEBERG_TOO_MANY_OPEN_PARTITIONS", f"Exceeded limit of {MAX_WRITERS} open writers for partitions"
            )
        return _published(found, table, io, query_id)
    finally:
        for name in buckets:
            cursor.remove_function(name)
        shutil.rmtree(place, ignore_errors=True)


def target_bytes(table: Table) -> int:
    """write_target_data_file_size_bytes."""
    return int(table.properties.get("write.target-file-size-bytes", _TARGET_BYTES))


def _options(table: Table) -> list[str]:
    ids = ", ".join(f"{quoted(f.name)}: {field_ids(f.field_type, f.field_id)}" for f in table.schema().fields)
    rows = max(2_048, min(122_880, 8_192_000 // max(1, len(table.schema().fields))) // 2_048 * 2_048)
    codec, level = codec_of(table.properties)
    options = ["FORMAT parquet", f"COMPRESSION {codec}", f"FIELD_IDS {{{ids}}}", f"ROW_GROUP_SIZE {rows}"]
    return [*options, f"COMPRESSION_LEVEL {level}"] if level and codec == "zstd" else options


def _published(found: list[Path], table: Table, io: ObjectsIO, query_id: str) -> tuple[list[DataFile], int]:
    files, rows = [], 0
    for number, path in enumerate(found):
        footer: Any = pq.read_metadata(path)
        if footer.num_rows == 0:
            continue
        key = _partition_key(path, table)
        name = f"{query_id}-{number:05d}-{uuid.uuid4()}.parquet"
        location = table.location_provider().new_data_location(name, key)
        files.append(_data_file(footer, path.stat().st_size, location, table, key.partition if key else Record()))
        rows += footer.num_rows
        io.put(location, path)
    return files, rows


def _data_file(footer: Any, size: int, location: str, table: Table, partition: Record) -> DataFile:
    schema = table.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=footer,
        stats_columns=compute_statistics_plan(schema, table.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema),
    )
    made = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=location,
        file_format=FileFormat.PARQUET,
        partition=partition,
        file_size_in_bytes=size,
        sort_order_id=None,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
    made.spec_id = table.spec().spec_id
    return made


class _Key(PartitionKey):
    """A partition whose values are known: PyIceberg's own refuses two transforms of one column."""

    def __init__(self, partition: Record, spec: PartitionSpec, schema: Schema) -> None:
        super().__init__([], spec, schema)
        self.__dict__["partition"] = partition  # a cached property there


def _partition_key(path: Path, table: Table) -> PartitionKey | None:
    """The partition that a file's rows are in, computed by PyIceberg from its first row."""
    spec, schema = table.spec(), table.schema()
    if spec.is_unpartitioned():
        return None
    sources = [schema.find_field(f.source_id) for f in spec.fields]
    batch = next(pq.ParquetFile(path).iter_batches(batch_size=1, columns=list({s.name for s in sources})))
    first = batch.to_pylist()[0]
    values = []
    for field, source in zip(spec.fields, sources, strict=True):
        internal = partition_record_value(field, first[source.name], schema)
        values.append(field.transform.transform(source.field_type)(internal))
    return _Key(Record(*values), spec, schema)


def _group_sql(cursor: duckdb.DuckDBPyConnection, table: Table, buckets: list[str]) -> str:
    """SQL that is one value for each partition of the table's spec; "" when it has none.

    DuckDB writes a folder for each value, and a folder's name must be short: so a hash.
    """
    if table.spec().is_unpartitioned():
        return ""
    parts = [_transformed(cursor, f, table.schema(), buckets) for f in table.spec().fields]
    return f"hash({', '.join(parts)})"


def _transformed(cursor: duckdb.DuckDBPyConnection, field: PartitionField, schema: Schema, buckets: list[str]) -> str:
    source = schema.find_field(field.source_id)
    column, transform = quoted(source.name), field.transform
    if isinstance(transform, IdentityTransform):
        return column
    if isinstance(transform, VoidTransform):
        return "1"
    units = ((YearTransform, "year"), (MonthTransform, "month"), (DayTransform, "day"), (HourTransform, "hour"))
    for kind, unit in units:
        if isinstance(transform, kind):
            return f"date_trunc('{unit}', {column})"
    if isinstance(transform, TruncateTransform):
        return _truncated(column, source.field_type, transform.width)
    if isinstance(transform, BucketTransform):
        buckets.append(_bucket_function(cursor, source.field_type, transform.num_buckets))
        return f"{buckets[-1]}({column})"
    raise QueryFailed("NOT_SUPPORTED", f"Unsupported partition transform: {field}")


def _truncated(column: str, kind: Any, width: int) -> str:
    if isinstance(kind, StringType):
        return f"left({column}, {width})"
    if isinstance(kind, (BinaryType, FixedType)):
        return f"left(hex({column}), {2 * width})"
    step = f"(CAST({width} AS DECIMAL(18, 0)) / {10**kind.scale})" if isinstance(kind, DecimalType) else str(width)
    return f"floor({column} / {step}::DOUBLE)" if isinstance(kind, DecimalType) else f"floor({column}::DOUBLE / {step})"


def _bucket_function(cursor: duckdb.DuckDBPyConnection, kind: IcebergType, count: int) -> str:
    """A DuckDB function of its own name that gives a value's bucket (Iceberg's hash is not in DuckDB)."""
    name = f"iceberg_bucket_{uuid.uuid4().hex}"
    function: Any = bucket_column(kind, count)
    create: Any = cursor.create_function
    create(name, function, [stored(kind)], "INTEGER", type="arrow", null_handling="special")
    return name


def write_deletes(
    cursor: duckdb.DuckDBPyConnection,
    relation: str,
    touched: Iterable[tuple[DataFile, int]],
    table: Table,
    io: ObjectsIO,
    query_id: str,
) -> list[DataFile]:
    """One position delete file for each data file touched, ordered by position. `relation` has `path` and `pos`."""
    io.work_dir.mkdir(parents=True, exist_ok=True)
    made = []
    for data, count in touched:
        draft = io.work_dir / f"iceberg-{uuid.uuid4().hex}"
        uri = literal(data.file_path)
        query = f"SELECT path AS file_path, pos FROM {relation} WHERE path = {uri} ORDER BY pos"
        ids = f"{{file_path: {_PATH_ID}, pos: {_POSITION_ID}}}"
        cursor.execute(f"COPY ({query}) TO {literal(str(draft))} (FORMAT parquet, COMPRESSION zstd, FIELD_IDS {ids})")
        spec = table.specs()[data.spec_id]
        key = None if spec.is_unpartitioned() else _Key(data.partition, spec, table.schema())
        location = table.location_provider().new_data_location(f"{query_id}-{uuid.uuid4()}.parquet", key)
        bound = {_PATH_ID: data.file_path.encode()}
        deletes = DataFile.from_args(
            content=DataFileContent.POSITION_DELETES,
            file_path=location,
            file_format=FileFormat.PARQUET,
            partition=data.partition,
            record_count=count,
            file_size_in_bytes=draft.stat().st_size,
            lower_bounds=bound,
            upper_bounds=bound,
            sort_order_id=None,
            equality_ids=None,
            key_metadata=None,
        )
        deletes.spec_id = data.spec_id
        made.append(deletes)
        io.put(location, draft)
    return made
