"""Values as tables hold them: a zoned timestamp is an instant there, without a zone (Iceberg's timestamptz is UTC)."""

from local.trino.typed import named
from local.trino.types import Type, literal, quoted


def stored_type(kind: Type) -> str:
    """The DuckDB type of a column in a table."""
    if kind.name == "timestamp with time zone":
        return "TIMESTAMPTZ"
    if kind.name == "array":
        return f"{stored_type(kind.of[0])}[]"
    if kind.name == "map":
        return f"MAP({stored_type(kind.of[0])}, {stored_type(kind.of[1])})"
    if kind.name == "row":
        return f"STRUCT({', '.join(f'{quoted(n)} {stored_type(t)}' for n, t in zip(kind.names, kind.of, strict=True))})"
    return kind.duckdb


def read(sql: str, kind: Type) -> str:
    """SQL of a stored value as expressions use it."""
    return sql if stored_type(kind) == kind.duckdb else _converted(sql, kind, "struct_pack(t := {0}, z := 'UTC')")


def written(sql: str, kind: Type) -> str:
    """SQL of an expression's value as a table stores it."""
    return sql if stored_type(kind) == kind.duckdb else _converted(sql, kind, "({0}).t")


def _converted(sql: str, kind: Type, instant: str) -> str:
    if kind.name == "timestamp with time zone":
        return instant.format(sql)
    if not kind.of or stored_type(kind) == kind.duckdb:
        return sql
    name = named("s", sql, kind)
    if kind.name == "array":
        return f"list_transform({sql}, lambda {name}: {_converted(name, kind.of[0], instant)})"
    if kind.name == "map":
        key, value = (_converted(f"{name}.{n}", kind.of[i], instant) for i, n in enumerate(("key", "value")))
        return (
            f"map_from_entries(list_transform(map_entries({sql}), lambda {name}: {{'key': {key}, 'value': {value}}}))"
        )
    parts = (
        f"{quoted(n)} := {_converted(f'struct_extract({name}, {literal(n)})', t, instant)}"
        for n, t in zip(kind.names, kind.of, strict=True)
    )
    body = f"CASE WHEN {name} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    return f"list_transform([{sql}], lambda {name}: {body})[1]"
