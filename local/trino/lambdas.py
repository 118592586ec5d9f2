"""What rules write with compiled lambdas and arguments: a lambda applied to values, and the failure of an argument.

Names that rules bind begin with `t__`. They never stand beside SQL of a query inside the same binding, save for names
of columns and lambda parameters, so nothing of a query can be captured by them.
"""

import re

from local.trino.typed import Typed, failing, let
from local.trino.types import Type, literal

_LAMBDA = re.compile(r"lambda ([\w, ]+): (.*)", re.DOTALL)


def lambda_parts(sql: str) -> tuple[list[str], str]:
    """The parameter names and the body of a compiled lambda."""
    found = _LAMBDA.fullmatch(sql)
    if found is None:
        raise ValueError(sql)
    return found[1].split(", "), found[2]


def applied(function: Typed, *values: str) -> str:
    """A compiled lambda's body, its parameters standing for `values`, which must not hold subqueries or aggregates."""
    names, sql = lambda_parts(function.sql)
    for name, value in reversed(list(zip(names, values, strict=True))):
        sql = let(value, name, sql)
    return sql


def bad_argument(message: str, kind: Type, value: str = "") -> str:
    """SQL of a Trino type that fails for an argument: a message known now, and `value`, SQL text that ends it."""
    tail = f" || CAST({value} AS VARCHAR)" if value else ""
    return failing("INVALID_FUNCTION_ARGUMENT", literal(message) + tail, kind.duckdb)
