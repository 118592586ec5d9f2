"""What rules use to write DuckDB SQL that evaluates each argument once: bound names, applied lambdas, typed failures.

Names that rules bind begin with `t__`. They never stand beside SQL of a query inside the same binding, save for names
of columns and lambda parameters, so nothing of a query can be captured by them.
"""

import re
from collections.abc import Callable, Sequence

from local.trino.typed import Typed, failing, let
from local.trino.types import Type, literal

_LAMBDA = re.compile(r"lambda ([\w, ]+): (.*)", re.DOTALL)
_NAME = re.compile(r"(?:\w+|\"[^\"]+\")(?:\.(?:\w+|\"[^\"]+\"))*")


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


def once(args: Sequence[Typed], build: Callable[..., str]) -> str:
    """`build` of the arguments' SQL, each evaluated once: what is neither a name nor a literal is bound to a name.

    Subqueries, aggregates and windows may be among the arguments: they stay outside of DuckDB's lambda.
    """
    bound = [i for i, a in enumerate(args) if not (a.is_constant or _NAME.fullmatch(a.sql))]
    if not bound:
        return build(*(a.sql for a in args))
    names = [a.sql for a in args]
    if len(bound) == 1:
        names[bound[0]] = "t__v"
        return let(args[bound[0]].sql, "t__v", build(*names))
    fields = ", ".join(f"a{i} := {args[i].sql}" for i in bound)
    for i in bound:
        names[i] = f"t__v.a{i}"
    return let(f"struct_pack({fields})", "t__v", build(*names))


def failure(code: str, message: str, kind: Type) -> str:
    """SQL of any Trino type that fails with Trino's error when it is evaluated. `message` is SQL text."""
    return f"list_extract(CAST([NULL] AS {kind.duckdb}[]), {failing(code, message)})"


def bad_argument(message: str, kind: Type, value: str = "") -> str:
    """`failure` of an argument: a message known now, and `value`, SQL text that ends it."""
    tail = f" || CAST({value} AS VARCHAR)" if value else ""
    return failure("INVALID_FUNCTION_ARGUMENT", literal(message) + tail, kind)
