"""One expression of a caller (a column's, a filter's, a check's) over the columns of one source."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlglot import expressions as exp

from app.domain.errors import BadSql
from app.sql.allowed import is_volatile, nodes, refuse, refuse_unknown
from app.sql.reading import read
from app.sql.trino import written

_NOT_IN_EXPRESSIONS = (exp.Select, exp.Table, exp.Subquery, exp.SetOperation, exp.Placeholder, exp.Star, exp.Alias)


@dataclass(frozen=True)
class Expression:
    """Checked SQL text of one expression, and the source columns it names."""

    sql: str
    columns: AbstractSet[str]
    is_volatile: bool

    @property
    def element(self) -> sa.ColumnElement[Any]:
        return sa.literal_column(f"({self.sql})")


def expression(text: str, columns: Collection[str]) -> Expression:
    """Reads one expression over `columns`. Raises BadSql for subqueries, tables, unknown columns and hostile text."""
    tree = read(f"SELECT ({text}\n)")
    inner = _only_expression(tree)
    refuse_unknown(inner)
    used: set[str] = set()
    bound = {name.name.lower() for node in nodes(inner) if isinstance(node, exp.Lambda) for name in node.expressions}
    for node in nodes(inner):
        if isinstance(node, _NOT_IN_EXPRESSIONS) and not _is_count_star(node):
            refuse(node, "An expression works on the columns of its row: no SELECT, table, *, AS or parameter in it.")
        if isinstance(node, exp.Column):
            used.add(_column(node, columns, bound))
    return Expression(written(inner), used - bound, is_volatile(inner))


def _only_expression(tree: exp.Expr) -> exp.Expr:
    clauses = {name for name, value in tree.args.items() if value}
    found = tree.args.get("expressions") or []
    if not isinstance(tree, exp.Select) or clauses != {"expressions"} or len(found) != 1:
        raise BadSql("Send one expression, such as  year = 2013  or  date(time_hour).")
    only = found[0]
    if not isinstance(only, exp.Paren):
        raise BadSql("Send one expression; it cannot have an alias or a list of values.")
    return only.this  # type: ignore[no-any-return]


def _is_count_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) and isinstance(node.parent, exp.Anonymous) and node.parent.name.lower() == "count"


def _column(node: exp.Column, columns: Collection[str], bound: set[str]) -> str:
    name = node.name.lower()
    if node.args.get("table") is not None:
        # `address.city` parses as table.column; a row's field is written that way too.
        name = node.parts[0].name.lower()
    if name not in columns and name not in bound:
        refuse(node, f"There is no column {name[:128]} in the source.")
    return name
