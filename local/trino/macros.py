"""What a DuckDB instance needs before it can run what the compiler writes."""

import duckdb

from local.trino import casts, functions, operators, registry

__all__ = ["define", "prepare"]
_DECLARING = (casts, functions, operators)  # imported for what they register


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Create macros and Python functions in an instance; all its cursors see them."""
    for name, work, parameters, result in registry.udfs():
        connection.create_function(name, work, parameters, result)  # type: ignore[arg-type]
    for definition in registry.macros():
        connection.execute(f"CREATE MACRO {definition}")


def prepare(cursor: duckdb.DuckDBPyConnection) -> None:
    """The session settings that the compiled SQL relies on."""
    cursor.execute("SET TimeZone = 'UTC'; SET default_null_order = 'nulls_last'; SET ieee_floating_point_ops = true")
