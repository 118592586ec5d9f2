"""Columns of a table from the columns of a data file: matched by field id, as Iceberg's schema evolution has it."""

from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io.pyarrow import pyarrow_to_schema
from pyiceberg.schema import Schema
from pyiceberg.table.name_mapping import NameMapping, create_mapping_from_schema
from pyiceberg.types import IcebergType, ListType, MapType, NestedField, StructType

from local.athena.iceberg.types import stored
from local.trino.types import literal, quoted


@lru_cache(maxsize=4096)
def _held(path: str) -> tuple[pa.Schema, Schema | None]:
    """A file's Arrow schema, and its Iceberg schema when it has field ids. A data file never changes."""
    found: Any = pq.read_metadata(path)
    arrow = found.schema.to_arrow_schema()
    try:
        return arrow, pyarrow_to_schema(arrow)
    except ValueError:
        return arrow, None


def file_schema(path: str, table: Schema, names: NameMapping | None) -> Schema:
    """What a Parquet file holds. Files without field ids are matched by the table's name mapping, or by name."""
    arrow, schema = _held(path)
    return schema or pyarrow_to_schema(arrow, names or create_mapping_from_schema(table))


def column(wanted: NestedField, file: Schema, constant: Any = None) -> str:
    """SQL of a table's column over the file's columns; `constant` is its value where the file does not have it."""
    held = next((f for f in file.fields if f.field_id == wanted.field_id), None)
    if held is not None:
        return _value(quoted(held.name), held.field_type, wanted.field_type)
    value = constant if constant is not None else wanted.initial_default
    shown = "NULL" if value is None else literal(value.hex() if isinstance(value, bytes) else str(value))
    return f"CAST({shown} AS {stored(wanted.field_type)})"


def _value(sql: str, held: IcebergType, wanted: IcebergType, depth: int = 0) -> str:
    """`sql`, a value of type `held`, as a value of type `wanted`; `sql` itself where nothing has changed."""
    one = f"_v{depth}"
    if isinstance(wanted, ListType) and isinstance(held, ListType):
        inner = _value(one, held.element_type, wanted.element_type, depth + 1)
        return sql if inner == one else f"list_transform({sql}, lambda {one}: {inner})"
    if isinstance(wanted, MapType) and isinstance(held, MapType):
        key = _value(f"{one}.key", held.key_type, wanted.key_type, depth + 1)
        value = _value(f"{one}.value", held.value_type, wanted.value_type, depth + 1)
        if (key, value) == (f"{one}.key", f"{one}.value"):
            return sql
        entries = f"list_transform(map_entries({sql}), lambda {one}: {{'key': {key}, 'value': {value}}})"
        return f"map_from_entries({entries})"
    if isinstance(wanted, StructType) and isinstance(held, StructType):
        return _struct(sql, held, wanted, depth)
    return sql if type(held) is type(wanted) and held == wanted else f"CAST({sql} AS {stored(wanted)})"


def _struct(sql: str, held: StructType, wanted: StructType, depth: int) -> str:
    by_id = {f.field_id: f for f in held.fields}
    parts, is_same = [], len(held.fields) == len(wanted.fields)
    for position, field in enumerate(wanted.fields):
        old = by_id.get(field.field_id)
        if old is None:
            parts.append((field.name, f"CAST(NULL AS {stored(field.field_type)})"))
            is_same = False
            continue
        plain = f"struct_extract({sql}, {literal(old.name)})"
        shown = _value(plain, old.field_type, field.field_type, depth)
        parts.append((field.name, shown))
        is_same = is_same and shown == plain and old.name == field.name and held.fields[position] is old
    if is_same:
        return sql
    packed = ", ".join(f"{quoted(n)} := {shown}" for n, shown in parts)
    return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({packed}) END"
