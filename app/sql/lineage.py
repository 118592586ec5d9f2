"""What the columns of a target inherit from those of its source: what is sensitive stays so."""

from collections.abc import Mapping
from typing import Final

from app.domain.schemas import Column
from app.domain.transforms import OutputColumn, Transform
from app.sql.expressions import expression

_RANKS: Final = ("public", "internal", "pii", "phi")


def inherited(transform: Transform, known: Mapping[str, Column]) -> Mapping[str, Column]:
    """By the names of the target: the source column whose description and classification each takes.

    An expression is as sensitive as the most sensitive column in it, an element as the column that it lies in. Of a
    transform in `sql`, the columns that kept their names.
    """
    if transform.columns is None:
        return known
    scope: dict[str, Column | None] = dict(known)
    if transform.unnest is not None:
        scope[transform.unnest.as_] = known.get(transform.unnest.column)
        scope |= {transform.unnest.position: None} if transform.unnest.position else {}
    found = {wanted.name: _origin(wanted, scope) for wanted in transform.columns}
    return {name: column for name, column in found.items() if column is not None}


def _origin(wanted: OutputColumn, scope: Mapping[str, Column | None]) -> Column | None:
    if wanted.expression is None:
        return scope.get(wanted.from_ or wanted.name)
    used = [column for name in expression(wanted.expression, scope).columns if (column := scope.get(name))]
    if not used:
        return None
    same = next((column for column in used if column.name == wanted.name), None)
    strictest = max(used, key=lambda column: _RANKS.index(column.classification))
    return strictest.model_copy(update={"description": same.description if same else None})
