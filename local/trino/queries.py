"""Queries: WITH, set operations, VALUES, ORDER BY and LIMIT around them. SELECT itself is in `select`, FROM in
`relations`.
"""

import itertools
from collections.abc import Sequence

from sqlglot import exp

from local.trino import casts
from local.trino.calls import ordered
from local.trino.errors import SqlError, not_supported
from local.trino.expressions import Expressions
from local.trino.relations import Named, Relations, renamed
from local.trino.scope import Field, Query, Scope, Session, Tables
from local.trino.typed import Typed, failing_with
from local.trino.types import Type, common

_MAX_VIEWS = 20
# "The maximum recursion depth is 10": https://docs.aws.amazon.com/athena/latest/ug/select.html
_MAX_RECURSION = 10


class Compiler:
    """Compiles the queries of one statement."""

    def __init__(self, tables: Tables, session: Session, schema: str | None = None, depth: int = 0) -> None:
        self.tables = tables
        self.session = session
        self.schema = schema or session.schema
        self.expressions = Expressions(session, self)
        self.relations = Relations(self)
        self._depth = depth
        self._numbers = itertools.count(1)

    def query(self, node: exp.Expr, scope: Scope | None = None) -> Query:
        """A compiled query. Raises SqlError."""
        scope = Scope(parent=scope, ctes={})
        if isinstance(node, exp.Subquery) and node.alias:
            node = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node))
        with_sql = self._with(node, scope)
        if isinstance(node, exp.Subquery):
            found = self._wrapped(node, scope)
        elif isinstance(node, exp.SetOperation):
            found = self._set_operation(node, scope)
        elif isinstance(node, exp.Values):
            found = self._tail(node, self.values(node, scope), scope)
        elif isinstance(node, exp.Table):
            found = self.query(exp.Select(expressions=[exp.Star()], from_=exp.From(this=node)), scope)
        elif isinstance(node, exp.Select):
            from local.trino.select import Select

            found = Select(self, node, scope).compile()
        else:
            raise not_supported(type(node).__name__, node)
        return Query(f"{with_sql}{found.sql}", found.columns) if with_sql else found

    def of_view(self, schema: str, node: exp.Expr) -> "Compiler":
        """A compiler for the text of a view, whose unqualified names are in `schema`; aliases stay unique."""
        if self._depth >= _MAX_VIEWS:
            raise SqlError("VIEW_IS_RECURSIVE", "View is recursive or nested too deeply", node)
        inner = Compiler(self.tables, self.session, schema, self._depth + 1)
        inner._numbers = self._numbers
        return inner

    def alias(self) -> str:
        return f"r{next(self._numbers)}"

    def _wrapped(self, node: exp.Expr, scope: Scope) -> Query:
        """A query in parentheses, with an ORDER BY or LIMIT of its own outside of them."""
        return self._tail(node, self.query(node.this, scope), scope)

    def _with(self, node: exp.Expr, scope: Scope) -> str:
        clause = node.args.get("with_")
        if clause is None:
            return ""
        parts = []
        for cte in clause.expressions:
            name = cte.alias.lower()
            if name in scope.ctes:
                raise SqlError("DUPLICATE_NAMED_QUERY", f"WITH query name '{name}' specified more than once", cte)
            parts.append(self._cte(cte, name, scope, is_recursive=bool(clause.args.get("recursive"))))
        return f"WITH {'RECURSIVE ' if clause.args.get('recursive') else ''}{', '.join(parts)} "

    def _cte(self, cte: exp.Expr, name: str, scope: Scope, *, is_recursive: bool) -> str:
        inside = f"w{next(self._numbers)}"
        given = [c.name.lower() for c in cte.args["alias"].columns]
        body = cte.this
        before = ""
        if (
            is_recursive
            and isinstance(body, exp.Union)
            and any(t.name.lower() == name for t in body.expression.find_all(exp.Table))
        ):
            if not given:
                raise SqlError("MISSING_COLUMN_ALIASES", "Recursive query must have column aliases", cte)
            base = self.query(body.this, scope)
            columns = renamed(base.columns, given, cte)
            before, sql = self._unrolled(cte, inside, Query(base.sql, tuple(columns)), scope)
        else:
            found = self.query(body, scope)
            columns = renamed(found.columns, given, cte)
            sql = found.sql
        scope.ctes[name] = Named(inside, columns)
        shown = ", ".join(f"c{i}" for i in range(len(columns)))
        # Trino reads a CTE once for each time it is named.
        return f"{before}{inside}({shown}) AS NOT MATERIALIZED ({sql})"

    def _unrolled(self, cte: exp.Expr, inside: str, base: Query, scope: Scope) -> tuple[str, str]:
        """A recursive CTE as Trino plans it: so many steps, each a CTE of its own, and a last one that must be empty.

        The CTEs of the steps and the query over them.
        """
        columns, body = base.columns, cte.this
        shown = ", ".join(f"c{i}" for i in range(len(columns)))
        steps = [f"{inside}_0({shown}) AS MATERIALIZED ({base.sql})"]
        for depth in range(1, _MAX_RECURSION + 2):
            scope.ctes[cte.alias.lower()] = Named(f"{inside}_{depth - 1}", columns)
            step = self.as_types(self.query(body.expression, scope), columns, cte)
            steps.append(f"{inside}_{depth}({shown}) AS MATERIALIZED ({step.sql})")
        message = (
            f"Recursion depth limit exceeded ({_MAX_RECURSION}). "
            "Use 'max_recursion_depth' session property to modify the limit."
        )
        every = " UNION ALL ".join(f"SELECT {shown} FROM {inside}_{i}" for i in range(_MAX_RECURSION + 2))
        sql = f"{every} WHERE {failing_with('NOT_SUPPORTED', message, 'BOOLEAN')}"
        return f"{', '.join(steps)}, ", f"SELECT DISTINCT * FROM ({sql})" if body.args.get("distinct") else sql

    def as_types(self, found: Query, columns: Sequence[tuple[str | None, Type]], node: exp.Expr) -> Query:
        if len(found.columns) != len(columns):
            raise SqlError(
                "MISMATCHED_COLUMN_ALIASES",
                f"Column alias list has {len(columns)} entries but relation has {len(found.columns)} columns",
                node,
            )
        if [t for _, t in found.columns] == [t for _, t in columns]:
            return found
        alias = self.alias()
        given = [Typed(f"{alias}.c{i}", t) for i, (_, t) in enumerate(found.columns)]
        cast = [casts.cast(v, t, node).sql for v, (_, t) in zip(given, columns, strict=True)]
        names = ", ".join(f"c{i}" for i in range(len(columns)))
        shown = ", ".join(f"{c} AS c{i}" for i, c in enumerate(cast))
        return Query(f"SELECT {shown} FROM ({found.sql}) AS {alias}({names})", tuple(columns))

    def _set_operation(self, node: exp.SetOperation, scope: Scope) -> Query:
        left, right = self.query(node.this, scope), self.query(node.expression, scope)
        word = type(node).__name__.upper()
        if len(left.columns) != len(right.columns):
            raise SqlError(
                "TYPE_MISMATCH",
                f"{word} query has different number of fields: {len(left.columns)}, {len(right.columns)}",
                node,
            )
        columns: list[tuple[str | None, Type]] = []
        for i, ((name, a), (_, b)) in enumerate(zip(left.columns, right.columns, strict=True)):
            kind = common(a, b)
            if kind is None:
                raise SqlError(
                    "TYPE_MISMATCH", f"column {i + 1} in {word} query has incompatible types: {a}, {b}", node
                )
            columns.append((name, kind))
        left, right = self.as_types(left, columns, node), self.as_types(right, columns, node)
        kind_word = word if node.args.get("distinct") else f"{word} ALL"
        return self._tail(node, Query(f"({left.sql}) {kind_word} ({right.sql})", tuple(columns)), scope)

    def values(self, node: exp.Expr, scope: Scope) -> Query:
        rows = [
            self.expressions.every(r.expressions if isinstance(r, exp.Tuple) else [r], scope) for r in node.expressions
        ]
        if len({len(r) for r in rows}) != 1:
            raise SqlError("TYPE_MISMATCH", f"Values rows have mismatched sizes: {len(rows[0])} vs others", node)
        message = "Values rows have mismatched types: {0} vs {1}"
        columns = [self.expressions.unified(list(c), node, message) for c in zip(*rows, strict=True)]
        shown = ", ".join(f"({', '.join(v.sql for v in r)})" for r in zip(*columns, strict=True))
        names = ", ".join(f"c{i}" for i in range(len(columns)))
        cast = ", ".join(f"CAST(v.c{i} AS {c[0].type.duckdb}) AS c{i}" for i, c in enumerate(columns))
        return Query(f"SELECT {cast} FROM (VALUES {shown}) AS v({names})", tuple((None, c[0].type) for c in columns))

    def _tail(self, node: exp.Expr, found: Query, scope: Scope) -> Query:
        """ORDER BY, OFFSET and LIMIT over a query's own columns."""
        order = node.args.get("order")
        tail = self.limits(node, scope)
        if order is None and not tail:
            return found
        alias = self.alias()
        names = [f"c{i}" for i in range(len(found.columns))]
        fields = [
            Field(n.lower() if n else n, Typed(f"{alias}.{c}", t))
            for c, (n, t) in zip(names, found.columns, strict=True)
        ]
        keys = []
        for item in order.expressions if order is not None else []:
            if (position := ordinal(item.this, len(names))) is not None:
                value = fields[position].value
            else:
                value = self.expressions.compile(item.this, Scope(fields, scope, ctes=scope.ctes))
            keys.append(ordered(value, item))
        order_sql = f" ORDER BY {', '.join(keys)}" if keys else ""
        shown = ", ".join(f"{alias}.{n}" for n in names)
        return Query(
            f"SELECT {shown} FROM ({found.sql}) AS {alias}({', '.join(names)}){order_sql}{tail}", found.columns
        )

    def limits(self, node: exp.Expr, scope: Scope) -> str:
        """OFFSET and LIMIT (or FETCH FIRST) as SQL."""
        limit, offset = node.args.get("limit"), node.args.get("offset")
        sql = ""
        if limit is not None:
            if isinstance(limit, exp.Fetch):
                options = limit.args.get("limit_options")
                if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
                    raise not_supported("FETCH FIRST ... WITH TIES", node)
                count = limit.args.get("count")
            else:
                count = limit.expression
            is_all = isinstance(count, exp.Column) and count.name.lower() == "all"
            sql = "" if is_all else f" LIMIT {self.expressions.compile(count, scope).sql if count is not None else 1}"
        if offset is not None:
            sql += f" OFFSET {self.expressions.compile(offset.expression, scope).sql}"
        return sql


def ordinal(node: exp.Expr, count: int) -> int | None:
    """The zero-based column that a number in ORDER BY or GROUP BY means; None for any other expression."""
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdigit():
        return None
    position = int(node.name)
    if not 1 <= position <= count:
        raise SqlError("INVALID_COLUMN_REFERENCE", f"ORDER BY position {position} is not in select list", node)
    return position - 1
