"""Trino's SQL, as Athena engine version 3 speaks it, compiled to DuckDB's SQL with Trino's types.

Pure: it knows nothing of files, Glue or Athena's API. `compile_query` asks a `Tables` for the columns of a table
and gives back DuckDB SQL and the Trino type of every column. A name, a function or a type that Trino would refuse is
refused here, with Trino's error name, message and place, before anything is read.

`dialect` parses; `queries`, `select` and `relations` compile queries, with a `scope` for each; `expressions` compiles
expressions with their types; `registry` holds the functions by name and `overloads` finds the one for given types;
`functions/` has one module for each list of Trino's function reference; `macros` defines what they need in DuckDB.
"""

from sqlglot import exp

from local.trino.dialect import parse_query
from local.trino.errors import SqlError
from local.trino.queries import Compiler
from local.trino.scope import Base, Query, Session, Tables, View

__all__ = ["Base", "Query", "Session", "SqlError", "Tables", "View", "compile_query", "parse_query"]


def compile_query(tree: exp.Expr, tables: Tables, session: Session) -> Query:
    """DuckDB SQL and column types of a parsed query. Raises SqlError."""
    from local.trino import macros  # noqa: F401 - declares every function

    return Compiler(tables, session).query(tree)
