"""Column types: Glue's (Hive), Athena's and DuckDB's names of each; and filters as DuckDB prints them."""

import re

import sqlglot
from sqlglot import exp

_DUCK = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "integer": "INTEGER",
    "bigint": "BIGINT", "float": "FLOAT", "real": "FLOAT", "double": "DOUBLE", "string": "VARCHAR", "date": "DATE",
    "timestamp": "TIMESTAMP", "binary": "BLOB", "varbinary": "BLOB",
}  # fmt: skip
_ATHENA = {
    "BOOLEAN": "boolean", "TINYINT": "tinyint", "UTINYINT": "smallint", "SMALLINT": "smallint", "USMALLINT": "integer",
    "INTEGER": "integer", "UINTEGER": "bigint", "BIGINT": "bigint", "UBIGINT": "bigint", "HUGEINT": "bigint",
    "UHUGEINT": "bigint", "FLOAT": "float", "DOUBLE": "double", "VARCHAR": "varchar", "JSON": "json",
    "BLOB": "varbinary",
    "DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "TIME": "time",
    "INTERVAL": "interval day to second", "UUID": "uuid", "NULL": "unknown", '"NULL"': "unknown",
}  # fmt: skip


def split_top(text: str, separator: str = ",") -> list[str]:
    """`text` cut at separators that stand in no bracket and no double quotes."""
    parts, depth, start, quoted = [], 0, 0, False
    for i, ch in enumerate(text):
        if ch == '"':
            quoted = not quoted
        elif not quoted and ch in "<([":
            depth += 1
        elif not quoted and ch in ">)]":
            depth -= 1
        elif ch == separator and depth == 0 and not quoted:
            parts.append(text[start:i].strip())
            start = i + 1
    parts.append(text[start:].strip())
    return [p for p in parts if p]


def duckdb_type(hive: str) -> str:
    """DuckDB's type for a Glue column type such as `array<struct<a:int>>` or `decimal(10,2)`."""
    text = hive.strip()
    low = text.lower()
    if low in _DUCK:
        return _DUCK[low]
    if low.startswith(("varchar", "char")):
        return "VARCHAR"
    if low.startswith("decimal"):
        return low.upper() if "(" in low else "DECIMAL(10,0)"
    if low.startswith("array<"):
        return duckdb_type(text[6:-1]) + "[]"
    if low.startswith("map<"):
        key, value = split_top(text[4:-1])
        return f"MAP({duckdb_type(key)}, {duckdb_type(value)})"
    if low.startswith("struct<"):
        fields = (f.split(":", 1) for f in split_top(text[7:-1]))
        return "STRUCT(" + ", ".join(f'"{n.strip().lower()}" {duckdb_type(t)}' for n, t in fields) + ")"
    return "VARCHAR"


def athena_type(duck: str) -> str:
    """Athena's name for a DuckDB type as DESCRIBE prints it."""
    if duck in _ATHENA:
        return _ATHENA[duck]
    if duck.startswith("DECIMAL"):
        return duck.lower().replace(" ", "")
    if duck.endswith("]"):
        return f"array({athena_type(duck[: duck.rindex('[')])})"
    if duck.startswith("MAP("):
        key, value = split_top(duck[4:-1])
        return f"map({athena_type(key)}, {athena_type(value)})"
    if duck.startswith("STRUCT("):
        return "row(" + ", ".join(f"{n} {athena_type(t)}" for n, t in struct_fields(duck)) + ")"
    return "varchar"


def struct_fields(duck: str) -> list[tuple[str, str]]:
    """Name and DuckDB type of each field of a STRUCT type."""
    found = []
    for field in split_top(duck[7:-1]):
        name, kind = re.match(r'("(?:[^"]|"")*"|\S+)\s+(.*)$', field, re.DOTALL).groups()  # type: ignore[union-attr]
        found.append((name.strip('"').replace('""', '"'), kind))
    return found


def columns_of(filter_text: str) -> tuple[exp.Expr, set[str]] | None:
    """A filter that DuckDB printed, parsed, with the columns it names (`a.b` for a field); None if unreadable."""
    text = re.sub(r"(^|AND |\(|OR )optional: ", r"\1", filter_text)
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None
    return tree, {column_path(c) for c in tree.find_all(exp.Column)}


def column_path(column: exp.Column) -> str:
    """The name of a column, or of a struct's field with its column's, in lower case."""
    return ".".join(part.name for part in column.parts).lower()
