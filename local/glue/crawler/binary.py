"""Formats that carry their schema: Parquet, ORC, Avro. The libraries read it; Hive's type names are given here."""

from pathlib import Path
from typing import Any

from local.athena.hivetable import FORMATS
from local.glue.crawler.schema import Schema, struct_of

_ARROW = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint", "uint8": "smallint",
    "uint16": "int", "uint32": "bigint", "uint64": "decimal(20,0)", "halffloat": "float", "float": "float",
    "double": "double", "string": "string", "large_string": "string", "string_view": "string", "binary": "binary",
    "large_binary": "binary", "date32[day]": "date", "date64[ms]": "date", "null": "string",
}  # fmt: skip
_AVRO = {
    "null": "string", "boolean": "boolean", "int": "int", "long": "bigint", "float": "float", "double": "double",
    "bytes": "binary", "string": "string", "enum": "string", "fixed": "binary",
}  # fmt: skip
_AVRO_LOGICAL = {"date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp", "uuid": "string"}
_MAGIC = ((b"PAR1", "parquet"), (b"ORC", "orc"), (b"Obj\x01", "avro"))


def classification(head: bytes) -> str:
    """`parquet`, `orc` or `avro` by the first bytes; empty for any other."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "")


def parquet(path: Path) -> Schema:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        metadata = file.metadata
        codec = metadata.row_group(0).column(0).compression if metadata.num_row_groups and metadata.num_columns else ""
        columns = _of_arrow(file.schema_arrow)
        compression = "none" if codec in ("", "UNCOMPRESSED") else codec.lower()
        return _schema("parquet", columns, metadata.num_rows, compression)


def orc(path: Path) -> Schema:
    from pyarrow import orc as arrow_orc

    file = arrow_orc.ORCFile(path)
    compression = "none" if file.compression in ("UNCOMPRESSED", "NONE") else file.compression.lower()
    return _schema("orc", _of_arrow(file.schema), file.nrows, compression)


def avro(path: Path) -> Schema:
    import fastavro

    with path.open("rb") as file:
        blocks = fastavro.block_reader(file)
        written: Any = blocks.writer_schema
        records = sum(block.num_records for block in blocks)
        codec = str(blocks.codec)
    columns = tuple((one["name"].lower(), _avro_type(one["type"])) for one in written["fields"])
    return _schema("avro", columns, records, "none" if codec == "null" else codec)


def _schema(name: str, columns: tuple[tuple[str, str], ...], records: int, compression: str) -> Schema:
    inputs, outputs, serde = FORMATS[name.upper()]
    return Schema(
        name, columns, serde, {"serialization.format": "1"}, inputs, outputs, compression=compression, records=records
    )


def _of_arrow(schema: Any) -> tuple[tuple[str, str], ...]:
    return tuple((field.name.lower(), arrow_type(field.type)) for field in schema)


def arrow_type(kind: Any) -> str:
    """Hive's name of an Arrow type."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return arrow_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_map(kind):
        return f"map<{arrow_type(kind.key_type)},{arrow_type(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return struct_of({field.name: arrow_type(field.type) for field in kind})
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"array<{arrow_type(kind.value_type)}>"
    return _ARROW.get(str(kind), "string")


def _avro_type(kind: Any) -> str:
    if isinstance(kind, list):  # a union; with null it is an optional value
        others = [one for one in kind if one != "null"]
        return _avro_type(others[0]) if len(others) == 1 else "string"
    if isinstance(kind, str):
        return _AVRO.get(kind, "string")
    logical = kind.get("logicalType", "")
    if logical == "decimal":
        return f"decimal({kind['precision']},{kind.get('scale', 0)})"
    if logical in _AVRO_LOGICAL:
        return _AVRO_LOGICAL[logical]
    if kind["type"] == "array":
        return f"array<{_avro_type(kind['items'])}>"
    if kind["type"] == "map":
        return f"map<string,{_avro_type(kind['values'])}>"
    if kind["type"] == "record":
        return struct_of({one["name"]: _avro_type(one["type"]) for one in kind["fields"]})
    return _avro_type(kind["type"])
