"""One SELECT: projections, grouping, and the order of its rows."""

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from local.trino import registry
from local.trino.calls import is_aggregate, ordered
from local.trino.errors import SqlError, not_supported
from local.trino.scope import Field, Query, Scope
from local.trino.typed import Typed
from local.trino.types import literal

if TYPE_CHECKING:
    from local.trino.queries import Compiler

_REFUSED = {"qualify": "QUALIFY", "laterals": "LATERAL VIEW", "connect": "CONNECT BY", "match": "MATCH_RECOGNIZE",
            "pivots": "PIVOT", "cluster": "CLUSTER BY", "distribute": "DISTRIBUTE BY", "sort": "SORT BY",
            "into": "INTO", "locks": "FOR UPDATE"}  # fmt: skip


class Select:
    """Compiles one SELECT; `scope` is its own, with the CTEs it may use and the query around it as parent."""

    def __init__(self, compiler: "Compiler", node: exp.Expr, scope: Scope) -> None:
        for key, words in _REFUSED.items():
            if node.args.get(key):
                raise not_supported(words, node)
        self._compiler = compiler
        self._node = node
        self._scope = scope
        self._compile = compiler.expressions.compile
        self._outputs: list[tuple[str | None, Typed]] = []

    def compile(self) -> Query:
        node, scope = self._node, self._scope
        sql_from = ""
        if node.args.get("from_") is not None:
            relation = self._compiler.relations.clause(node, scope)
            scope.fields = relation.fields
            sql_from = f" FROM {relation.sql}"
            if node.args.get("sample") is not None:
                if isinstance(node.args["from_"].this, exp.Unnest) or node.args.get("joins"):
                    raise not_supported("TABLESAMPLE of UNNEST or of a query that is joined", node)
                sql_from += self._compiler.relations.sampled_sql(node.args["sample"])
        scope.windows = {w.name.lower(): w for w in node.args.get("windows") or []}
        where = node.args.get("where")
        sql_where = f" WHERE {self._condition(where.this, 'WHERE clause')}" if where is not None else ""
        self._outputs = [output for shown in node.expressions for output in self._output(shown)]
        sql_group = self._group()
        having = node.args.get("having")
        sql_having = f" HAVING {self._condition(having.this, 'HAVING clause')}" if having is not None else ""
        sql_order = self._order()
        word = "DISTINCT " if self._is_distinct() else ""
        shown = ", ".join(f"{value.sql} AS c{i}" for i, (_, value) in enumerate(self._outputs))
        tail = self._compiler.limits(node, scope)
        sql = f"SELECT {word}{shown}{sql_from}{sql_where}{sql_group}{sql_having}{sql_order}{tail}"
        return Query(sql, tuple((name, value.type) for name, value in self._outputs))

    def _condition(self, node: exp.Expr, place: str) -> str:
        return self._compiler.expressions.condition(node, self._scope, place)

    def _is_distinct(self) -> bool:
        distinct = self._node.args.get("distinct")
        if distinct is None:
            return False
        if distinct.args.get("on") is not None:
            raise not_supported("DISTINCT ON", self._node)
        for _, value in self._outputs:
            if value.type.name in ("json_", "function"):
                raise SqlError(
                    "TYPE_MISMATCH",
                    f"DISTINCT can only be applied to comparable types (actual: {value.type})",
                    self._node,
                )
        return True

    def _output(self, node: exp.Expr) -> list[tuple[str | None, Typed]]:
        """The output columns of one item of the list: several for a star."""
        if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            return self._star(node)
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Star):
            value = self._compile(node.this, self._scope)
            fields = zip(value.type.names, value.type.fields, value.type.of, strict=True)
            return [(shown, Typed(f"struct_extract({value.sql}, {literal(n)})", t)) for n, shown, t in fields]
        name = None
        if isinstance(node, exp.Alias):
            name, node = node.alias, node.this
        elif isinstance(node, (exp.Column, exp.Dot)):
            is_call = isinstance(node, exp.Column) and not self._scope.fields and node.name.lower() in registry.names()
            name = None if is_call else node.name
        return [(name, self._compile(node, self._scope))]

    def _star(self, node: exp.Expr) -> list[tuple[str | None, Typed]]:
        if not self._node.args.get("from_"):
            raise SqlError("SYNTAX_ERROR", "SELECT * not allowed in queries without FROM clause", node)
        table = node.table.lower() if isinstance(node, exp.Column) else ""
        schema = node.args["db"].name.lower() if isinstance(node, exp.Column) and node.args.get("db") else ""
        found = [
            (f.name, f.value)
            for f in self._scope.fields
            if not f.is_hidden and (not table or f.table == table) and (not schema or f.schema == schema)
        ]
        if not found and table:
            try:
                value, rest = self._scope.find([table], node)
            except SqlError:
                rest, value = [table], None
            if value is not None and not rest and value.type.name == "row":
                return [
                    (n, Typed(f"struct_extract({value.sql}, {literal(n)})", t))
                    for n, t in zip(value.type.names, value.type.of, strict=True)
                ]
            raise SqlError("TABLE_NOT_FOUND", f"Unable to resolve reference {table}", node)
        return found

    def _group(self) -> str:
        group = self._node.args.get("group")
        if group is None:
            if self._has_aggregates():
                self._check_grouped([], [])
            return ""
        if group.args.get("all") and not group.expressions:
            raise SqlError("SYNTAX_ERROR", "mismatched input '<EOF>'. Expecting: <expression>", group)
        nodes: list[exp.Expr] = []
        parts = [self._grouping(element, nodes) for element in group.expressions]
        for key in ("grouping_sets", "rollup", "cube"):
            parts += [self._grouping(element, nodes) for element in group.args.get(key) or []]
        self._check_grouped(nodes, [self._compile(n, self._scope).sql for n in nodes])
        return f" GROUP BY {', '.join(parts)}"

    def _grouping(self, node: exp.Expr, nodes: list[exp.Expr]) -> str:
        """One grouping element as SQL; the expressions in it are added to `nodes`."""
        if isinstance(node, (exp.GroupingSets, exp.Rollup, exp.Cube)):
            word = {exp.GroupingSets: "GROUPING SETS", exp.Rollup: "ROLLUP", exp.Cube: "CUBE"}[type(node)]
            return f"{word} ({', '.join(self._grouping(part, nodes) for part in node.expressions)})"
        if isinstance(node, exp.Tuple):
            return f"({', '.join(self._grouping(part, nodes) for part in node.expressions)})"
        if isinstance(node, exp.Paren):
            return f"({self._grouping(node.this, nodes)})"
        position = self._position(node)
        if position is not None:
            value, source = self._outputs[position][1], self._sources()[position]
            if source is not None:
                nodes.append(source)
            return value.sql
        nodes.append(node)
        value = self._compile(node, self._scope)
        return f"({value.sql})" if value.is_constant else value.sql

    def _position(self, node: exp.Expr) -> int | None:
        from local.trino.queries import ordinal

        try:
            return ordinal(node, len(self._outputs))
        except SqlError as error:
            raise SqlError(error.code, error.detail.replace("ORDER BY", "GROUP BY"), node) from error

    def _sources(self) -> list[exp.Expr | None]:
        """The node of each output, where it has one of its own."""
        found: list[exp.Expr | None] = []
        for shown in self._node.expressions:
            node = shown.this if isinstance(shown, exp.Alias) else shown
            count = len(self._output(shown)) if shown.is_star else 1
            found += [None] * count if shown.is_star else [node]
        return found

    def _has_aggregates(self) -> bool:
        having = self._node.args.get("having")
        return having is not None or any(_aggregates(n) for n in self._node.expressions)

    def _check_grouped(self, nodes: list[exp.Expr], grouped: list[str]) -> None:
        """Every column outside an aggregate must be grouped by. Raises SqlError with EXPRESSION_NOT_AGGREGATE."""
        is_plain = all(isinstance(n, exp.Column) for n in nodes)
        known = set(grouped)
        rest = [*self._node.expressions]
        while rest:
            node = rest.pop()
            if isinstance(node, (exp.Query, exp.Lambda, exp.Star)) or _is_aggregate(node):
                continue
            if isinstance(node, exp.Column):
                self._check_column(node, known)
                continue
            if (
                not is_plain
                and not isinstance(node, (exp.Alias, exp.Literal, exp.Identifier, exp.DataType))
                and self._is_known(node, known)
            ):
                continue
            rest += [part for part in node.iter_expressions() if isinstance(part, exp.Expr)]

    def _is_known(self, node: exp.Expr, known: set[str]) -> bool:
        try:
            return self._compile(node, self._scope).sql in known
        except SqlError:
            return False

    def _check_column(self, node: exp.Expr, known: set[str]) -> None:
        if isinstance(node.this, exp.Star):
            return
        value = self._compile(node, self._scope)
        own = {f.value.sql for f in self._scope.fields}
        root = next((o for o in own if value.sql == o or o in value.sql), None)
        if value.sql in known or root is None or root in known:
            return
        raise SqlError(
            "EXPRESSION_NOT_AGGREGATE",
            f"'{node.sql(dialect='trino')}' must be an aggregate expression or appear in GROUP BY clause",
            node,
        )

    def _order(self) -> str:
        order = self._node.args.get("order")
        if order is None:
            return ""
        named = [Field(name.lower(), value) for name, value in self._outputs if name is not None]
        scope = Scope(named, self._scope, windows=self._scope.windows)
        shown = [value.sql for _, value in self._outputs]
        keys = []
        from local.trino.queries import ordinal

        for item in order.expressions:
            position = ordinal(item.this, len(shown))
            value = self._outputs[position][1] if position is not None else self._key(item.this, scope)
            if value.sql not in shown and self._node.args.get("distinct") is not None:
                raise SqlError(
                    "EXPRESSION_NOT_IN_DISTINCT",
                    "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                    item.this,
                )
            if value.sql in shown and value.type.name != "timestamp with time zone":
                value = Typed(str(shown.index(value.sql) + 1), value.type)
            keys.append(ordered(value, item))
        return f" ORDER BY {', '.join(keys)}"

    def _key(self, node: exp.Expr, scope: Scope) -> Typed:
        """A sort key: output names come first, but inside an aggregate only the source's columns are meant."""
        return self._compile(node, self._scope if _aggregates(node) else scope)


def _is_aggregate(node: Any) -> bool:
    if isinstance(node, (exp.GroupConcat, exp.Filter)):
        return not isinstance(node.parent, exp.Window)
    if not is_aggregate(node) and not (isinstance(node, exp.Anonymous) and node.name.lower() == "grouping"):
        return False
    window = node.find_ancestor(exp.Window, exp.Query)
    return not (isinstance(window, exp.Window) and _call_of(window) is node)


def _call_of(node: exp.Expr) -> exp.Expr:
    """The function call that an OVER belongs to."""
    inner = node.this
    while isinstance(inner, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    return inner


def _aggregates(node: exp.Expr) -> bool:
    """Whether an aggregate of this query is in the expression (not one of a subquery)."""
    rest: list[Any] = [node]
    while rest:
        part = rest.pop()
        if isinstance(part, exp.Query) and part is not node:
            continue
        if _is_aggregate(part):
            return True
        rest += list(part.iter_expressions())
    return False
