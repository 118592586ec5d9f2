"""Athena's text to a syntax tree, and the values of its `?`: pure."""

import re
from typing import Any

import sqlglot
from sqlglot import exp

from local.athena.errors import QueryFailed, Refused
from local.trino import dialect


def parse(sql: str) -> exp.Expr:
    """One statement. Raises Refused in the words of Athena's parser."""
    _check_ends(sql)
    try:
        found = dialect.parse(sql)
    except sqlglot.errors.ParseError as error:
        raise Refused(_problem(sql, error), athena_code="MALFORMED_QUERY") from error
    except sqlglot.errors.TokenError as error:
        raise Refused(f"line 1:1: {error}", athena_code="MALFORMED_QUERY") from error
    except RecursionError as error:
        raise Refused(
            "line 1:1: statement is too large (stack overflow while parsing)", athena_code="MALFORMED_QUERY"
        ) from error
    if len(found) != 1:
        raise Refused(f"Only one sql statement is allowed. Got: {sql[:100]}", athena_code="MALFORMED_QUERY")
    return found[0]


# What sqlglot reads over and Trino does not; texts and comments are stepped over.
_LOOSE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|,\s*(?P<after>[)\]]|from\b|$)|=(?P<equals>=)"""
    r"""|\b(?:as|by)\b\s*(?P<end>$)""",
    re.DOTALL | re.IGNORECASE,
)


def _check_ends(sql: str) -> None:
    """Refuse a comma with nothing after it, `==`, and an AS or BY at the end. Raises Refused."""
    for found in _LOOSE.finditer(sql):
        if found.lastgroup is not None:
            at, near = found.start(found.lastgroup), found[found.lastgroup] or "<EOF>"
            line, col = sql.count("\n", 0, at) + 1, at - sql.rfind("\n", 0, at)
            raise Refused(f"line {line}:{col}: mismatched input '{near}'", athena_code="MALFORMED_QUERY")


def _problem(sql: str, error: sqlglot.errors.ParseError) -> str:
    """What is wrong and where, in Trino's words; sqlglot names the last token where the text ends too soon."""
    where = error.errors[0] if error.errors else {}
    line, col, near = where.get("line") or 1, where.get("col") or 1, where.get("highlight") or ""
    if near == "`":
        first = next(t for t in sqlglot.tokenize(sql, read=dialect.Plain) if t.text == "`")
        words = "backquoted identifiers are not supported; use double quotes to quote identifiers"
        return f"line {first.line}:{first.col}: {words}"
    is_end = not (where.get("end_context") or "").strip() and "Unexpected token" not in str(where.get("description"))
    start, near = (int(col) + 1, "<EOF>") if is_end else (max(1, int(col) - len(near) + 1), near)
    return f"line {line}:{start}: mismatched input '{near}'"


def tokens(sql: str, dialect: str = "athena") -> list[Any]:
    """The text's tokens, with `text`, `start` and `end` (inclusive). Raises Refused."""
    try:
        return list(sqlglot.tokenize(sql, read=dialect))
    except sqlglot.errors.TokenError as error:
        raise Refused(f"line 1:1: {error}", athena_code="MALFORMED_QUERY") from error


def bind(sql: str, values: list[str]) -> str:
    """The text with each `?` replaced by a value, which must be a constant. Raises Refused."""
    # Trino's tokens: in the Athena dialect's all that follows UNLOAD is one.
    every = tokens(sql, "trino")
    places = [t.start for t in every if t.text == "?" and sql[t.start : t.start + 1] == "?"]
    if len(places) != len(values):
        raise QueryFailed(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {len(places)} but found {len(values)}",
        )
    for at, value in reversed(list(zip(places, values, strict=True))):
        sql = f"{sql[:at]}{_constant(value)}{sql[at + 1 :]}"
    return sql


_KEYWORDS = ("true", "false", "null")
_CONSTANTS = (exp.Literal, exp.Neg, exp.Boolean, exp.Null, exp.Cast, exp.Array, exp.Interval, exp.DataType, exp.Var,
              exp.DataTypeParam, exp.HexString)  # fmt: skip


def _constant(value: str) -> str:
    """The value as SQL. Only constants pass, so that no value can change the statement it goes into."""
    try:
        trees = sqlglot.parse(value, read="athena")
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise Refused(f"Invalid execution parameter: {value[:100]}", athena_code="INVALID_PARAMETER_USAGE") from error
    tree = trees[0] if len(trees) == 1 else None
    if tree is None or not all(isinstance(node, _CONSTANTS) for node in tree.walk()):
        raise Refused(
            f"An execution parameter must be a constant: {value[:100]}", athena_code="INVALID_PARAMETER_USAGE"
        )
    return f" {tree.sql(dialect='athena', comments=False)} "


def parameter(value: str) -> str:
    """A value of ExecutionParameters; a bare word is a string there (awswrangler's tests on AWS give it so)."""
    return f"'{value}'" if re.fullmatch(r"[A-Za-z]\w*", value) and value.lower() not in _KEYWORDS else value


def split_arguments(text: str) -> list[str]:
    """A list of expressions cut at its commas."""
    parts, depth, start = [], 0, 0
    for token in tokens(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            parts.append(text[start : token.start].strip())
            start = token.end + 1
    return [*parts, text[start:].strip()]
