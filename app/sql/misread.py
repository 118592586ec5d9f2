"""What a file may hide that the door did not read to its end, or read as other types: text that is no value of its
column's type.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from app.domain.shapes import shape_of
from app.sql.casts import typed
from app.sql.compile import compiled, sized
from app.sql.relations import Relation


def checked_columns(relation: Relation) -> tuple[str, ...]:
    """The columns whose text can be misread: all that are not text."""
    return tuple(column.name for column in relation.columns if relation.is_text and shape_of(column) != "text")


def misread_select(relation: Relation, *, dialect: Dialect) -> str:
    """One row: per column of `checked_columns`, in their order, how many texts are neither NULL nor a value."""
    table = relation.physical.alias("f")
    counts: list[sa.ColumnElement[Any]] = []
    for name in checked_columns(relation):
        column = relation.find(name)
        assert column is not None  # noqa: S101 - the names come from the relation itself
        text = sa.func.trim(table.c[name])
        nulls = [sa.literal(token.strip(" ")) for token in ("", *column.null_tokens)]
        value = typed(column, table.c[name], is_strict=True)
        counts.append(sa.func.count_if(sa.and_(text.not_in(nulls), value.is_(None))).label(name))
    select = sa.select(*counts).select_from(table)
    if relation.files is not None:
        select = select.where(table.c["_file"].in_(relation.files))
    return sized(compiled(select, dialect))
