"""Hive's bucketing, version 1, which Athena's CTAS uses: the bucket of a value, in Python for one, in SQL for many.

Source: Trino's HiveBucketingV1 (after Hive's ObjectInspectorUtils.getBucketHashCode) and its TestHiveBucketing.
"""

import datetime as dt
import re
import struct
from collections.abc import Mapping, Sequence
from itertools import product

from local.athena.sqltypes import split_top

_MASK = 0xFFFFFFFF
_FILE = re.compile(r"^(0\d+)_\d+|.*_bucket-(\d+)(?:\D.*)?$")
_WHOLE = ("tinyint", "smallint", "int", "integer")
_HASHED = ("string", "bigint", "boolean", "date", "float", "real", "double", *_WHOLE)
_NOT_A_NUMBER = {"float": 0x7FC00000, "double": 0x7FF8000000000000}


def supports(hive_type: str) -> bool:
    """Whether Trino hashes this type; it refuses timestamp, decimal, char, binary and struct."""
    name = hive_type.lower()
    if name.startswith("array<"):
        return supports(name[6:-1])
    if name.startswith("map<"):
        return all(map(supports, split_top(name[4:-1])))
    return name in ("string", "bigint", "boolean", "date", "float", "real", "double", *_WHOLE) or name.startswith(
        "varchar"
    )


def hash_value(value: object, hive_type: str) -> int:  # noqa: PLR0911 - one return a type
    """The 32-bit hash of one value, as an unsigned number."""
    name = hive_type.lower()
    if value is None:
        return 0
    if name == "boolean":
        return 1 if str(value).lower() == "true" else 0
    if name in _WHOLE:
        return int(str(value)) & _MASK
    if name == "bigint":
        return _folded(int(str(value)))
    if name == "date":
        return (dt.date.fromisoformat(str(value)) - dt.date(1970, 1, 1)).days & _MASK
    if name in ("float", "real", "double"):
        return _hash_real(float(str(value)), "double" if name == "double" else "float")
    if isinstance(value, Mapping):
        key, held = split_top(name[4:-1])
        return sum(hash_value(k, key) ^ hash_value(v, held) for k, v in value.items()) & _MASK
    if isinstance(value, Sequence) and not isinstance(value, str):
        return combined([hash_value(v, name[6:-1]) for v in value])
    result = _seed(name)
    for byte in str(value).encode():
        result = (31 * result + (byte - 256 if byte > 127 else byte)) & _MASK
    return result


def _seed(name: str) -> int:
    return 1 if name.startswith("varchar(") else 0  # Hive hashes its varchar type from 1


def _folded(number: int) -> int:
    number &= 0xFFFFFFFFFFFFFFFF
    return (number ^ (number >> 32)) & _MASK


def _hash_real(value: float, name: str) -> int:
    """Java's floatToIntBits and doubleToLongBits, where all that is not a number has one form."""
    if value != value:  # noqa: PLR0124 - not a number
        bits = _NOT_A_NUMBER[name]
    else:
        bits = int.from_bytes(struct.pack(">d" if name == "double" else ">f", value), "big")
    return _folded(bits) if name == "double" else bits


def combined(hashes: Sequence[int]) -> int:
    """The hash of several values in a row."""
    total = 0
    for each in hashes:
        total = (31 * total + each) & _MASK
    return total


def bucket_of(values: Sequence[object], hive_types: Sequence[str], count: int) -> int:
    """The bucket of a row with these key values."""
    hashes = [hash_value(value, kind) for value, kind in zip(values, hive_types, strict=True)]
    return (combined(hashes) & 0x7FFFFFFF) % count


def buckets_of(choices: Sequence[set[str]], hive_types: Sequence[str], count: int) -> set[int]:
    """The buckets of every combination of the columns' values."""
    return {bucket_of(row, hive_types, count) for row in product(*choices)}


def _hash_sql(value: str, hive_type: str, depth: int = 0) -> str:  # noqa: PLR0911 - one return a type
    """The hash as an unsigned BIGINT; 0 for NULL."""
    name, item = hive_type.lower(), f"i{depth}"
    if name == "boolean":
        return f"coalesce({value}::BIGINT, 0)"
    if name in _WHOLE:
        return f"(coalesce({value}::BIGINT, 0) & {_MASK})"
    if name == "bigint":
        return f"coalesce({_folded_sql(value)}, 0)"
    if name == "date":
        return f"(coalesce(date_diff('day', DATE '1970-01-01', {value}), 0) & {_MASK})"
    if name in ("float", "real"):
        bits = f"(({value}::BIT)::INTEGER)::BIGINT & {_MASK}"
        return f"coalesce(CASE WHEN isnan({value}) THEN {_NOT_A_NUMBER['float']} ELSE {bits} END, 0)"
    if name == "double":
        bits = f"CASE WHEN isnan({value}) THEN {_NOT_A_NUMBER['double']} ELSE ({value}::BIT)::BIGINT END"
        return f"coalesce({_folded_sql(f'({bits})')}, 0)"
    if name.startswith("array<"):
        return f"coalesce({_fold_list(value, _hash_sql(item, name[6:-1], depth + 1), item, 0)}, 0)"
    if name.startswith("map<"):
        key, held = split_top(name[4:-1])
        each = f"xor({_hash_sql(f'{item}.key', key, depth + 1)}, {_hash_sql(f'{item}.value', held, depth + 1)})"
        summed = f"list_sum(list_transform(map_entries({value}), lambda {item}: {each}))"
        return f"coalesce({summed}::BIGINT & {_MASK}, 0)"
    # Hex digits pair up to bytes, those above 7f are negative as Java's are.
    digits = f"hex(encode({value}))"
    byte = f"('0x' || substr({digits}, 2 * {item}::INTEGER + 1, 2))::BIGINT"
    signed = f"CASE WHEN {byte} > 127 THEN {byte} - 256 ELSE {byte} END"
    return f"coalesce({_fold_list(f'range(octet_length(encode({value})))', signed, item, _seed(name))}, 0)"


def _fold_list(items: str, each: str, item: str, seed: int) -> str:
    hashes = f"list_transform({items}, lambda {item}: {each})"
    step = f"lambda h, {item}: (31 * h + {item}) & {_MASK}"
    return f"list_reduce(list_prepend({seed}::BIGINT, {hashes}), {step})"


def _folded_sql(number: str) -> str:
    return f"(xor({number} & {_MASK}, ({number} >> 32) & {_MASK}) & {_MASK})"


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
    """The bucket a file holds, by its name: Hive's `000007_0...` or Trino's `..._bucket-00007`; else None."""
    found = _FILE.match(key.rsplit("/", maxsplit=1)[-1])
    return int(found[1] or found[2]) if found else None
