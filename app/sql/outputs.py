"""The names of a query's output columns, as far as they can be told without running it."""

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Final

from sqlglot import expressions as exp

from app.sql.relations import Relation

MAX_NAMES: Final = 10_000
Names = tuple[str, ...]
Environment = Mapping[str, Names | None]


def output_names(query: exp.Expr, relation_of: Callable[[exp.Table], Relation | None]) -> Names | None:
    """Lower-case names in order; "" for a value without a name; None if a `*` cannot be expanded."""
    return _Namer(relation_of).query(query, {})


class _Namer:
    def __init__(self, relation_of: Callable[[exp.Table], Relation | None]) -> None:
        self._relation_of = relation_of

    def query(self, query: exp.Expr, environment: Environment) -> Names | None:
        # The first branch of a UNION names the columns; a loop, for a long chain of them leans to the left.
        while True:
            environment = self._with(query, environment)
            if isinstance(query, exp.SetOperation | exp.Subquery):
                query = query.this
                continue
            break
        if not isinstance(query, exp.Select):
            return None
        names: list[str] = []
        for item in query.expressions:
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
                expanded = self._star(item, query, environment)
                if expanded is None:
                    return None
                names.extend(expanded)
                if len(names) > MAX_NAMES:
                    return None
            else:
                names.append(item.alias_or_name.lower() if isinstance(item, exp.Alias | exp.Column) else "")
        return tuple(names)

    def _with(self, query: exp.Expr, environment: Environment) -> Environment:
        clause = query.args.get("with_")
        if clause is None:
            return environment
        inner = dict(environment)
        for cte in clause.expressions:
            name = cte.alias.lower()
            listed = _alias_columns(cte)
            if clause.args.get("recursive"):
                inner[name] = listed
            inner[name] = listed or self.query(cte.this, inner)
        return inner

    def _star(self, item: exp.Expr, query: exp.Select, environment: Environment) -> Names | None:
        clause = query.args.get("from_")
        joins = query.args.get("joins") or []
        if clause is None or any(join.args.get("using") for join in joins):
            return None
        sources = [clause.this, *(join.this for join in joins)]
        wanted = item.args.get("table") if isinstance(item, exp.Column) else None
        if wanted is not None:
            sources = [source for source in sources if source.alias_or_name.lower() == wanted.name.lower()][:1]
        found = [self._source(source, environment) for source in sources]
        if not found or any(names is None for names in found):
            return None
        if sum(len(names) for names in found if names is not None) > MAX_NAMES:
            return None  # WITH clauses that join themselves double their columns at every step
        return tuple(chain.from_iterable(names for names in found if names is not None))

    def _source(self, source: exp.Expr, environment: Environment) -> Names | None:
        if listed := _alias_columns(source):
            return listed
        if source.args.get("joins"):
            return None
        if isinstance(source, exp.Table):
            relation = self._relation_of(source)
            return relation.names if relation is not None else environment.get(source.name.lower())
        if isinstance(source, exp.Subquery):
            return self.query(source, environment)
        return None


def _alias_columns(node: exp.Expr) -> Names | None:
    alias = node.args.get("alias")
    columns = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    return tuple(column.name.lower() for column in columns) if columns else None
