"""Expressions: one rule for each kind of syntax node, each giving DuckDB SQL with its Trino type."""

from collections.abc import Callable
from typing import Any, Protocol

from sqlglot import exp

from local.trino import calls, casts, literals, predicates, types
from local.trino.dialect import LITERAL
from local.trino.errors import SqlError, not_supported
from local.trino.jsonsyntax import SqlJson
from local.trino.operators import arithmetic, comparable, compared
from local.trino.predicates import flat
from local.trino.scope import UNRESOLVED, Query, Scope, Session
from local.trino.typed import Typed, named
from local.trino.types import BIGINT, BOOLEAN, UNKNOWN, VARCHAR, Type, array, can_coerce, common, quoted

NULL = Typed("NULL", UNKNOWN, None)


class Queries(Protocol):
    """What expressions need of the compiler of queries."""

    def query(self, node: exp.Expr, scope: Scope) -> Query: ...


class Expressions:
    """Compiles expressions of one statement."""

    def __init__(self, session: Session, queries: Queries) -> None:
        self.session = session
        self.queries = queries

    def compile(self, node: exp.Expr, scope: Scope) -> Typed:
        """The compiled expression. Raises SqlError."""
        rule = _RULES.get(type(node))
        if rule is None:
            raise not_supported(f"{type(node).__name__}: {node.sql(dialect='trino')[:60]}", node)
        made = rule(self, node, scope)
        return Typed(f"(NOT {made.sql})", BOOLEAN) if node.args.get("negate") else made  # how sqlglot marks NOT LIKE

    def every(self, nodes: list[exp.Expr], scope: Scope) -> list[Typed]:
        return [self.compile(n, scope) for n in nodes]

    def condition(self, node: exp.Expr, scope: Scope, place: str) -> str:
        """SQL of a boolean; `place` names the clause in Trino's message."""
        found = self.compile(node, scope)
        if found.type.name not in ("boolean", "unknown"):
            raise SqlError("TYPE_MISMATCH", f"{place} must evaluate to a boolean: actual type {found.type}", node)
        return found.sql

    def unified(self, values: list[Typed], node: exp.Expr, message: str) -> list[Typed]:
        """All in their common type. Raises SqlError with `message` ({0} and {1}: the types that do not agree)."""
        kind = UNKNOWN
        for value in values:
            wider = common(kind, value.type)
            if wider is None:
                raise SqlError("TYPE_MISMATCH", message.format(kind, value.type), node)
            kind = wider
        return [casts.coerce(v, kind, node) for v in values]

    def lambda_(self, node: exp.Expr, wanted: list[Type], scope: Scope) -> Typed:
        """A lambda whose parameters have the types `wanted`: its SQL is `lambda a, b: body`, its type the body's."""
        if not isinstance(node, exp.Lambda) or len(node.expressions) != len(wanted):
            shown = ", ".join(map(str, wanted))
            raise SqlError("TYPE_MISMATCH", f"Expected a lambda that takes {len(wanted)} argument(s): ({shown})", node)
        if node.this.find(exp.Query) is not None:
            raise SqlError("NOT_SUPPORTED", "Lambda expression cannot contain subqueries", node)
        names = [f"{named('l', node.sql(), *wanted)}_{i}" for i in range(len(wanted))]
        given = [p.name.lower() for p in node.expressions]
        inner = scope.with_variables({g: Typed(n, t) for g, n, t in zip(given, names, wanted, strict=True)})
        body = self.compile(node.this, inner)
        return Typed(f"lambda {', '.join(names)}: {body.sql}", body.type)


def _column(self: Expressions, node: exp.Column, scope: Scope) -> Typed:
    if isinstance(node.this, exp.Star):
        raise SqlError("SYNTAX_ERROR", "'*' is not allowed here", node)
    names = [part.name.lower() for part in node.parts]
    if len(names) == 1 and not node.this.args.get("quoted") and names[0] in calls.BARE:
        found, rest = _bare(self, names, node, scope)
    else:
        found, rest = scope.find(names, node)
    for name in rest:
        found = _field(found, name, node)
    return found


def _bare(self: Expressions, names: list[str], node: exp.Expr, scope: Scope) -> tuple[Typed, list[str]]:
    """`current_catalog` and its kin, which the grammar takes for columns."""
    try:
        return scope.find(names, node)
    except SqlError:
        return calls.call(self, names[0], [], node, scope), []


def _field(value: Typed, name: str, node: exp.Expr) -> Typed:
    lowered = [n.lower() for n in value.type.names] if value.type.name == "row" else []
    if name not in lowered:
        if value.type.name != "row":
            raise SqlError("TYPE_MISMATCH", f"Expression {name} is not of type ROW", node)
        raise SqlError("COLUMN_NOT_FOUND", f"Column '{name}' {UNRESOLVED}", node)
    at = lowered.index(name)
    return Typed(f"struct_extract({value.sql}, {types.literal(value.type.names[at])})", value.type.of[at])


