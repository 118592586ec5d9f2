"""Predicates: AND, OR, NOT, comparisons, IN, BETWEEN, LIKE, IS NULL, EXISTS and quantified comparisons."""

from typing import TYPE_CHECKING

from sqlglot import exp

from local.trino import types
from local.trino.errors import SqlError
from local.trino.operators import comparable, compared, comparison
from local.trino.scope import Query, Scope
from local.trino.typed import Typed
from local.trino.types import BOOLEAN, UNKNOWN

if TYPE_CHECKING:
    from local.trino.expressions import Expressions, Rule


def _logic(word: str) -> "Rule":
    def rule(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
        parts = [self.condition(part, scope, "Logical expression term") for part in flat(node, type(node))]
        return Typed("(" + f" {word} ".join(parts) + ")", BOOLEAN)

    return rule


def flat(node: exp.Expr, kind: type[exp.Expr]) -> list[exp.Expr]:
    """The operands of a chain of one operator: a long one must not nest as deep as it is long."""
    found: list[exp.Expr] = []
    rest = [node]
    while rest:
        part = rest.pop()
        if type(part) is kind:
            rest += [part.expression, part.this]
        else:
            found.append(part)
    return found


def _not(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    return Typed(f"(NOT {self.condition(node.this, scope, 'Value of logical NOT expression')})", BOOLEAN)


def _comparison(operator: str) -> "Rule":
    def rule(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
        if (found := _quantifier(node.expression)) is not None:
            return _quantified(self, node, operator, *found, scope)
        return comparison(operator, self.compile(node.this, scope), self.compile(node.expression, scope), node)

    return rule


def _quantifier(node: exp.Expr) -> tuple[str, exp.Expr] | None:
    """The word and the query of `ALL (...)`, `ANY (...)`, `SOME (...)`; before VALUES sqlglot takes it for a call."""
    if isinstance(node, (exp.All, exp.Any)):
        return "ALL" if isinstance(node, exp.All) else "ANY", node.this
    is_call = isinstance(node, exp.Anonymous) and node.name.lower() in ("all", "any", "some")
    if is_call and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Values):
        return "ALL" if node.name.lower() == "all" else "ANY", node.expressions[0]
    return None


def _quantified(self: "Expressions", node: exp.Expr, operator: str, word: str, inner: exp.Expr, scope: Scope) -> Typed:
    found = self.queries.query(inner.this if isinstance(inner, exp.Subquery) and not inner.alias else inner, scope)
    left = self.compile(node.this, scope)
    _one_column(found, node)
    comparable(left, Typed("x", found.columns[0][1]), operator, node)
    return Typed(f"({left.sql} {operator} {word} ({found.sql}))", BOOLEAN)


def _one_column(found: Query, node: exp.Expr) -> None:
    if len(found.columns) != 1:
        raise SqlError(
            "SYNTAX_ERROR",
            f"Multiple columns returned by subquery are not yet supported. Found {len(found.columns)}",
            node,
        )


def _exists(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    return Typed(f"EXISTS ({self.queries.query(node.this, scope).sql})", BOOLEAN)


def _in(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    left = self.compile(node.this, scope)
    query = node.args.get("query")
    if query is None and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Values):
        query = node.expressions[0]  # sqlglot takes VALUES for a list of one
    if query is not None:
        found = self.queries.query(query, scope)
        kind = left.type if left.type.name == "row" and len(found.columns) > 1 else None
        if kind is None:
            _one_column(found, node)
            a, b = comparable(left, Typed("v.c0", found.columns[0][1]), "IN", node)
            if a.sql == left.sql and b.sql == "v.c0" and left.type.name != "timestamp with time zone":
                return Typed(f"({left.sql} IN ({found.sql}))", BOOLEAN)
            return Typed(f"({compared(a)} IN (SELECT {compared(b)} FROM ({found.sql}) AS v(c0)))", BOOLEAN)
        parts = ", ".join(f"struct_extract({left.sql}, {types.literal(n)})" for n in left.type.names)
        return Typed(f"(({parts}) IN ({found.sql}))", BOOLEAN)
    if node.args.get("unnest") is not None:
        raise SqlError("SYNTAX_ERROR", "mismatched input 'UNNEST'", node)
    values = self.every(node.expressions, scope)
    if left.type.is_number and all(v.type.is_number for v in values):
        shown = [left, *values]
    else:
        shown = self.unified([left, *values], node, "IN value and list items must be the same type: {0}")
    first, *rest = (compared(v) for v in shown)
    return Typed(f"({first} IN ({', '.join(rest)}))", BOOLEAN)


def _between(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    value = self.compile(node.this, scope)
    low, high = self.compile(node.args["low"], scope), self.compile(node.args["high"], scope)
    above, below = comparison(">=", value, low, node), comparison("<=", value, high, node)
    a, b = comparable(value, low, node=node)
    c, d = comparable(value, high, node=node)
    if a.sql == c.sql == value.sql and value.type.name != "timestamp with time zone":
        return Typed(f"({value.sql} BETWEEN {b.sql} AND {d.sql})", BOOLEAN)
    return Typed(f"({above.sql} AND {below.sql})", BOOLEAN)


def _is(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.expression, exp.Null):
        raise SqlError(
            "SYNTAX_ERROR", f"mismatched input '{node.expression.sql(dialect='trino')}'. Expecting: 'NULL'", node
        )
    return Typed(f"({self.compile(node.this, scope).sql} IS NULL)", BOOLEAN)


def _like(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = node.expression, node.this
    value, pattern = self.compile(node.this, scope), self.compile(node.expression, scope)
    for part in (value, pattern):
        if not part.type.is_text and part.type != UNKNOWN:
            raise SqlError(
                "TYPE_MISMATCH", f"Left side of LIKE expression must evaluate to a varchar (actual: {part.type})", node
            )
    tail = f" ESCAPE {self.compile(escape, scope).sql}" if escape is not None else ""
    return Typed(f"({value.sql} LIKE {pattern.sql}{tail})", BOOLEAN)


RULES: "dict[type[exp.Expr], Rule]" = {
    exp.And: _logic("AND"),
    exp.Or: _logic("OR"),
    exp.Not: _not,
    exp.EQ: _comparison("="),
    exp.NEQ: _comparison("<>"),
    exp.LT: _comparison("<"),
    exp.LTE: _comparison("<="),
    exp.GT: _comparison(">"),
    exp.GTE: _comparison(">="),
    exp.NullSafeEQ: _comparison("IS NOT DISTINCT FROM"),
    exp.NullSafeNEQ: _comparison("IS DISTINCT FROM"),
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.Escape: _like,
    exp.Exists: _exists,
}
