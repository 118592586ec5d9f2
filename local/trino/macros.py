"""What a DuckDB instance needs before it can run what the compiler writes."""

import functools
from collections.abc import Callable
from typing import Any

import duckdb

from local.trino import casts, functions, operators, registry

__all__ = ["define", "prepare"]
_DECLARING = (casts, functions, operators)  # imported for what they register


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Create macros and Python functions in an instance; all its cursors see them."""
    for name, work, parameters, result in registry.udfs():
        given: dict[str, Any] = {"parameters": parameters, "return_type": result, "null_handling": "special"}
        connection.create_function(name, _of_values(work), **given)  # DuckDB's hints name fewer types than it takes
    for definition in registry.macros():
        connection.execute(f"CREATE MACRO {definition}")


def _of_values(work: Callable[..., Any]) -> Callable[..., Any]:
    """The function, NULL for a NULL argument. DuckDB's own way to do this lets no function answer NULL."""

    @functools.wraps(work)  # DuckDB counts the parameters
    def of_values(*values: Any) -> Any:
        return None if None in values else work(*values)

    return of_values


def prepare(cursor: duckdb.DuckDBPyConnection) -> None:
    """The session settings that the compiled SQL relies on."""
    cursor.execute("SET TimeZone = 'UTC'; SET default_null_order = 'nulls_last'; SET ieee_floating_point_ops = true")