def _dot(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    if isinstance(node.expression, exp.Anonymous):
        raise SqlError("FUNCTION_NOT_FOUND", f"Function '{node.sql(dialect='trino')}' not registered", node)
    return _field(self.compile(node.this, scope), node.expression.name.lower(), node)


def _identifier(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    found, _ = scope.find([node.name.lower()], node)
    return found


def _arithmetic(operator: str) -> "Rule":
    def rule(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
        return arithmetic(operator, self.compile(node.this, scope), self.compile(node.expression, scope), node)

    return rule


def _neg(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        return literals.number(f"-{node.this.name}", node)
    value = self.compile(node.this, scope)
    if not (value.type.is_number or value.type.name.startswith("interval") or value.type == UNKNOWN):
        raise SqlError("TYPE_MISMATCH", f"Cannot negate {value.type}", node)
    return Typed(f"(-{value.sql})", value.type)


def _subquery(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    found = self.queries.query(node, scope)
    if len(found.columns) == 1:
        return Typed(f"({found.sql})", found.columns[0][1])
    kind = types.row(list(found.columns))
    parts = ", ".join(f"{quoted(n)} := s.c{i}" for i, n in enumerate(kind.names))
    shown = ", ".join(f"c{i}" for i in range(len(found.columns)))
    return Typed(f"(SELECT struct_pack({parts}) FROM ({found.sql}) AS s({shown}))", kind)


def _case(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    results = [branch.args["true"] for branch in node.args["ifs"]]
    default = node.args.get("default")
    values = self.unified(
        [*self.every(results, scope), self.compile(default, scope) if default is not None else NULL],
        node,
        "All CASE results must be the same type or coercible to a common type. "
        "Cannot find common type between {0} and {1}",
    )
    *then, otherwise = values
    head = ""
    if node.this is not None:
        operand = self.compile(node.this, scope)
        tests = [comparable(operand, self.compile(b.this, scope), "CASE", b) for b in node.args["ifs"]]
        if len({t[0].sql for t in tests}) == 1:
            head, when = f" {compared(tests[0][0])}", [compared(t[1]) for t in tests]
        else:
            when = [f"{compared(a)} = {compared(b)}" for a, b in tests]
    else:
        when = [self.condition(b.this, scope, "CASE WHEN clause") for b in node.args["ifs"]]
    branches = " ".join(f"WHEN {w} THEN {t.sql}" for w, t in zip(when, then, strict=True))
    tail = f" ELSE {otherwise.sql}" if default is not None else ""
    return Typed(f"CASE{head} {branches}{tail} END", otherwise.type)


def _if(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    test = self.condition(node.this, scope, "IF condition")
    default = node.args.get("false")
    found = [self.compile(node.args["true"], scope), self.compile(default, scope) if default is not None else NULL]
    yes, no = self.unified(found, node, "Result types for IF must be the same: {0} vs {1}")
    return Typed(f"CASE WHEN {test} THEN {yes.sql} ELSE {no.sql} END", yes.type)


def _cast(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    target = literals.type_of(node.args["to"], node)
    if node._meta and node._meta.get(LITERAL):
        return literals.typed_literal(target, node.this.name, node)
    value = self.compile(node.this, scope)
    if target.name == "varchar" and not target.args and value.type.name == "varchar":
        return Typed(value.sql, VARCHAR, value.constant)
    return (casts.try_cast if isinstance(node, exp.TryCast) else casts.cast)(value, target, node)


def _array(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    values = self.unified(self.every(node.expressions, scope), node, "Cannot find common type between {0} and {1}")
    kind = values[0].type if values else UNKNOWN
    inside = ", ".join(v.sql for v in values)
    return Typed(f"[{inside}]" if values else f"CAST([] AS {array(kind).duckdb})", array(kind))


def _tuple(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    return calls.row(self.every(node.expressions, scope))


def _bracket(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    value = self.compile(node.this, scope)
    if value.type.name == "row":
        place = self.compile(node.expressions[0], scope).constant
        if not isinstance(place, int) or not 1 <= place <= len(value.type.of):
            raise SqlError(
                "INVALID_FUNCTION_ARGUMENT", f"ROW subscript must be between 1 and {len(value.type.of)}", node
            )
        name = value.type.names[place - 1]
        return Typed(f"struct_extract({value.sql}, {types.literal(name)})", value.type.of[place - 1])
    index = self.compile(node.expressions[0], scope)
    key = {"array": BIGINT, "map": value.type.of[0]}.get(value.type.name) if value.type.of else None
    if key is None or common(index.type, key) is None or (key == BIGINT and not can_coerce(index.type, key)):
        raise SqlError("TYPE_MISMATCH", f"Cannot use {index.type} for subscript of {value.type}", node)
    return calls.computed(self, "$subscript", [value, index], node)


def _concat(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    found = self.every(flat(node, exp.DPipe), scope)
    if all(v.type.is_text or v.type == UNKNOWN for v in found):
        kind = (
            VARCHAR
            if any(v.type.name != "char" for v in found)
            else Type("char", (sum(v.type.args[0] for v in found),))
        )
        return Typed(f"({' || '.join(v.sql for v in found)})", kind)
    whole = found[0]
    for part in found[1:]:
        whole = calls.computed(self, "concat", [whole, part], node)
    return whole


def _call(name: str, *arguments: str) -> "Rule":
    """A special form that is a function of its parts, e.g. POSITION(a IN b)."""

    def rule(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
        parts = [node.args[a] for a in arguments if node.args.get(a) is not None]
        return calls.computed(self, name, self.every(parts, scope), node)

    return rule


def _trim(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    parts = [node.this, *([node.expression] if node.expression is not None else [])]
    return calls.computed(self, name, self.every(parts, scope), node)


def _extract(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    return calls.computed(self, node.this.name.lower(), [self.compile(node.expression, scope)], node)


def _normalize(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    form = node.args.get("form")
    name = form.name.upper() if isinstance(form, exp.Expr) else "NFC"
    text = Typed(types.literal(name), Type("varchar", (len(name),)), name)
    return calls.computed(self, "normalize", [self.compile(node.this, scope), text], node)


def _anonymous(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    return calls.call(self, node.name.lower(), node.expressions, node, scope)


def _named(name: str) -> "Rule":
    def rule(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
        return calls.call(self, name, [node.this] if isinstance(node.this, exp.Expr) else [], node, scope)

    return rule


def _interval(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    from local.trino import intervals

    return intervals.literal(node)


def _hex(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    return Typed(f"from_hex('{node.name.replace(' ', '')}')", types.VARBINARY)


def _parameter(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    raise SqlError("INVALID_PARAMETER_USAGE", "Incorrect number of parameters: expected 1 but found 0", node)


def _special(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    from local.trino.functions import sqljson

    return sqljson.compile_form(self, node, scope)


def _paren(self: Expressions, node: exp.Expr, scope: Scope) -> Typed:
    return self.compile(node.this, scope)


Rule = Callable[[Expressions, Any, Scope], Typed]
_RULES: dict[type[exp.Expr], Rule] = {
    **predicates.RULES,
    exp.Literal: lambda _, n, __: literals.text(n.name) if n.is_string else literals.number(n.name, n),
    exp.Boolean: lambda _, n, __: Typed("true" if n.this else "false", BOOLEAN, bool(n.this)),
    exp.Null: lambda _, __, ___: NULL,
    exp.UnicodeString: lambda _, n, __: literals.unicode(n),
    exp.HexString: _hex,
    exp.Interval: _interval,
    exp.Column: _column,
    exp.Identifier: _identifier,
    exp.Dot: _dot,
    exp.Paren: _paren,
    exp.Add: _arithmetic("+"),
    exp.Sub: _arithmetic("-"),
    exp.Mul: _arithmetic("*"),
    exp.Div: _arithmetic("/"),
    exp.Mod: _arithmetic("%"),
    exp.Neg: _neg,
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Case: _case,
    exp.If: _if,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Array: _array,
    exp.Tuple: _tuple,
    exp.Bracket: _bracket,
    exp.DPipe: _concat,
    exp.AtTimeZone: _call("at_timezone", "this", "zone"),
    exp.Substring: _call("substr", "this", "start", "length"),
    exp.StrPosition: _call("strpos", "this", "substr"),
    exp.Trim: _trim,
    exp.Extract: _extract,
    exp.Normalize: _normalize,
    exp.Anonymous: _anonymous,
    exp.CurrentDate: _named("current_date"),
    exp.CurrentTime: _named("current_time"),
    exp.CurrentTimestamp: _named("current_timestamp"),
    exp.Localtime: _named("localtime"),
    exp.Localtimestamp: _named("localtimestamp"),
    exp.CurrentUser: _named("current_user"),
    exp.CurrentCatalog: _named("current_catalog"),
    exp.GroupConcat: calls.listagg,
    exp.Window: calls.over,
    exp.Filter: calls.filtered,
    exp.IgnoreNulls: calls.nulls,
    exp.RespectNulls: calls.nulls,
    exp.WithinGroup: calls.within_group,
    SqlJson: _special,
    exp.Placeholder: _parameter,
    exp.Parameter: _parameter,
}
