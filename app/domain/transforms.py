"""Transforms: what happens between a job's sources and its target. The wire shape, validated; no I/O."""

import re
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

COLUMN_NAME = r"^[a-z][a-z0-9_]{0,127}$"
MAX_COLUMNS = 2000
MAX_REJECTING = 200
"""Columns of one transform that may reject rows: each is in the SQL three times."""
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
    on_error: Literal["fail", "null", "reject"] = Field(
        default="fail",
        description="What a value that is none of `type` does: fail the run, become NULL, or reject its row.",
    )
    default: Scalar | None = Field(default=None, description="A value of `type`, in the place of NULL.")

    @field_validator("on_error", "default")
    @classmethod
    def _typed(cls, value: Scalar | None, info: ValidationInfo) -> Scalar | None:
        is_plain = value is None or (info.field_name == "on_error" and value == "fail")
        if not is_plain and info.data.get("type") is None:
            raise ValueError(f"`{info.field_name}` needs a `type`")
        return value

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
    """Keep one row per key: the first in `order_by`; ties go to the file taken in last, then to the values' order.

    In the mode `incremental` among the rows of one run's files, not those loaded before; `merge` compares with these.
    """

    keys: Annotated[ColumnNames, Field(min_length=1)]
    order_by: Annotated[tuple[SortItem, ...], Field(max_length=20)] = ()

    @property
    def order(self) -> tuple[SortKey, ...]:
        return tuple(SortKey.parse(item) for item in self.order_by)


class Unnest(Strict):
    """One row per element of a nested column, beside the columns of the row that it lies in.

    `type` is that of a column that holds JSON as text. The elements of a map have the fields `key` and `value`.
    """

    column: ColumnName
    type: TypeName | None = Field(default=None, examples=["array<struct<sku:varchar,qty:int>>"])
    as_: ColumnName = Field(alias="as", description="The element, as expressions, `from` and `where` call it.")
    position: ColumnName | None = Field(default=None, description="A column with the element's place, from 1.")
    outer: bool = Field(default=False, description="A row without elements is kept, with NULL for the element.")

    @model_validator(mode="after")
    def _two_names(self) -> Self:
        if self.as_ == self.position:
            raise ValueError("`as` and `position` need two names")
        return self


class Transform(Strict):
    """What happens between sources and target: columns, where, deduplicate or unnest over one source, or one SELECT."""

    columns: Annotated[tuple[OutputColumn, ...], Field(min_length=1, max_length=MAX_COLUMNS)] | None = None
    unnest: Unnest | None = None
    where: SqlText | None = None
    deduplicate: Deduplicate | None = None
    sql: SqlText | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.sql is not None and (self.columns or self.where or self.deduplicate or self.unnest):
            raise ValueError("`sql` says it all: it cannot be combined with columns, where, deduplicate or unnest")
        if self.columns:
            each_once(tuple(column.name for column in self.columns))
        if self.unnest and (self.deduplicate or not self.columns):
            raise ValueError("`unnest` needs `columns`, and rows are deduplicated in a job of their own")
        if sum(column.on_error == "reject" for column in self.columns or ()) > MAX_REJECTING:
            raise ValueError(f"at most {MAX_REJECTING} columns may reject rows")
        return self

    @property
    def is_rejecting(self) -> bool:
        return any(column.on_error == "reject" for column in self.columns or ())
