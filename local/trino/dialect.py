"""Athena's query text to a syntax tree in which every function stays under its own name.

sqlglot's Trino dialect knows the grammar; its function table is left out, since it merges functions that differ.
"""

import re
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.parsers.trino import TrinoParser

from local.trino import jsonsyntax

_SPECIAL_FORMS = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "NORMALIZE", "LISTAGG", "JSON_TABLE")


def _typed_literal(parser: Any, this: exp.Expr, kind: exp.DataType) -> exp.Expr:
    """`DATE '2020-01-01'`: a literal, though sqlglot has no other node for it than a cast."""
    made = parser.expression(exp.Cast(this=this, to=kind))
    made.meta[LITERAL] = True
    return made


LITERAL = "is_literal"


class Plain(Trino):
    """Trino's grammar; `a[1]` keeps its one."""

    INDEX_OFFSET = 0

    class Parser(TrinoParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        TYPE_LITERAL_PARSERS: ClassVar[dict[Any, Any]] = dict.fromkeys(exp.DType, _typed_literal)
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser for name, parser in TrinoParser.FUNCTION_PARSERS.items() if name in _SPECIAL_FORMS
        } | jsonsyntax.PARSERS


# sqlglot reads `1e0+2` as one number; texts and comments are stepped over.
_EXPONENT = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|(\d[eE]\d+)(?=[+-])""", re.DOTALL)


# sqlglot tries `array[`, `row(`, `date(` as a type; what is inside of one that is none it reads again: twice a level.
_BRACKETS = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\b((?:array|map|row|struct|date|time|timestamp|decimal|char"""
    r"""|varchar|json|integer|bigint|double|real|boolean|interval|uuid)\s*)?([(\[])|([)\]])""",
    re.DOTALL | re.IGNORECASE,
)
MOST_NESTED = 10


def check_nesting(sql: str) -> None:
    """Raise RecursionError for a text that would take sqlglot seconds for its nesting."""
    marks: list[bool] = []
    for found in _BRACKETS.finditer(sql):
        if found[2]:
            marks.append(found[1] is not None)
            if marks[-1] and sum(marks) > MOST_NESTED:
                raise RecursionError("nested too deep")
        elif found[3] and marks:
            marks.pop()


def parse(sql: str) -> list[exp.Expr]:
    """The trees of the statements in a text. Raises sqlglot's ParseError and TokenError, RecursionError if too deep."""
    check_nesting(sql)
    spaced = _EXPONENT.sub(lambda m: f"{m[1]} " if m[1] else m[0], sql)
    return [tree for tree in sqlglot.parse(spaced, read=Plain) if tree is not None]


def parse_query(sql: str) -> exp.Expr:
    """The tree of one query. Raises sqlglot's ParseError and TokenError."""
    return parse(sql)[0]
