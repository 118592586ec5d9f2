"""Athena's query text to a syntax tree in which every function stays under its own name.

sqlglot's Trino dialect knows the grammar; its function table is left out, since it merges functions that differ.
"""

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino

_SPECIAL_FORMS = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "NORMALIZE", "LISTAGG",
                  "JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_TABLE")  # fmt: skip


class Plain(Trino):
    """Trino's grammar; `a[1]` keeps its one."""

    INDEX_OFFSET = 0

    class Parser(Trino.Parser):
        FUNCTIONS = {}  # noqa: RUF012 - sqlglot's way to configure a parser
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: parser for name, parser in Trino.Parser.FUNCTION_PARSERS.items() if name in _SPECIAL_FORMS
        }


def parse_query(sql: str) -> exp.Expr:
    """The tree of one query. Raises sqlglot's ParseError and TokenError."""
    return sqlglot.parse_one(sql, read=Plain)
