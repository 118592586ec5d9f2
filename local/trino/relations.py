"""Queries: SELECT, VALUES, set operations, WITH; relations in FROM; and the scopes their names live in.

Every relation gets an alias of its own (`r1`, `r2`, ...) and every column is written with it, so that DuckDB can only
resolve a name as Trino did, or not at all.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from local.trino import casts, storage, unnest
from local.trino.calls import ordered
from local.trino.errors import SqlError, not_supported
from local.trino.expressions import Expressions
from local.trino.scope import Base, Field, Query, Scope, Session, Tables, View, alias_columns
from local.trino.typed import Typed
from local.trino.types import Type, common, quoted

_MAX_VIEWS = 20


@dataclass
class Relation:
    """A compiled item of FROM: its SQL with alias, and its fields."""

    sql: str
    fields: list[Field] = field(default_factory=list)


@dataclass(frozen=True)
class Named:
    """A CTE: its name in DuckDB's text and its columns."""

    name: str
    columns: tuple[tuple[str | None, Type], ...]


class Compiler:
    """Compiles the queries of one statement."""

    def __init__(self, tables: Tables, session: Session, schema: str | None = None, depth: int = 0) -> None:
        self.tables = tables
        self.session = session
        self.schema = schema or session.schema
        self.expressions = Expressions(session, self)
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
            found = self._tail(node, self._values(node, scope), scope)
        elif isinstance(node, exp.Table):
            found = self.query(exp.Select(expressions=[exp.Star()], from_=exp.From(this=node)), scope)
        elif isinstance(node, exp.Select):
            from local.trino.select import Select

            found = Select(self, node, scope).compile()
        else:
            raise not_supported(type(node).__name__, node)
        return Query(f"{with_sql}{found.sql}", found.columns) if with_sql else found

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
        body, kind = cte.this, "NOT MATERIALIZED "  # Trino reads a CTE once for each time it is named
        if (
            is_recursive
            and isinstance(body, exp.Union)
            and any(t.name.lower() == name for t in body.expression.find_all(exp.Table))
        ):
            if not given:
                raise SqlError("MISSING_COLUMN_ALIASES", "Recursive query must have column aliases", cte)
            base, kind = self.query(body.this, scope), ""
            columns = _renamed(base.columns, given, cte)
            scope.ctes[name] = Named(inside, columns)
            step = self._as_types(self.query(body.expression, scope), columns, cte)
            word = "UNION" if body.args.get("distinct") else "UNION ALL"
            sql = f"{self._as_types(base, columns, cte).sql} {word} {step.sql}"
        else:
            found = self.query(body, scope)
            columns = _renamed(found.columns, given, cte)
            scope.ctes[name] = Named(inside, columns)
            sql = found.sql
        shown = ", ".join(f"c{i}" for i in range(len(columns)))
        return f"{inside}({shown}) AS {kind}({sql})"

    def _as_types(self, found: Query, columns: Sequence[tuple[str | None, Type]], node: exp.Expr) -> Query:
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
        left, right = self._as_types(left, columns, node), self._as_types(right, columns, node)
        kind_word = word if node.args.get("distinct") else f"{word} ALL"
        return self._tail(node, Query(f"({left.sql}) {kind_word} ({right.sql})", tuple(columns)), scope)

    def _values(self, node: exp.Expr, scope: Scope) -> Query:
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

    def from_(self, node: exp.Expr, scope: Scope) -> Relation:
        """The FROM clause of a SELECT with its joins; `scope` is the one around it."""
        relation = self.relation(node.args["from_"].this, scope, [])
        return self._joined(relation, node.args.get("joins") or [], scope)

    def _joined(self, relation: Relation, joins: Sequence[exp.Join], scope: Scope) -> Relation:
        from local.trino import joins as joining

        for join in joins:
            relation = joining.joined(self, relation, join, scope)
        return relation

    def relation(self, node: exp.Expr, scope: Scope, left: list[Field]) -> Relation:
        """One item of FROM; `left` are the fields before it, for UNNEST and LATERAL."""
        if isinstance(node, exp.Paren):
            return self.relation(node.this, scope, left)
        if isinstance(node, exp.Unnest):
            return unnest.compile_unnest(self, node, Scope(left, scope, ctes={}))
        if isinstance(node, exp.Lateral):
            inner = self.query(node.this, Scope(left, scope, ctes={}))
            made = self.derived(inner, node.args.get("alias"), node)
            return Relation(f"LATERAL {made.sql}", made.fields)
        if isinstance(node, exp.Table):
            made = self._table(node, scope)
        elif isinstance(node, exp.Values):
            made = self.derived(self._values(node, scope), node.args.get("alias"), node)
        elif isinstance(node, exp.Subquery):
            made = self._subquery(node, scope, left)
        elif isinstance(node, (exp.Select, exp.SetOperation)):
            made = self.derived(self.query(node, scope), None, node)
        else:
            raise not_supported(type(node).__name__, node)
        if node.args.get("sample") is not None:
            made = self._sampled(made, node.args["sample"])
        for pivot in ("pivots", "match"):
            if node.args.get(pivot):
                raise not_supported("MATCH_RECOGNIZE" if pivot == "match" else "PIVOT", node)
        return self._joined(made, node.args.get("joins") or [], scope)

    def _subquery(self, node: exp.Expr, scope: Scope, left: list[Field]) -> Relation:
        """A query with an alias, or a join in parentheses."""
        inner = node.this
        is_join = isinstance(inner, exp.Table) or (isinstance(inner, exp.Subquery) and inner.args.get("joins"))
        if is_join:
            made = self.relation(inner, scope, left)
            return Relation(f"({made.sql})", made.fields) if not node.alias else made
        return self.derived(self.query(inner, scope), node.args.get("alias"), node)

    def _sampled(self, made: Relation, sample: exp.Expr) -> Relation:
        return Relation(f"{made.sql}{self.sampled_sql(sample)}", made.fields)

    def sampled_sql(self, sample: exp.Expr) -> str:
        """TABLESAMPLE of a relation."""
        method = sample.args.get("method")
        name = (method.name if method is not None else "bernoulli").lower()
        size = sample.args.get("percent") or sample.args.get("size")
        share = size.name if isinstance(size, exp.Literal) else "100"
        return f" TABLESAMPLE {name}({share} PERCENT)"

    def derived(self, found: Query, alias: exp.Expr | None, node: exp.Expr) -> Relation:
        """A query as a relation, under the alias it was given."""
        name = alias.name.lower() if alias is not None and alias.name else None
        columns = _renamed(found.columns, alias_columns(alias), node)
        inside = self.alias()
        shown = ", ".join(f"c{i}" for i in range(len(columns)))
        fields = [Field(n, Typed(f"{inside}.c{i}", t), name) for i, (n, t) in enumerate(columns)]
        return Relation(f"({found.sql}) AS {inside}({shown})", fields)

    def _table(self, node: exp.Table, scope: Scope) -> Relation:
        alias = node.args.get("alias")
        name = node.name.lower()
        if isinstance(node.this, exp.Func):
            return unnest.table_function(self, node, scope)
        if not node.db and (cte := scope.cte(name)) is not None:
            return self._named(cte, node, alias)
        found = self.tables.find(node, self.schema)
        if isinstance(found, Base):
            return self._base(found, node, alias)
        return self._view(found, node, alias)

    def _named(self, cte: Named, node: exp.Expr, alias: exp.Expr | None) -> Relation:
        inside = self.alias()
        columns = _renamed(cte.columns, alias_columns(alias), node)
        shown = alias.name.lower() if alias is not None and alias.name else node.name.lower()
        fields = [Field(n, Typed(f"{inside}.c{i}", t), shown) for i, (n, t) in enumerate(columns)]
        return Relation(f"{cte.name} AS {inside}", fields)

    def _base(self, base: Base, node: exp.Expr, alias: exp.Expr | None) -> Relation:
        inside = self.alias()
        given = alias_columns(alias)
        renamed = _renamed(base.columns, given, node)
        is_aliased = alias is not None and bool(alias.name)
        table = alias.name.lower() if is_aliased and alias is not None else node.name.lower()
        schema = None if is_aliased else base.schema
        fields = [
            Field(shown, Typed(storage.read(f"{inside}.{quoted(name)}", kind), kind), table, schema)
            for (name, kind), (shown, _) in zip(base.columns, renamed, strict=True)
        ]
        fields += [Field(n, Typed(f"{inside}.{quoted(n)}", t), table, schema, is_hidden=True) for n, t in base.hidden]
        return Relation(f"{base.relation} AS {inside}", fields)

    def _view(self, view: View, node: exp.Expr, alias: exp.Expr | None) -> Relation:
        from local.trino.views import open_view

        if self._depth >= _MAX_VIEWS:
            raise SqlError("VIEW_IS_RECURSIVE", "View is recursive or nested too deeply", node)
        inner = Compiler(self.tables, self.session, view.schema, self._depth + 1)
        inner._numbers = self._numbers
        found = self._as_types(open_view(inner, view, node), view.columns, node)
        made = self.derived(Query(found.sql, view.columns), alias, node)
        if alias is None or not alias.name:
            made.fields = [Field(f.name, f.value, node.name.lower(), view.schema) for f in made.fields]
        return made


def _renamed(
    columns: Sequence[tuple[str | None, Type]], names: Sequence[str], node: exp.Expr
) -> tuple[tuple[str | None, Type], ...]:
    if not names:
        return tuple((n.lower() if n else n, t) for n, t in columns)
    if len(names) != len(columns):
        raise SqlError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but relation has {len(columns)} columns",
            node,
        )
    return tuple((n, t) for n, (_, t) in zip(names, columns, strict=True))


def ordinal(node: exp.Expr, count: int) -> int | None:
    """The zero-based column that a number in ORDER BY or GROUP BY means; None for any other expression."""
    if not isinstance(node, exp.Literal) or node.is_string or not node.name.isdigit():
        return None
    position = int(node.name)
    if not 1 <= position <= count:
        raise SqlError("INVALID_COLUMN_REFERENCE", f"ORDER BY position {position} is not in select list", node)
    return position - 1
