"""Joins: CROSS, INNER, LEFT, RIGHT, FULL, with ON or USING, and against UNNEST and LATERAL."""

from typing import TYPE_CHECKING

from sqlglot import exp

from local.trino.errors import SqlError, not_supported
from local.trino.operators import comparison
from local.trino.scope import Field, Scope
from local.trino.typed import Typed
from local.trino.types import common

if TYPE_CHECKING:
    from local.trino.queries import Compiler
    from local.trino.relations import Relation

_WORDS = {"": "JOIN", "LEFT": "LEFT JOIN", "RIGHT": "RIGHT JOIN", "FULL": "FULL JOIN"}


def joined(compiler: "Compiler", left: "Relation", join: exp.Join, scope: Scope) -> "Relation":
    """`left` joined with what `join` names. Raises SqlError."""
    from local.trino.relations import Relation

    side, kind = str(join.side or "").upper(), str(join.kind or "").upper()
    if join.method:
        raise not_supported(f"{join.method.title()} join", join)
    if kind in ("SEMI", "ANTI", "STRAIGHT", "ARRAY"):
        raise SqlError("SYNTAX_ERROR", f"mismatched input '{kind}'", join)
    right = compiler.relations.relation(join.this, scope, left.fields)
    fields = [*left.fields, *right.fields]
    on, using = join.args.get("on"), join.args.get("using")
    if using:
        return _using(left, right, side, [u.name.lower() for u in using], join)
    if on is None:
        if side or kind == "INNER":
            raise SqlError("SYNTAX_ERROR", "mismatched input. Expecting: 'ON', 'USING'", join)
        return Relation(f"{left.sql} CROSS JOIN {right.sql}", fields)
    inner = Scope(fields, scope, ctes=scope.ctes)
    condition = compiler.expressions.condition(on, inner, "JOIN ON clause")
    if isinstance(join.this, (exp.Unnest, exp.Lateral)) and not (isinstance(on, exp.Boolean) and on.this):
        raise not_supported(
            f"{side or 'INNER'} JOIN involving UNNEST or LATERAL with condition other than ON TRUE", join
        )
    return Relation(f"{left.sql} {_WORDS[side]} {right.sql} ON {condition}", fields)


def _using(left: "Relation", right: "Relation", side: str, names: list[str], join: exp.Expr) -> "Relation":
    """USING: the named columns come first, once, and can no longer be qualified."""
    from local.trino.relations import Relation

    merged, conditions = [], []
    for name in names:
        a, b = (_only(r, name, join) for r in (left, right))
        conditions.append(comparison("=", a.value, b.value, join).sql)
        kind = common(a.value.type, b.value.type) or a.value.type
        value = {"": a.value.sql, "LEFT": a.value.sql, "RIGHT": b.value.sql}.get(
            side
        ) or f"coalesce({a.value.sql}, {b.value.sql})"
        merged.append(Field(name, Typed(value, kind)))
    rest = [f for f in (*left.fields, *right.fields) if f.name not in names]
    return Relation(f"{left.sql} {_WORDS[side]} {right.sql} ON {' AND '.join(conditions)}", [*merged, *rest])


def _only(relation: "Relation", name: str, node: exp.Expr) -> Field:
    found = [f for f in relation.fields if f.name == name]
    if not found:
        raise SqlError("COLUMN_NOT_FOUND", f"Column '{name}' is missing from one side of join", node)
    if len(found) > 1:
        raise SqlError("AMBIGUOUS_NAME", f"Column '{name}' is ambiguous", node)
    return found[0]
