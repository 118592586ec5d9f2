"""Queries that are kept as text: views."""

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from local.trino.dialect import parse_query
from local.trino.errors import SqlError
from local.trino.scope import Query, View

if TYPE_CHECKING:
    from local.trino.queries import Compiler


def open_view(compiler: "Compiler", view: View, node: exp.Expr) -> Query:
    """The view's query compiled. Raises SqlError with INVALID_VIEW where its text no longer holds."""
    where = f"{compiler.session.catalog}.{view.schema}.{view.name}"
    try:
        found = compiler.query(parse_query(view.sql))
    except SqlError as error:
        if error.code == "VIEW_IS_RECURSIVE":
            raise
        raise SqlError(
            "INVALID_VIEW", f"Failed analyzing stored view '{where}': {error.placed(view.sql)}", node
        ) from error
    except sqlglot.errors.SqlglotError as error:
        raise SqlError("INVALID_VIEW", f"Failed parsing stored view '{where}'", node) from error
    if len(found.columns) != len(view.columns):
        raise SqlError(
            "INVALID_VIEW",
            f"View '{where}' is stale or in invalid state: "
            f"it has {len(view.columns)} columns, its query {len(found.columns)}",
            node,
        )
    return found
