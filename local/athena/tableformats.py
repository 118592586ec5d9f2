"""How a written table is registered: classes and properties of each format; and what an INSERT finds registered."""

from typing import Any

from local.athena import catalog, serdes, writeformats
from local.athena.errors import QueryFailed

_HIVE = "org.apache.hadoop.hive.ql.io."
_TEXT_FILES = ("org.apache.hadoop.mapred.TextInputFormat", f"{_HIVE}HiveIgnoreKeyTextOutputFormat")
CLASSES = {
    "parquet": (
        f"{_HIVE}parquet.MapredParquetInputFormat",
        f"{_HIVE}parquet.MapredParquetOutputFormat",
        f"{_HIVE}parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (f"{_HIVE}orc.OrcInputFormat", f"{_HIVE}orc.OrcOutputFormat", f"{_HIVE}orc.OrcSerde"),
    "avro": (
        f"{_HIVE}avro.AvroContainerInputFormat",
        f"{_HIVE}avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
    "text": (*_TEXT_FILES, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "json": (*_TEXT_FILES, "org.apache.hive.hcatalog.data.JsonSerDe"),
}
"""Input format, output format, SerDe."""
CLASSIFICATIONS = {"parquet": "parquet", "orc": "orc", "avro": "avro", "json": "json", "text": "csv"}
_NAMES = {"parquet": "PARQUET", "orc": "ORC", "avro": "AVRO", "text": "TEXTFILE", "json": "JSON", "opencsv": "CSV"}
_PROPERTIES = {"parquet": "parquet.compression", "orc": "orc.compress", "avro": "avro.output.codec"}


def wanted_compression(given: dict[str, Any]) -> str:
    """What the properties of a CTAS or UNLOAD say; empty for the default."""
    names = ("write_compression", "parquet_compression", "orc_compression")
    return next((str(given[n]) for n in names if given.get(n)), "")


def compression_property(kind: str, given: dict[str, Any]) -> dict[str, str]:
    """The table parameter that keeps the compression for later writes."""
    default = {"parquet": "GZIP", "orc": "ZLIB"}.get(kind, "")
    wanted = (wanted_compression(given) or default).upper()
    name = _PROPERTIES.get(kind, "write.compression")
    return {name: wanted} if wanted else {}


def codec_of(table: catalog.Table) -> tuple[str, str]:
    """Our format and codec for an INSERT INTO the table. Raises QueryFailed for a format that is only read."""
    kind = serdes.format_of(table)
    if kind not in _NAMES:
        raise QueryFailed("NOT_SUPPORTED", f"Inserting into tables of this SerDe is not supported: {table['Name']}")
    held = table.get("Parameters") or {}
    names = (_PROPERTIES.get(kind, ""), "write.compression", "write_compression", "compression")
    return writeformats.format_named(_NAMES[kind], next((str(held[n]) for n in names if held.get(n)), ""))
