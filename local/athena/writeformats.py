"""What Athena writes: its formats, the codecs each may have, and how a value looks in text.

Source: docs.aws.amazon.com/athena/latest/ug/compression-support-hive.html (engine version 3) and create-table-as.html.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.athena import recode
from local.athena.errors import QueryFailed
from local.athena.sqltypes import duckdb_type, split_top, struct_fields
from local.trino.types import literal

_FORMATS = {"PARQUET": "parquet", "ORC": "orc", "AVRO": "avro", "TEXTFILE": "text", "JSON": "json", "CSV": "opencsv"}
_TEXT = {"": "gzip", "GZIP": "gzip", "ZSTD": "zstd", "BZIP2": "bzip2", "LZ4": "lz4", "SNAPPY": "snappy", "NONE": "none",
         "UNCOMPRESSED": "none"}  # fmt: skip
_CODECS = {
    "parquet": {"": "gzip", "GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "uncompressed",
                "UNCOMPRESSED": "uncompressed"},
    "orc": {"": "zlib", "ZLIB": "zlib", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4", "NONE": "uncompressed",
            "UNCOMPRESSED": "uncompressed"},
    "avro": {"": "deflate", "DEFLATE": "deflate", "SNAPPY": "snappy", "BZIP2": "bzip2", "NONE": "null",
             "UNCOMPRESSED": "null"},
    "text": _TEXT, "json": _TEXT, "opencsv": _TEXT,
}  # fmt: skip
_SUFFIXES = {"gzip": ".gz", "zstd": ".zst", "bzip2": ".bz2", "lz4": ".lz4", "snappy": ".snappy"}
_BY_DUCKDB = ("gzip", "zstd", "none")
_NULL = "\\N"


def format_named(name: str, compression: str) -> tuple[str, str]:
    """Our format and its codec for the property values. Raises QueryFailed for what Athena does not write."""
    upper, codec = name.upper(), compression.upper()
    if upper not in _FORMATS:
        raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena does not write format {upper}")
    if (upper, codec) == ("AVRO", "ZSTD"):
        raise QueryFailed("NOT_SUPPORTED", "The embedded Athena does not write AVRO with ZSTD")  # fastavro cannot
    codecs = _CODECS[_FORMATS[upper]]
    if codec not in codecs:
        raise QueryFailed("NOT_SUPPORTED", f"Compression {codec} is not supported for format {upper}")
    return _FORMATS[upper], codecs[codec]


@dataclass(frozen=True)
class Writer:
    """How files of a format come to be: DuckDB's options for COPY, and what is then done to each file (or nothing).

    JSON is one column, its lines.
    """

    options: list[str]
    recode: Callable[[Path, Path, str, list[tuple[str, str]]], None] | None
    suffix: str


def writer(kind: str, codec: str, delimiter: str, parquet: list[str]) -> Writer:
    """`parquet` are the options that all of DuckDB's Parquet files have."""
    if kind == "parquet":
        return Writer([*parquet, f"COMPRESSION {codec}"], None, "")
    if kind in ("orc", "avro"):
        return Writer([*parquet, "COMPRESSION lz4_raw"], recode.orc if kind == "orc" else recode.avro, "")
    is_ours = codec not in _BY_DUCKDB
    compression = f"COMPRESSION {'none' if is_ours else codec}"
    suffix = _SUFFIXES.get(codec, "")
    recoding = recode.text if is_ours else None
    if kind == "json":
        line = ["FORMAT csv", "HEADER false", "DELIMITER '\x01'", "QUOTE ''", "ESCAPE ''"]
        return Writer([*line, compression], recoding, suffix)
    options = ["FORMAT csv", "HEADER false", compression]
    if kind == "opencsv":
        return Writer([*options, "FORCE_QUOTE *", "DELIMITER ','"], recoding, suffix)
    plain = [f"DELIMITER {literal(delimiter)}", "QUOTE ''", "ESCAPE ''", f"NULL '{_NULL}'"]
    return Writer([*options, *plain], recoding, suffix)


def shown(column: str, hive: str, kind: str) -> str:
    """SQL of a column as the format takes it: LazySimpleSerDe's nested values are text between control characters."""
    value = f"CAST({column} AS {duckdb_type(hive)})"
    return _lazy(value, duckdb_type(hive), 2) if kind == "text" and "<" in hive else value


def _lazy(value: str, kind: str, level: int) -> str:
    """A value with the separators of `level` (Hive's default: the byte of that number), then of those above."""
    item, separator = f"v{level}", f"chr({level})"
    if kind.endswith("[]"):
        each = _inner(item, kind[:-2], level + 1)
        return f"array_to_string(list_transform({value}, lambda {item}: {each}), {separator})"
    if kind.startswith("MAP("):
        key, held = split_top(kind[4:-1])
        pair = (
            f"{_inner(f'{item}.key', key, level + 2)} || chr({level + 1}) || {_inner(f'{item}.value', held, level + 2)}"
        )
        return f"array_to_string(list_transform(map_entries({value}), lambda {item}: {pair}), {separator})"
    if kind.startswith("STRUCT("):
        fields = [_inner(f"struct_extract({value}, {literal(n)})", t, level + 1) for n, t in struct_fields(kind)]
        return f"CASE WHEN {value} IS NOT NULL THEN {f' || {separator} || '.join(fields)} END"
    return f"CAST({value} AS VARCHAR)"


def _inner(value: str, kind: str, level: int) -> str:
    return f"coalesce({_lazy(value, kind, level)}, '{_NULL}')"
