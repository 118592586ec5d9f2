"""Checks: what must hold of a new version before readers see it. The wire shape of a job's `checks`; no I/O."""

import re
from datetime import timedelta
from decimal import Decimal
from math import ceil, floor
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.domain.transforms import ColumnName, ColumnNames, Scalar, SqlText, Strict

HAS_AGE: Final = frozenset({"date", "timestamp"})
"""Names of the types that `freshness` reads."""
Severity = Literal["fail", "warn"]
Ratio = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_DURATION = re.compile(r"P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?")


def _parsed(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    parts = [int(part or 0) for part in match.groups()] if match else []
    if not any(parts) or text.endswith("T"):
        raise ValueError("give an ISO 8601 duration of weeks, days, hours, minutes or seconds: PT36H, P1DT12H, P2W")
    return timedelta(**dict(zip(("weeks", "days", "hours", "minutes", "seconds"), parts, strict=True)))


def _duration(text: str) -> str:
    _parsed(text)
    return text


# Months and years have no length of their own.
Duration = Annotated[str, StringConstraints(max_length=40, pattern=r"^P[0-9WDTHMS]+$"), AfterValidator(_duration)]


class _Check(Strict):
    """`severity`: a failed check of severity `warn` is shown, and the version is published all the same."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    severity: Severity = "fail"


class RowCountCheck(_Check):
    """The new version has at least `min` and at most `max` rows, and that many times the present version's rows.
    Without a present version, or when it is empty or its rows are unknown, the ratios pass; so they do while the
    present version lacks files that were still to be loaded (`is_partial`).
    """

    type: Literal["row_count"]
    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None
    min_ratio: Ratio | None = None
    max_ratio: Ratio | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        bounds = (self.min, self.max, self.min_ratio, self.max_ratio)
        if all(bound is None for bound in bounds):
            raise ValueError("give `min`, `max`, `min_ratio` or `max_ratio`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is above `max`")
        if self.min_ratio is not None and self.max_ratio is not None and self.min_ratio > self.max_ratio:
            raise ValueError("`min_ratio` is above `max_ratio`")
        return self

    @property
    def is_relative(self) -> bool:
        return self.min_ratio is not None or self.max_ratio is not None

    def bounds(self, present: int | None) -> tuple[int | None, int | None]:
        """The least and the most rows, None for no bound. `present`: rows of the present version, if known."""
        lows, highs = [self.min], [self.max]
        if present:
            # Decimals: 0.07 times 100 rows are 7, not 7.000000000000001.
            lows.append(None if self.min_ratio is None else ceil(Decimal(str(self.min_ratio)) * present))
            highs.append(None if self.max_ratio is None else floor(Decimal(str(self.max_ratio)) * present))
        low = [bound for bound in lows if bound is not None]
        high = [bound for bound in highs if bound is not None]
        return max(low, default=None), min(high, default=None)


class UniqueCheck(_Check):
    """No two rows share the values of these columns (NULLs count as equal)."""

    type: Literal["unique"]
    columns: Annotated[ColumnNames, Field(min_length=1)]


class NotNullCheck(_Check):
    """None of these columns holds a NULL."""

    type: Literal["not_null"]
    columns: Annotated[ColumnNames, Field(min_length=1)]


class AcceptedValuesCheck(_Check):
    """Every value that is not NULL is one of these."""

    type: Literal["accepted_values"]
    column: ColumnName
    values: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=1000)]


class RangeCheck(_Check):
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


class FreshnessCheck(_Check):
    """The newest value of a date (its first moment) or timestamp column, in UTC, is no older than `max_age` when the
    version is checked. A version without any value fails.
    """

    type: Literal["freshness"]
    column: ColumnName
    max_age: Annotated[Duration, Field(description="ISO 8601, weeks to seconds.", examples=["PT36H"])]

    @property
    def age_allowed(self) -> timedelta:
        return _parsed(self.max_age)


class SqlCheck(_Check):
    """A boolean expression over the target's columns that must not be false for any row (NULL passes)."""

    type: Literal["sql"]
    expression: SqlText


Check = Annotated[
    RowCountCheck | UniqueCheck | NotNullCheck | AcceptedValuesCheck | RangeCheck | FreshnessCheck | SqlCheck,
    Field(discriminator="type"),
]
