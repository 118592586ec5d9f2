"""Hive's bucketing (version 1): which bucket a value belongs to, in Python for one and in DuckDB's SQL for many.

Source: Hive's ObjectInspectorUtils.getBucketHashCode, Trino's HiveBucketingV1.
"""

import re
from collections.abc import Sequence

_MASK = 0xFFFFFFFF
_FILE = re.compile(r"^(0\d+)_\d+")


def supports(hive_type: str) -> bool:
    """Whether a column of this type may be a bucket key here."""
    name = hive_type.lower()
    return name in ("string", "int", "integer", "bigint", "smallint", "tinyint", "boolean", "date") or name.startswith(
        ("varchar", "char"),
    )


def hash_value(value: object, hive_type: str) -> int:
    """Hive's 32-bit hash of one value, as an unsigned number."""
    name = hive_type.lower()
    if value is None:
        return 0
    if name == "boolean":
        return 1 if str(value).lower() == "true" else 0
    if name in ("int", "integer", "smallint", "tinyint"):
        return int(str(value)) & _MASK
    if name == "bigint":
        number = int(str(value)) & 0xFFFFFFFFFFFFFFFF
        return (number ^ (number >> 32)) & _MASK
    if name == "date":
        import datetime as dt

        return (dt.date.fromisoformat(str(value)) - dt.date(1970, 1, 1)).days & _MASK
    result = 0
    for byte in str(value).encode():
        result = (31 * result + (byte - 256 if byte > 127 else byte)) & _MASK
    return result


def bucket_of(values: Sequence[object], hive_types: Sequence[str], count: int) -> int:
    """The bucket of a row with these key values."""
    total = 0
    for value, kind in zip(values, hive_types, strict=True):
        total = (31 * total + hash_value(value, kind)) & _MASK
    return (total & 0x7FFFFFFF) % count


def _hash_sql(column: str, hive_type: str) -> str:
    name = hive_type.lower()
    if name == "boolean":
        return f"coalesce({column}::BIGINT, 0)"
    if name in ("int", "integer", "smallint", "tinyint"):
        return f"(coalesce({column}::BIGINT, 0) & {_MASK})"
    if name == "bigint":
        return f"coalesce(xor({column} & {_MASK}, ({column} >> 32) & {_MASK}) & {_MASK}, 0)"
    if name == "date":
        return f"(coalesce(date_diff('day', DATE '1970-01-01', {column}), 0) & {_MASK})"
    # A string's hash folds its bytes; hex digits pair up to bytes, those above 7f are negative as Java's are.
    byte = f"('0x' || substr(hex(encode({column})), 2 * i::INTEGER + 1, 2))::BIGINT"
    folded = (
        f"list_reduce(list_prepend(0::BIGINT, "
        f"list_transform(range(octet_length(encode({column}))), lambda i: {byte})), "
        f"lambda h, b: (31 * h + CASE WHEN b > 127 THEN b - 256 ELSE b END) & {_MASK})"
    )
    return f"coalesce({folded}, 0)"


def bucket_sql(columns: Sequence[tuple[str, str]], count: int) -> str:
    """DuckDB's expression of a row's bucket; `columns` are (SQL, Hive type)."""
    total = "0::BIGINT"
    for column, kind in columns:
        total = f"((31 * ({total}) + {_hash_sql(column, kind)}) & {_MASK})"
    return f"(({total} & {0x7FFFFFFF}) % {count})"


def file_name(bucket: int, query_id: str, suffix: str) -> str:
    """The name that makes a file that bucket's: Trino reads the leading digits."""
    return f"{bucket:06d}_0_{query_id}{suffix}"


def bucket_of_file(key: str) -> int | None:
    """The bucket a file holds, by its name; None when the name does not say."""
    found = _FILE.match(key.rsplit("/", maxsplit=1)[-1])
    return int(found[1]) if found else None
