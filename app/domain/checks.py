"""Checks: what must hold of a new version before readers see it. The wire shape of a job's `checks`; no I/O."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.domain.transforms import ColumnName, ColumnNames, Scalar, SqlText, Strict


class RowCountCheck(Strict):
    """The new version has at least `min` and at most `max` rows."""

    type: Literal["row_count"]
    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give `min`, `max` or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is above `max`")
        return self


class UniqueCheck(Strict):
    """No two rows share the values of these columns (NULLs count as equal)."""

    type: Literal["unique"]
    columns: Annotated[ColumnNames, Field(min_length=1)]


class NotNullCheck(Strict):
    """None of these columns holds a NULL."""

    type: Literal["not_null"]
    columns: Annotated[ColumnNames, Field(min_length=1)]


class AcceptedValuesCheck(Strict):
    """Every value that is not NULL is one of these."""

    type: Literal["accepted_values"]
    column: ColumnName
    values: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=1000)]


class RangeCheck(Strict):
    """Every value that is not NULL lies in [min, max]. Dates and timestamps are given as ISO text."""

    type: Literal["range"]
    column: ColumnName
    min: Scalar | None = None
    max: Scalar | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give `min`, `max` or both")
        return self


class SqlCheck(Strict):
    """A boolean expression over the target's columns that must not be false for any row (NULL passes)."""

    type: Literal["sql"]
    expression: SqlText
    name: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None


Check = Annotated[
    RowCountCheck | UniqueCheck | NotNullCheck | AcceptedValuesCheck | RangeCheck | SqlCheck,
    Field(discriminator="type"),
]
