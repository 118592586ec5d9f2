"""ORC and Avro files to Parquet files, piece by piece, for DuckDB, which reads neither."""

import json
from pathlib import Path
from typing import Any

from local.athena.sqltypes import split_top

_ROWS = 20_000
_SCALARS = {"boolean": "bool_", "tinyint": "int8", "smallint": "int16", "int": "int32", "integer": "int32",
            "bigint": "int64", "float": "float32", "real": "float32", "double": "float64", "date": "date32",
            "binary": "binary", "varbinary": "binary"}  # fmt: skip


def orc(source: str, target: Path) -> None:
    """Stripe by stripe. Raises pyarrow's errors (ValueError, OSError) for a damaged file."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import orc as reader

    file = reader.ORCFile(source)
    with pq.ParquetWriter(target, file.schema, compression="lz4") as out:
        for number in range(file.nstripes):
            out.write_batch(_uniform(pa.RecordBatch, file.read_stripe(number), file.schema))


def _uniform(kind: Any, batch: Any, schema: Any) -> Any:
    return kind.from_arrays([column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)],
                            schema=schema)  # fmt: skip


def avro(source: str, target: Path, columns: list[tuple[str, str]], reader_schema: str | None) -> None:
    """Some thousand records at a time, with the table's columns. Raises fastavro's errors (ValueError and its like)."""
    import fastavro
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, arrow_type(hive)) for name, hive in columns])
    wanted = fastavro.parse_schema(json.loads(reader_schema)) if reader_schema else None
    with open(source, "rb") as file, pq.ParquetWriter(target, schema, compression="lz4") as out:  # noqa: PTH123
        rows: list[dict[str, Any]] = []
        for record in fastavro.reader(file, wanted):
            rows.append(_lowered(record))
            if len(rows) == _ROWS:
                out.write_batch(pa.RecordBatch.from_pylist(rows, schema))
                rows = []
        out.write_batch(pa.RecordBatch.from_pylist(rows, schema))


def _lowered(value: Any) -> Any:
    return {key.lower(): held for key, held in value.items()}


def arrow_type(hive: str) -> Any:
    """The Arrow type of a Glue column type."""
    import pyarrow as pa

    low = hive.strip().lower()
    if low in _SCALARS:
        return getattr(pa, _SCALARS[low])()
    if low == "timestamp":
        return pa.timestamp("us")
    if low.startswith("decimal"):
        precision, _, scale = low[8:].rstrip(")").partition(",")
        return pa.decimal128(int(precision or 10), int(scale or 0))
    if low.startswith("array<"):
        return pa.list_(arrow_type(low[6:-1]))
    if low.startswith("map<"):
        key, value = split_top(low[4:-1])
        return pa.map_(arrow_type(key), arrow_type(value))
    if low.startswith("struct<"):
        fields = [field.split(":", 1) for field in split_top(low[7:-1])]
        return pa.struct([(name.strip(), arrow_type(kind)) for name, kind in fields])
    return pa.string()
