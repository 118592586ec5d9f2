"""FROM: tables, views, CTEs, derived queries, joins, samples; each a relation with the fields it brings into sight.

Every relation gets an alias of its own (`r1`, `r2`, ...) and every column is written with it, so that DuckDB can only
resolve a name as Trino did, or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from local.trino import joins, storage, unnest
from local.trino.errors import SqlError, not_supported
from local.trino.scope import Base, Field, Query, Scope, View, alias_columns
from local.trino.typed import Typed
from local.trino.types import Type, quoted
from local.trino.views import open_view

if TYPE_CHECKING:
    from local.trino.queries import Compiler


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


class Relations:
    """Compiles the relations of one compiler's queries."""

    def __init__(self, compiler: "Compiler") -> None:
        self._compiler = compiler

    def clause(self, node: exp.Expr, scope: Scope) -> Relation:
        """The FROM clause of a SELECT with its joins; `scope` is the one around it."""
        relation = self.relation(node.args["from_"].this, scope, [])
        return self._joined(relation, node.args.get("joins") or [], scope)

    def _joined(self, relation: Relation, others: Sequence[exp.Join], scope: Scope) -> Relation:
        for join in others:
            relation = joins.joined(self._compiler, relation, join, scope)
        return relation

    def relation(self, node: exp.Expr, scope: Scope, left: list[Field]) -> Relation:
        """One item of FROM; `left` are the fields before it, for UNNEST and LATERAL."""
        if isinstance(node, exp.Paren):
            return self.relation(node.this, scope, left)
        if isinstance(node, exp.Unnest):
            return unnest.compile_unnest(self._compiler, node, Scope(left, scope, ctes={}))
        if isinstance(node, exp.Lateral):
            inner = self._compiler.query(node.this, Scope(left, scope, ctes={}))
            made = self.derived(inner, node.args.get("alias"), node)
            return Relation(f"LATERAL {made.sql}", made.fields)
        if isinstance(node, exp.Table):
            made = self._table(node, scope)
        elif isinstance(node, exp.Values):
            made = self.derived(self._compiler.values(node, scope), node.args.get("alias"), node)
        elif isinstance(node, exp.Subquery):
            made = self._subquery(node, scope, left)
        elif isinstance(node, (exp.Select, exp.SetOperation)):
            made = self.derived(self._compiler.query(node, scope), None, node)
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
        return self.derived(self._compiler.query(inner, scope), node.args.get("alias"), node)

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
        columns = renamed(found.columns, alias_columns(alias), node)
        inside = self._compiler.alias()
        shown = ", ".join(f"c{i}" for i in range(len(columns)))
        fields = [Field(n, Typed(f"{inside}.c{i}", t), name) for i, (n, t) in enumerate(columns)]
        return Relation(f"({found.sql}) AS {inside}({shown})", fields)

    def _table(self, node: exp.Table, scope: Scope) -> Relation:
        alias = node.args.get("alias")
        name = node.name.lower()
        if isinstance(node.this, exp.Func):
            return unnest.table_function(self._compiler, node, scope)
        if not node.db and (cte := scope.cte(name)) is not None:
            return self._named(cte, node, alias)
        found = self._compiler.tables.find(node, self._compiler.schema)
        if isinstance(found, Base):
            return self._base(found, node, alias)
        return self._view(found, node, alias)

    def _named(self, cte: Named, node: exp.Expr, alias: exp.Expr | None) -> Relation:
        inside = self._compiler.alias()
        columns = renamed(cte.columns, alias_columns(alias), node)
        shown = alias.name.lower() if alias is not None and alias.name else node.name.lower()
        fields = [Field(n, Typed(f"{inside}.c{i}", t), shown) for i, (n, t) in enumerate(columns)]
        return Relation(f"{cte.name} AS {inside}", fields)

    def _base(self, base: Base, node: exp.Expr, alias: exp.Expr | None) -> Relation:
        inside = self._compiler.alias()
        given = alias_columns(alias)
        listed = renamed(base.columns, given, node)
        is_aliased = alias is not None and bool(alias.name)
        table = alias.name.lower() if is_aliased and alias is not None else node.name.lower()
        schema = None if is_aliased else base.schema
        fields = [
            Field(shown, Typed(storage.read(f"{inside}.{quoted(name)}", kind), kind), table, schema)
            for (name, kind), (shown, _) in zip(base.columns, listed, strict=True)
        ]
        fields += [Field(n, Typed(f"{inside}.{quoted(n)}", t), table, schema, is_hidden=True) for n, t in base.hidden]
        return Relation(f"{base.relation} AS {inside}", fields)

    def _view(self, view: View, node: exp.Expr, alias: exp.Expr | None) -> Relation:
        inner = self._compiler.of_view(view.schema, node)
        found = self._compiler.as_types(open_view(inner, view, node), view.columns, node)
        made = self.derived(Query(found.sql, view.columns), alias, node)
        if alias is None or not alias.name:
            made.fields = [Field(f.name, f.value, node.name.lower(), view.schema) for f in made.fields]
        return made


def renamed(
    columns: Sequence[tuple[str | None, Type]], names: Sequence[str], node: exp.Expr
) -> tuple[tuple[str | None, Type], ...]:
    """Columns under the names that an alias gives them. Raises SqlError."""
    if not names:
        return tuple((n.lower() if n else n, t) for n, t in columns)
    if len(names) != len(columns):
        raise SqlError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(names)} entries but relation has {len(columns)} columns",
            node,
        )
    return tuple((n, t) for n, (_, t) in zip(names, columns, strict=True))
