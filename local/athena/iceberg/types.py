"""Column types: Iceberg's, Trino's, and how DuckDB stores them in data files.

Source: https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-supported-data-types.html
"""

import itertools
from collections.abc import Iterator

from pyiceberg.schema import Schema
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from local.athena.errors import QueryFailed
from local.athena.planning import Plan
from local.trino.types import Type, array, decimal, map_of, parse, quoted, row

_TRINO: dict[type[IcebergType], Type] = {
    BooleanType: Type("boolean"),
    IntegerType: Type("integer"),
    LongType: Type("bigint"),
    FloatType: Type("real"),
    DoubleType: Type("double"),
    DateType: Type("date"),
    TimeType: Type("time", (6,)),
    TimestampType: Type("timestamp", (6,)),
    TimestamptzType: Type("timestamp with time zone", (6,)),
    StringType: Type("varchar"),
    UUIDType: Type("uuid"),
    BinaryType: Type("varbinary"),
    FixedType: Type("varbinary"),
}
_ICEBERG: dict[str, IcebergType] = {
    "boolean": BooleanType(),
    "integer": IntegerType(),
    "bigint": LongType(),
    "real": FloatType(),
    "double": DoubleType(),
    "date": DateType(),
    "time": TimeType(),
    "timestamp": TimestampType(),
    "timestamp with time zone": TimestamptzType(),
    "varchar": StringType(),
    "uuid": UUIDType(),
    "varbinary": BinaryType(),
}


def to_trino(kind: IcebergType) -> Type:
    """Trino's type of an Iceberg column. Raises QueryFailed for one that Athena does not read."""
    if isinstance(kind, DecimalType):
        return decimal(kind.precision, kind.scale)
    if isinstance(kind, ListType):
        return array(to_trino(kind.element_type))
    if isinstance(kind, MapType):
        return map_of(to_trino(kind.key_type), to_trino(kind.value_type))
    if isinstance(kind, StructType):
        return row([(f.name.lower(), to_trino(f.field_type)) for f in kind.fields])
    if type(kind) not in _TRINO:
        raise QueryFailed("NOT_SUPPORTED", f"Unsupported Iceberg type: {kind}")
    return _TRINO[type(kind)]


def from_trino(kind: Type, ids: Iterator[int] | None = None) -> IcebergType:
    """The Iceberg type that holds a Trino type. `ids` number nested fields. Raises QueryFailed."""
    ids = ids if ids is not None else itertools.count(1000)
    if kind.name == "decimal":
        return DecimalType(*kind.args)
    if kind.name == "array":
        return ListType(next(ids), from_trino(kind.of[0], ids), element_required=False)
    if kind.name == "map":
        key, value = (from_trino(t, ids) for t in kind.of)
        return MapType(next(ids), key, next(ids), value, value_required=False)
    if kind.name == "row":
        fields = [(n, from_trino(t, ids)) for n, t in zip(kind.names, kind.of, strict=True)]
        return StructType(*(NestedField(next(ids), n, t, required=False) for n, t in fields))
    if kind.name not in _ICEBERG:
        raise QueryFailed("NOT_SUPPORTED", f"Type not supported for Iceberg: {kind}")
    return _ICEBERG[kind.name]


def of_ddl(text: str, ids: Iterator[int]) -> IcebergType:
    """The type of a column in CREATE TABLE or ALTER TABLE, e.g. `array<struct<a:int>>`. Raises QueryFailed."""
    try:
        kind = parse(text)
    except ValueError as error:
        raise QueryFailed("", f"FAILED: ParseException: {error}") from error
    for part in kind.parts():
        if part.name in ("tinyint", "smallint", "char", "json", "time", "timestamp with time zone", "uuid"):
            raise QueryFailed("NOT_SUPPORTED", f"Unsupported column type for Iceberg tables: {text}")
    return from_trino(kind, ids)


def stored(kind: IcebergType) -> str:
    """The DuckDB type of a column as data files hold it."""
    if isinstance(kind, ListType):
        return f"{stored(kind.element_type)}[]"
    if isinstance(kind, MapType):
        return f"MAP({stored(kind.key_type)}, {stored(kind.value_type)})"
    if isinstance(kind, StructType):
        return f"STRUCT({', '.join(f'{quoted(f.name)} {stored(f.field_type)}' for f in kind.fields)})"
    if isinstance(kind, TimestamptzType):
        return "TIMESTAMPTZ"
    return to_trino(kind).duckdb


def field_ids(kind: IcebergType, own: int) -> str:
    """DuckDB's FIELD_IDS of a column, nested fields included."""
    if isinstance(kind, ListType):
        inner = [f"element: {field_ids(kind.element_type, kind.element_id)}"]
    elif isinstance(kind, MapType):
        inner = [
            f"key: {field_ids(kind.key_type, kind.key_id)}",
            f"value: {field_ids(kind.value_type, kind.value_id)}",
        ]
    elif isinstance(kind, StructType):
        inner = [f"{quoted(f.name)}: {field_ids(f.field_type, f.field_id)}" for f in kind.fields]
    else:
        return str(own)
    return f"{{__duckdb_field_id: {own}, {', '.join(inner)}}}"


def schema_of(columns: list[tuple[str, Type]]) -> Schema:
    """A new table's schema; PyIceberg numbers its fields anew."""
    ids = itertools.count(len(columns) + 1)
    return Schema(
        *(
            NestedField(i, name, from_trino(kind, ids), required=False)
            for i, (name, kind) in enumerate(columns, start=1)
        )
    )


def output_columns(planned: Plan) -> list[tuple[str, Type]]:
    """Names and types of a new table's columns, those of a query. Raises QueryFailed for what a table cannot have."""
    for _, kind in planned.as_table():
        for part in kind.parts():
            if part.name in ("timestamp", "timestamp with time zone", "time") and part.args != (6,):
                word, exact = part.name.split()[0].capitalize(), Type(part.name, (6,))
                raise QueryFailed(
                    "NOT_SUPPORTED",
                    f'{word} precision ({part.args[0]}) not supported for Iceberg. Use "{exact}" instead.',
                )
    return planned.columns
