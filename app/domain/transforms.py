"""Transforms: what happens between a job's sources and its target. The wire shape, validated; no I/O."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

COLUMN_NAME = r"^[a-z][a-z0-9_]{0,127}$"
MAX_COLUMNS = 2000
MAX_SQL_BYTES = 65536
"""Text of one transform or check; Athena itself takes 262,144 bytes a statement, and ours wraps the caller's."""


def each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"each name may appear once; repeated: {', '.join(repeated)}")
    return values


ColumnName = Annotated[str, StringConstraints(pattern=COLUMN_NAME)]
ColumnNames = Annotated[tuple[ColumnName, ...], Field(max_length=100), AfterValidator(each_once)]
SqlText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SQL_BYTES)]
TypeName = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Scalar = str | int | float | bool


class Strict(BaseModel):
    """Frozen, and nothing in it that the door does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class OutputColumn(Strict):
    """One column of the target: a source column (`from`, by default the same name) or an expression, cast if typed."""

    name: ColumnName
    from_: ColumnName | None = Field(default=None, alias="from")
    expression: SqlText | None = None
    type: TypeName | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.from_ is not None and self.expression is not None:
            raise ValueError("give `from` or `expression`, not both")
        return self


_SORT_ITEM = re.compile(r"^\s*([a-z][a-z0-9_]{0,127})(?:\s+(asc|desc))?\s*$", re.IGNORECASE)


class SortKey(Strict):
    """One item of an order: a column and a direction."""

    column: ColumnName
    descending: bool = False

    @classmethod
    def parse(cls, text: str) -> "SortKey":
        """`updated_at`, `updated_at asc`, `updated_at desc` (any case of the direction)."""
        match = _SORT_ITEM.match(text)
        if match is None or not match[1].islower():
            raise ValueError("an order is a column name, then nothing, `asc` or `desc`")
        return cls(column=match[1], descending=(match[2] or "asc").lower() == "desc")


def _sort_item(text: str) -> str:
    SortKey.parse(text)
    return text


SortItem = Annotated[str, StringConstraints(max_length=200), AfterValidator(_sort_item)]


class Deduplicate(Strict):
    """Keep one row per key: the first in `order_by`; ties go to the file taken in last, then to the values' order."""

    keys: Annotated[ColumnNames, Field(min_length=1)]
    order_by: Annotated[tuple[SortItem, ...], Field(max_length=20)] = ()

    @property
    def order(self) -> tuple[SortKey, ...]:
        return tuple(SortKey.parse(item) for item in self.order_by)


class Transform(Strict):
    """What happens between sources and target: columns, where and deduplicate over one source, or one SELECT."""

    columns: Annotated[tuple[OutputColumn, ...], Field(min_length=1, max_length=MAX_COLUMNS)] | None = None
    where: SqlText | None = None
    deduplicate: Deduplicate | None = None
    sql: SqlText | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.sql is not None and (self.columns or self.where or self.deduplicate):
            raise ValueError("`sql` says it all: it cannot be combined with columns, where or deduplicate")
        if self.columns:
            each_once(tuple(column.name for column in self.columns))
        return self
