"""Merges: how change files become the rows of a target. The wire shape, validated; no I/O."""

from typing import Annotated

from pydantic import Field

from app.domain.transforms import ColumnNames, SortItem, SortKey, SqlText, Strict


class Merge(Strict):
    """Of all changes of a key the latest wins; one that deletes leaves no row.

    `keys` and `order_by` name columns of the target. `deleted` is a boolean expression over the source's columns.
    """

    keys: ColumnNames = Field((), description="By default the source's primary_key.")
    order_by: Annotated[tuple[SortItem, ...], Field(max_length=20)] = Field(
        (), description="By default the source's order_by, latest first; ties go to the file announced last."
    )
    deleted: SqlText | None = Field(None, description="When a change deletes its key, e.g. `op = 'D'`.")

    @property
    def order(self) -> tuple[SortKey, ...]:
        return tuple(SortKey.parse(item) for item in self.order_by)
