"""Athena's type names as SQLAlchemy types and as Trino writes them in queries.

Two spellings exist: DDL's (int, float, binary, struct<..>), which the catalog and the API use, and Trino's (integer,
real, varbinary, row(..)), which queries, casts and views use (docs.aws.amazon.com/athena/latest/ug/data-types.html).
"""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine, UserDefinedType

from app.domain.schemas import ColumnType

_TRINO: Final = {"int": "integer", "float": "real", "binary": "varbinary", "timestamp": "timestamp(3)"}
_STANDARD: Final[dict[str, TypeEngine[Any]]] = {
    "boolean": sa.Boolean(),
    "smallint": sa.SmallInteger(),
    "int": sa.Integer(),
    "bigint": sa.BigInteger(),
    "float": sa.REAL(),
    "double": sa.Double(),
    "varchar": sa.String(),
    "date": sa.Date(),
    "binary": sa.LargeBinary(),
}


class TrinoType(UserDefinedType[Any]):
    """A type that SQLAlchemy has no standard class for, written as Trino writes it in a CAST."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: object) -> str:
        return self.text.upper()


def trino_name(kind: ColumnType) -> str:
    """`row(a integer)` for `struct<a:int>`: the type's name in queries and in a view's column list.

    Hive tables hold timestamps of three digits, and Athena refuses any other precision in a CTAS.
    """
    match kind.name:
        case "array" | "map":
            return f"{kind.name}({', '.join(trino_name(part) for part in kind.parts)})"
        case "struct":
            fields = zip(kind.fields, kind.parts, strict=True)
            return f"row({', '.join(f'{quoted(name)} {trino_name(part)}' for name, part in fields)})"
        case _:
            return _TRINO.get(kind.name, str(kind))


def quoted(identifier: str) -> str:
    """The identifier in double quotes: right for every name, reserved or not."""
    return '"' + identifier.replace('"', '""') + '"'


def sql_type(kind: ColumnType) -> TypeEngine[Any]:
    """The SQLAlchemy type whose CAST gives `kind` under PyAthena's dialect."""
    if kind.name == "decimal":
        return sa.Numeric(kind.precision, kind.scale)
    if kind.name in _STANDARD and kind.length is None:
        return _STANDARD[kind.name]
    return TrinoType(trino_name(kind))
