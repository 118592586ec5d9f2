"""Athena's names of table properties and partition transforms, and Iceberg's.

Source: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-creating-tables.html#querying-iceberg-table-properties
"""

import re
from collections.abc import Mapping

from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
)

from local.athena.errors import QueryFailed

_SAME = {
    "format": "write.format.default",
    "write_compression": "write.parquet.compression-codec",
    "compression_level": "write.parquet.compression-level",
    "write_target_data_file_size_bytes": "write.target-file-size-bytes",
    "vacuum_min_snapshots_to_keep": "history.expire.min-snapshots-to-keep",
    "vacuum_max_metadata_files_to_keep": "write.metadata.previous-versions-max",
    "vacuum_max_snapshot_age_seconds": "history.expire.max-snapshot-age-ms",
    **{
        f"optimize_rewrite_{n}": f"athena.optimize.rewrite.{n.replace('_', '-')}"
        for n in ("min_data_file_size_bytes", "max_data_file_size_bytes", "data_file_threshold",
                  "delete_file_threshold")
    },
}  # fmt: skip
_SECONDS = "vacuum_max_snapshot_age_seconds"
_CODECS = {"zstd": "zstd", "snappy": "snappy", "gzip": "gzip", "lz4": "lz4_raw", "none": "uncompressed",
           "uncompressed": "uncompressed"}  # fmt: skip
_BARE: dict[str, type[Transform]] = {
    "year": YearTransform,
    "month": MonthTransform,
    "day": DayTransform,
    "hour": HourTransform,
}
_CALL = re.compile(r"(\w+)\s*\(\s*(.+?)\s*\)$", re.DOTALL)


def to_iceberg(given: Mapping[str, str]) -> dict[str, str]:
    """Properties as Athena names them (table_type left out), as Iceberg stores them. Raises QueryFailed."""
    found = {}
    for name, value in given.items():
        key = name.lower()
        if key in ("table_type", "is_external", "location"):
            continue
        if key not in _SAME:
            raise QueryFailed("", f"FAILED: Unsupported table property key: {name}")
        found[_SAME[key]] = _checked(key, str(value))
    return found


def _checked(key: str, value: str) -> str:
    if key == "format":
        if value.lower() not in ("parquet", "orc", "avro"):
            raise QueryFailed("", f"FAILED: Unsupported table property value: format = {value}")
        if value.lower() != "parquet":
            raise QueryFailed("NOT_SUPPORTED", f"The embedded Athena writes Iceberg tables as PARQUET, not {value}")
        return value.lower()
    if key == "write_compression":
        if value.lower() not in _CODECS:
            raise QueryFailed("", f"FAILED: Unsupported table property value: write_compression = {value}")
        return value.lower()
    if not value.lstrip("-").isdigit() or int(value) < 0:
        raise QueryFailed("", f"FAILED: Unsupported table property value: {key} = {value}")
    return str(int(value) * 1000) if key == _SECONDS else value


def to_athena(held: Mapping[str, str]) -> dict[str, str]:
    """The stored properties that Athena has names for."""
    back = {iceberg: athena for athena, iceberg in _SAME.items()}
    found = {back[k]: v for k, v in held.items() if k in back}
    if _SECONDS in found:
        found[_SECONDS] = str(int(found[_SECONDS]) // 1000)
    return found


def iceberg_name(name: str) -> str:
    """Iceberg's name of one of Athena's properties. Raises QueryFailed."""
    if name.lower() not in _SAME:
        raise QueryFailed("", f"FAILED: Unsupported table property key: {name}")
    return _SAME[name.lower()]


def new_table(given: Mapping[str, str], location: str) -> dict[str, str]:
    """The properties of a table that Athena makes."""
    return {
        "format-version": "2",
        "write.format.default": "parquet",
        "write.parquet.compression-codec": "zstd",
        "write.object-storage.enabled": "true",
        "write.object-storage.path": f"{location.rstrip('/')}/data",
        **to_iceberg(given),
    }


def codec_of(held: Mapping[str, str]) -> tuple[str, str | None]:
    """DuckDB's name of the codec to write with, and its level if one is set."""
    name = held.get("write.parquet.compression-codec", "zstd").lower()
    return _CODECS.get(name, "zstd"), held.get("write.parquet.compression-level")


def partition_spec(parts: list[str], schema: Schema) -> PartitionSpec:
    """The spec of `col`, `day(ts)`, `bucket(16, id)`, `truncate(10, name)`; the CTAS form has the column first."""
    fields = []
    for number, text in enumerate(parts):
        column, name, transform = _transform(text.strip())
        source = next((f for f in schema.fields if f.name.lower() == column), None)
        if source is None:
            raise QueryFailed("COLUMN_NOT_FOUND", f"line 1:1: Unable to find column: {column}")
        if not transform.can_transform(source.field_type):
            raise QueryFailed("", f"FAILED: Invalid partition transform {text} of column type {source.field_type}")
        fields.append(PartitionField(source.field_id, PARTITION_FIELD_ID_START + number, transform, name))
    return PartitionSpec(*fields)


def _transform(text: str) -> tuple[str, str, Transform]:
    call = _CALL.match(text)
    if call is None:
        column = _bare(text)
        return column, column, IdentityTransform()
    function, arguments = call[1].lower(), [_bare(a) for a in call[2].split(",")]
    if function in _BARE and len(arguments) == 1:
        return arguments[0], f"{arguments[0]}_{function}", _BARE[function]()
    if function in ("bucket", "truncate") and len(arguments) == 2:
        number, column = arguments if arguments[0].isdigit() else arguments[::-1]
        if number.isdigit() and int(number) > 0:
            if function == "bucket":
                return column, f"{column}_bucket", BucketTransform(int(number))
            return column, f"{column}_trunc", TruncateTransform(int(number))
    raise QueryFailed("", f"FAILED: Unsupported partition transform: {text}")


def _bare(name: str) -> str:
    return name.strip().strip('`"').lower()


def shown_partition(field: PartitionField, schema: Schema) -> str:
    """A partition field as PARTITIONED BY writes it."""
    column, transform = f"`{schema.find_column_name(field.source_id)}`", field.transform
    if isinstance(transform, BucketTransform):
        return f"bucket({transform.num_buckets}, {column})"
    if isinstance(transform, TruncateTransform):
        return f"truncate({transform.width}, {column})"
    return column if isinstance(transform, IdentityTransform) else f"{transform}({column})"
