"""Conditions on partition keys, as the plan gives them: which texts they allow, asked in Python or of DuckDB."""

import json

import duckdb
from sqlglot import exp

from local.athena.planning import partition_filter
from local.athena.sqltypes import duckdb_type
from local.trino.types import literal, quoted

_SHORT = 1_000


def static_values(name: str, conditions: list[exp.Expr]) -> set[str] | None:
    """The texts that equality or IN leaves of a column; None where no condition says so.

    DuckDB prints `IN (5, 6)` as a range, so a short range of whole numbers counts as its numbers.
    """
    found: set[str] | None = None
    least, most = [], []
    for condition in conditions:
        for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
            allowed = _equal_to(name, part)
            if allowed is not None:
                found = allowed if found is None else found & allowed
            least += _bound(name, part, exp.GTE)
            most += _bound(name, part, exp.LTE)
    if found is None and least and most and min(most) - max(least) < _SHORT:
        return {str(n) for n in range(max(least), min(most) + 1)}
    return found


def _bound(name: str, node: exp.Expr, kind: type[exp.Expr]) -> list[int]:
    node = _bare(node)
    if type(node) is not kind or not isinstance(node.this, exp.Column) or node.this.name.lower() != name:
        return []
    literal = node.expression.this if isinstance(node.expression, exp.Neg) else node.expression
    if not isinstance(literal, exp.Literal) or literal.is_string or not literal.name.isdigit():
        return []
    return [int(_text(node.expression) or 0)]


def _equal_to(name: str, node: exp.Expr) -> set[str] | None:
    node = _bare(node)
    if isinstance(node, exp.Or):
        left, right = _equal_to(name, node.left), _equal_to(name, node.right)
        return left | right if left is not None and right is not None else None
    if isinstance(node, exp.And):
        return static_values(name, [node])
    if isinstance(node, exp.EQ):
        column, operands = _bare(node.this), [node.expression]
        if not isinstance(column, exp.Column):
            column, operands = _bare(node.expression), [node.this]
    elif isinstance(node, exp.In) and node.expressions:
        column, operands = _bare(node.this), node.expressions
    else:
        return None
    if not isinstance(column, exp.Column) or column.name.lower() != name:
        return None
    texts = [_text(o) for o in operands]
    return None if None in texts else {t for t in texts if t is not None}


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _text(node: exp.Expr) -> str | None:
    """A literal, perhaps cast or negative, as its text."""
    sign = ""
    while isinstance(node, (exp.Cast, exp.Paren, exp.Neg)):
        sign = "-" if isinstance(node, exp.Neg) else sign
        node = node.this
    return sign + node.name if isinstance(node, exp.Literal) else None


def matching(
    name: str, hive: str, texts: list[str], conditions: list[exp.Expr], cursor: duckdb.DuckDBPyConnection
) -> list[str]:
    """The texts that the conditions leave; they name no other column."""
    kept = rows_that_match([(name, hive)], [[t] for t in texts], conditions, cursor)
    return [texts[i] for i in kept]


def rows_that_match(
    keys: list[tuple[str, str]],
    rows: list[list[str | None]] | list[list[str]],
    conditions: list[exp.Expr],
    cursor: duckdb.DuckDBPyConnection,
) -> list[int]:
    """The numbers of the rows that the conditions leave. `keys` are names and Hive types; rows are texts."""
    kept = list(range(len(rows)))
    rest = []
    for condition in conditions:
        allowed = {i: a for i, (n, t) in enumerate(keys) if t == "string" and (a := _whole_equality(n, condition))}
        for position, texts in allowed.items():
            kept = [i for i in kept if rows[i][position] in texts]
        if not allowed:
            rest.append(condition)
    if not rest or not kept:
        return kept
    # As JSON: as fast as parameters, for which DuckDB would import pandas.
    texts_of = [literal(json.dumps([rows[i][c] for i in kept])) for c in range(len(keys))]
    unnested = ", ".join(f"""unnest(from_json({texts}, '["VARCHAR"]')) AS c{c}""" for c, texts in enumerate(texts_of))
    typed = ", ".join(f"CAST(c{c} AS {duckdb_type(t)}) AS {quoted(n)}" for c, (n, t) in enumerate(keys))
    numbered = f"SELECT unnest(range({len(kept)})) AS _n, {unnested}"
    sql = f"SELECT _n FROM (SELECT _n, {typed} FROM ({numbered})) WHERE {partition_filter(rest)}"
    try:
        found = cursor.execute(sql).fetchall()
    except duckdb.Error:
        return kept  # a condition that cannot be asked of the values alone prunes nothing; the query applies it
    return sorted(kept[n] for (n,) in found)


def _whole_equality(name: str, condition: exp.Expr) -> set[str] | None:
    """The texts, when the condition says nothing else than what a string column may equal."""
    bare = _bare(condition)
    if isinstance(bare, exp.And) or any(isinstance(n, (exp.And, exp.Cast, exp.Neg)) for n in bare.walk()):
        return None
    if not all(n.is_string for n in bare.find_all(exp.Literal)):
        return None
    return _equal_to(name, bare)
