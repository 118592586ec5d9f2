"""Function calls: special forms, scalars, aggregates with their modifiers, and windows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from local.trino import casts, literals, overloads, registry, types
from local.trino.errors import SqlError, not_supported
from local.trino.operators import comparable, compared
from local.trino.scope import Scope
from local.trino.typed import Typed, let, named, once, tried
from local.trino.types import BIGINT, BOOLEAN, VARCHAR, Type, quoted

if TYPE_CHECKING:
    from local.trino.expressions import Expressions

BARE = frozenset(
    {"current_catalog", "current_schema", "current_path", "current_timezone", "localtimestamp", "localtime"}
)


@dataclass(frozen=True)
class Modifiers:
    """What stands beside an aggregate's or window function's arguments, as SQL."""

    distinct: str = ""
    order: str = ""
    nulls: str = ""
    filter: str = ""
    over: str = ""


_NONE = Modifiers()


def call(
    self: "Expressions", name: str, nodes: Sequence[exp.Expr], node: exp.Expr, scope: Scope, given: Modifiers = _NONE
) -> Typed:
    """A call as it is written. Raises SqlError."""
    special = _SPECIAL.get(name)
    if special is not None:
        return special(self, list(nodes), node, scope)
    nodes, given = _arguments(self, list(nodes), scope, given)
    if name == "count" and len(nodes) == 1 and isinstance(nodes[0], exp.Star):
        nodes = []
    args = [n if isinstance(n, exp.Lambda) else self.compile(n, scope) for n in nodes]
    return computed(self, name, args, node, scope, given)


def _arguments(
    self: "Expressions", nodes: list[exp.Expr], scope: Scope, given: Modifiers
) -> tuple[list[exp.Expr], Modifiers]:
    """The plain arguments, with DISTINCT and ORDER BY taken out of them."""
    if nodes and isinstance(nodes[-1], exp.Order) and nodes[-1].this is not None:
        given = replace(given, order=f" ORDER BY {ordering(self, nodes[-1].expressions, scope)}")
        nodes = [*nodes[:-1], nodes[-1].this]
    if nodes and isinstance(nodes[0], exp.Distinct):
        given = replace(given, distinct="DISTINCT ")
        nodes = [*nodes[0].expressions, *nodes[1:]]
        if nodes and isinstance(nodes[-1], exp.Order) and nodes[-1].this is not None:
            return _arguments(self, nodes, scope, given)
    return nodes, given


def computed(
    self: "Expressions",
    name: str,
    args: Sequence[Typed | exp.Expr],
    node: exp.Expr,
    scope: Scope | None = None,
    given: Modifiers = _NONE,
) -> Typed:
    """A registered function of compiled arguments (lambdas are still nodes). Raises SqlError."""

    def compile_lambda(inner: exp.Expr, wanted: list[Type]) -> Typed:
        return self.lambda_(inner, wanted, scope or Scope())

    match, found = overloads.resolve(name, args, compile_lambda, node)
    signature = match.signature
    if given is not _NONE and signature.kind == registry.SCALAR:
        raise SqlError("FUNCTION_NOT_AGGREGATE", f"Function '{name}' is not an aggregate or window function", node)
    if signature.kind == registry.WINDOW and not given.over:
        raise SqlError("MISSING_OVER", f"Window function {name} requires an OVER clause", node)
    coerced = [
        value if wanted is None else casts.coerce(value, wanted, node)
        for value, wanted in zip(found, match.parameters, strict=True)
    ]
    made = registry.Call(name, coerced, match.result(), node, session=self.session)
    body = signature.body if isinstance(signature.body, str) else signature.body(made)
    if isinstance(body, Typed):
        sql, kind = body.sql, body.type
    else:
        sql, kind = body, made.returns
    if isinstance(signature.body, str):
        sql = filled(signature.body, coerced)
    if signature.kind != registry.SCALAR:
        sql = registry.modified(sql, given.distinct, given.order + given.nulls, given.filter + given.over)
    return Typed(f"({sql})" if signature.kind != registry.SCALAR and not sql.startswith("(") else sql, kind)


def filled(template: str, args: Sequence[Typed]) -> str:
    """A template with its arguments; braces that stand for themselves are doubled."""
    return template.format(*(a.sql for a in args), args=", ".join(a.sql for a in args))


def row(values: Sequence[Typed]) -> Typed:
    """ROW(...): fields without names."""
    kind = types.row([(None, v.type) for v in values])
    parts = ", ".join(f"{quoted(n)} := {v.sql}" for n, v in zip(kind.names, values, strict=True))
    return Typed(f"struct_pack({parts})", kind)


def _coalesce(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    if len(nodes) < 2:
        raise SqlError("INVALID_ARGUMENTS", "The 'coalesce' function must have at least two arguments", node)
    values = self.unified(
        self.every(nodes, scope),
        node,
        "All COALESCE operands must be the same type or coercible to a common type. "
        "Cannot find common type between {0} and {1}",
    )
    joined = f"coalesce({', '.join(v.sql for v in values)})"
    if ("CASE" not in joined and "trino_" not in joined) or any(map(_is_bound, (p for n in nodes for p in n.walk()))):
        return Typed(joined, values[0].type)
    # DuckDB computes what is repeated in the later ones before it, and so also where they are not needed; not in CASE.
    sql = values[-1].sql
    for value in reversed(values[:-1]):
        sql = once(value.sql, build=lambda v, sql=sql: f"CASE WHEN {v} IS NOT NULL THEN {v} ELSE {sql} END")
    return Typed(sql, values[0].type)


def _nullif(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    """NULLIF. Nested ones are one comparison with several values: CASE repeats its text, so they would double it."""
    if len(nodes) != 2:
        raise SqlError("INVALID_ARGUMENTS", "Invalid number of arguments for 'nullif' function", node)
    inner, others = nodes[0], [(nodes[1], node)]
    while isinstance(inner, exp.Anonymous) and inner.name.lower() == "nullif" and len(inner.expressions) == 2:
        others.insert(0, (inner.expressions[1], inner))
        inner = inner.expressions[0]
    value = self.compile(inner, scope)
    compared_with: dict[str, list[str]] = {}
    for other, place in others:
        a, b = comparable(value, self.compile(other, scope), "NULLIF", place)
        compared_with.setdefault(compared(a), []).append(compared(b))
    test = " OR ".join(f"{a} IN ({', '.join(bs)})" for a, bs in compared_with.items())
    return Typed(f"CASE WHEN {test} THEN NULL ELSE {value.sql} END", value.type)


def _try(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    """TRY(expression). Aggregates, windows and subqueries in it are computed before it, and fail outside of it."""
    if len(nodes) != 1:
        raise SqlError("INVALID_ARGUMENTS", "The 'try' function must have exactly one argument", node)
    tree = nodes[0].copy()
    before: dict[str, Typed] = {}
    holder = exp.Paren(this=tree)
    for part in list(tree.walk(prune=_is_bound)):
        if _is_bound(part):
            name = f"try {len(before)}"
            before[name] = self.compile(part.copy(), scope)
            part.replace(exp.to_identifier(name))
    if not before:
        inner = self.compile(holder.this, scope)
        return Typed(tried(inner.sql), inner.type)
    bound = named("x", *(v.sql for v in before.values()))
    variables = {name: Typed(f"{bound}.a{i}", v.type) for i, (name, v) in enumerate(before.items())}
    inner = self.compile(holder.this, scope.with_variables(variables))
    given = ", ".join(f"a{i} := {v.sql}" for i, v in enumerate(before.values()))
    return Typed(let(f"struct_pack({given})", bound, tried(inner.sql)), inner.type)


def _is_bound(node: exp.Expr) -> bool:
    return isinstance(node, (exp.Query, exp.Window, exp.Exists)) or is_aggregate(node)


def is_aggregate(node: exp.Expr) -> bool:
    """Whether it is a call of an aggregate, over a window or not."""
    is_call = isinstance(node, exp.Anonymous) and registry.kind_of(node.name.lower()) == registry.AGGREGATE
    return is_call or isinstance(node, exp.GroupConcat)


def _typeof(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    if len(nodes) != 1:
        raise SqlError("FUNCTION_NOT_FOUND", "Unexpected parameters for function typeof. Expected: typeof(t)", node)
    return Typed(types.literal(str(self.compile(nodes[0], scope).type)), VARCHAR)


def _grouping(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    shown = ", ".join(v.sql for v in self.every(nodes, scope))
    return Typed(f"GROUPING({shown})", BIGINT)


def _row(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    return row(self.every(nodes, scope))


def _format(self: "Expressions", nodes: list[exp.Expr], node: exp.Expr, scope: Scope) -> Typed:
    from local.trino.functions import conversion

    return conversion.format_call(self, nodes, node, scope)


_SPECIAL = {
    "coalesce": _coalesce,
    "nullif": _nullif,
    "try": _try,
    "typeof": _typeof,
    "grouping": _grouping,
    "row": _row,
    "format": _format,
}


def ordering(self: "Expressions", items: Sequence[exp.Expr], scope: Scope) -> str:
    """The list of an ORDER BY within a call or a window; NULLs last unless told, as in Trino."""
    return ", ".join(ordered(self.compile(item.this, scope), item) for item in items)


def ordered(value: Typed, item: exp.Expr) -> str:
    """One sort key. Raises SqlError for a type without order."""
    if not value.type.is_orderable:
        raise SqlError(
            "TYPE_MISMATCH", f"Type {value.type} is not orderable, and therefore cannot be used in ORDER BY", item
        )
    direction = "DESC" if item.args.get("desc") else "ASC"
    return f"{compared(value)} {direction} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"


def modified_call(self: "Expressions", node: exp.Expr, scope: Scope, given: Modifiers) -> Typed:
    """The call inside FILTER, OVER or IGNORE NULLS."""
    if isinstance(node, exp.Anonymous):
        return call(self, node.name.lower(), node.expressions, node, scope, given)
    if isinstance(node, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls)):
        return (filtered if isinstance(node, exp.Filter) else nulls)(self, node, scope, given)
    if isinstance(node, exp.GroupConcat):
        return listagg(self, node, scope, given)
    raise SqlError("SYNTAX_ERROR", f"{node.sql(dialect='trino')} is not a function call", node)


def filtered(self: "Expressions", node: exp.Expr, scope: Scope, given: Modifiers = _NONE) -> Typed:
    """`f(x) FILTER (WHERE condition)`."""
    test = self.condition(node.expression.this, scope, "Filter expression")
    return modified_call(self, node.this, scope, replace(given, filter=f" FILTER (WHERE {test})"))


def nulls(self: "Expressions", node: exp.Expr, scope: Scope, given: Modifiers = _NONE) -> Typed:
    """`f(x) IGNORE NULLS`."""
    word = " IGNORE NULLS" if isinstance(node, exp.IgnoreNulls) else ""
    return modified_call(self, node.this, scope, replace(given, nulls=word))


def within_group(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    raise not_supported("WITHIN GROUP for this function", node)


def listagg(self: "Expressions", node: exp.Expr, scope: Scope, given: Modifiers = _NONE) -> Typed:
    """`listagg([DISTINCT] x [, separator]) WITHIN GROUP (ORDER BY ...)`."""
    value, order = node.this, None
    if isinstance(value, exp.Order):
        value, order = value.this, value
    if isinstance(value, exp.Distinct):
        value = value.expressions[0]
        given = replace(given, distinct="DISTINCT ")
    if isinstance(value, exp.Order):
        value, order = value.this, value
    if order is None:
        raise SqlError("SYNTAX_ERROR", "mismatched input. Expecting: 'WITHIN'", node)
    given = replace(given, order=f" ORDER BY {ordering(self, order.expressions, scope)}")
    separator = node.args.get("separator")
    args = [self.compile(value, scope)]
    if separator is not None:
        args.append(self.compile(separator, scope))
    truncating = node.args.get("on_overflow")
    if isinstance(truncating, exp.OverflowTruncateBehavior):
        filler = literals.text(truncating.this.name if truncating.this is not None else "...")
        args += [filler, Typed("true" if truncating.args.get("with_count") else "false", BOOLEAN)]
        return computed(self, "$listagg_truncated", args, node, scope, given)
    return computed(self, "listagg", args, node, scope, given)


def over(self: "Expressions", node: exp.Expr, scope: Scope) -> Typed:
    """`f(x) OVER (...)` or `OVER name`."""
    return modified_call(self, node.this, scope, Modifiers(over=f" OVER ({_specification(self, node, scope)})"))


def _specification(self: "Expressions", node: exp.Expr, scope: Scope) -> str:
    """The SQL inside OVER; a named window's parts come first."""
    parts: list[str] = []
    if (name := node.args.get("alias")) is not None:
        named = scope.window(name.name.lower())
        if named is None:
            raise SqlError("INVALID_WINDOW_REFERENCE", f"Cannot resolve WINDOW name {name.name.lower()}", node)
        parts.append(_specification(self, named, scope))
    if node.args.get("partition_by"):
        keys = (compared(v) for v in self.every(node.args["partition_by"], scope))
        parts.append(f"PARTITION BY {', '.join(keys)}")
    if node.args.get("order") is not None:
        parts.append(f"ORDER BY {ordering(self, node.args['order'].expressions, scope)}")
    if (frame := node.args.get("spec")) is not None:
        start, end = (_bound(self, frame, side, scope) for side in ("start", "end"))
        kind = str(frame.args.get("kind") or "ROWS")
        parts.append(f"{kind} BETWEEN {start} AND {end}" if end else f"{kind} {start}")
    return " ".join(p for p in parts if p)


def _bound(self: "Expressions", frame: exp.Expr, side: str, scope: Scope) -> str:
    value, direction = frame.args.get(side), frame.args.get(f"{side}_side")
    if value is None:
        return ""
    shown = value if isinstance(value, str) else self.compile(value, scope).sql
    return f"{shown} {direction}" if direction else shown
