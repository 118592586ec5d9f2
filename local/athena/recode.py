"""Files that DuckDB cannot write itself: ORC and Avro from its Parquet, and text in Hadoop's other codecs.

Some thousand rows or some hundred kilobytes are held at a time.
"""

import bz2
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from local.athena.errors import QueryFailed
from local.athena.sqltypes import split_top

_ROWS = 10_000
_BLOCK = 256 * 1024
_AVRO = {"boolean": "boolean", "tinyint": "int", "smallint": "int", "int": "int", "integer": "int", "bigint": "long",
         "float": "float", "real": "float", "double": "double", "binary": "bytes", "varbinary": "bytes"}  # fmt: skip


def orc(source: Path, target: Path, codec: str, _columns: list[tuple[str, str]]) -> None:
    """`codec` is PyArrow's name: uncompressed, snappy, zlib, lz4 or zstd."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import orc as writer

    with writer.ORCWriter(str(target), compression=codec) as out:
        file = pq.ParquetFile(source)
        out.write(file.schema_arrow.empty_table())  # the schema is there even where no row is
        for batch in file.iter_batches(_ROWS):
            out.write(pa.Table.from_batches([batch]))


def avro(source: Path, target: Path, codec: str, columns: list[tuple[str, str]]) -> None:
    """`codec` is Avro's name: null, deflate, snappy or bzip2."""
    import fastavro
    import pyarrow.parquet as pq

    schema = fastavro.parse_schema(avro_schema(columns))
    kinds = dict(columns)

    def rows() -> Iterator[dict[str, Any]]:
        for batch in pq.ParquetFile(source).iter_batches(_ROWS):
            for row in batch.to_pylist(maps_as_pydicts="lossy"):
                yield {name: row[name] for name in kinds}

    with target.open("wb") as out:
        fastavro.writer(out, schema, rows(), codec=codec)


def avro_schema(columns: list[tuple[str, str]]) -> dict[str, Any]:
    """The Avro record of a table's columns; every value may be null. Raises QueryFailed for maps without text keys."""
    count = iter(range(1_000_000))
    fields = [{"name": n, "type": ["null", _avro_type(t, count)], "default": None} for n, t in columns]
    return {"type": "record", "name": "row", "namespace": "athena", "fields": fields}


def _avro_type(hive: str, count: Iterator[int]) -> Any:
    low = hive.lower()
    if low in _AVRO:
        return _AVRO[low]
    if low == "date":
        return {"type": "int", "logicalType": "date"}
    if low == "timestamp":
        return {"type": "long", "logicalType": "local-timestamp-millis"}
    if low.startswith("decimal"):
        precision, _, scale = low[8:].rstrip(")").partition(",")
        return {"type": "bytes", "logicalType": "decimal", "precision": int(precision or 10), "scale": int(scale or 0)}
    if low.startswith("array<"):
        return {"type": "array", "items": ["null", _avro_type(hive[6:-1], count)]}
    if low.startswith("map<"):
        key, value = split_top(hive[4:-1])
        if not key.lower().startswith(("string", "varchar", "char")):
            raise QueryFailed("NOT_SUPPORTED", f"Avro has no maps with keys of type {key}")
        return {"type": "map", "values": ["null", _avro_type(value, count)]}
    if low.startswith("struct<"):
        name = f"record{next(count)}"
        pairs = [field.split(":", 1) for field in split_top(hive[7:-1])]
        fields = [{"name": n, "type": ["null", _avro_type(t, count)], "default": None} for n, t in pairs]
        return {"type": "record", "name": name, "fields": fields}
    return "string"


def text(source: Path, target: Path, codec: str, _columns: list[tuple[str, str]]) -> None:
    """`codec` is bzip2, snappy or lz4; the latter two in Hadoop's blocks."""
    import cramjam

    pack: dict[str, Callable[[bytes], bytes]] = {
        "snappy": lambda data: bytes(cramjam.snappy.compress_raw(data)),
        "lz4": lambda data: bytes(cramjam.lz4.compress_block(data, store_size=False)),
    }
    with source.open("rb") as file, target.open("wb") as out:
        if codec == "bzip2":
            _bzip2(file, out)
            return
        while block := file.read(_BLOCK):
            packed = pack[codec](block)
            out.write(struct.pack(">II", len(block), len(packed)) + packed)


def _bzip2(file: BinaryIO, out: BinaryIO) -> None:
    encoder = bz2.BZ2Compressor()
    while block := file.read(_BLOCK):
        out.write(encoder.compress(block))
    out.write(encoder.flush())
