"""What the gate found: one result per check, passed or not. Counts and ages only, never a value of the data. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from app.domain.checks import (
    AcceptedValuesCheck,
    Check,
    FreshnessCheck,
    NotNullCheck,
    RangeCheck,
    RowCountCheck,
    Severity,
    SqlCheck,
    UniqueCheck,
)

ROW_COUNT: Final = "row_count"
REJECTED_ROWS: Final = "rejected_rows"
_MAX_DETAIL: Final = 500
"""Characters. Fifty results are stored on the run and on its version, in items of 400 KB at most."""


def counted_as(at: int) -> str:
    """The column of the gate's row that belongs to the check at this place."""
    return f"check_{at}"


class CheckResult(BaseModel):
    """One check of a version, passed or not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int | None = Field(description="Place in the job's `checks`; null for what every run checks.")
    type: str
    name: str | None = None
    severity: Severity = Field("fail", description="`warn`: the version is published even if the check failed.")
    passed: bool
    expected: str
    found: int | None = Field(
        description="Rows (`unique`: keys) that break the check; `row_count`: the version's rows; `freshness`: the "
        "newest value's age in seconds, null without any value."
    )
    detail: str

    @property
    def is_barrier(self) -> bool:
        """The version must not be published."""
        return not self.passed and self.severity == "fail"


class Moment(NamedTuple):
    """What a version is compared with: the time (aware), and the rows of the version that readers see. `is_partial`:
    that one lacks files which were still to be loaded, so that the rows cannot be compared.
    """

    now: datetime
    present_rows: int | None
    is_partial: bool = False


class _Verdict(NamedTuple):
    passed: bool
    expected: str
    found: int | None
    detail: str


def judged(
    checks: Sequence[Check], counted: Mapping[str, int | None], moment: Moment, *, own: int
) -> tuple[CheckResult, ...]:
    """The results, in the checks' order. `counted`: the gate's row; the first `own` checks are the job's."""
    results = []
    for at, check in enumerate(checks):
        passed, expected, found, detail = _verdict(check, counted, at, moment)
        results.append(
            CheckResult(
                index=at if at < own else None,
                type=check.type,
                name=check.name,
                severity=check.severity,
                passed=passed,
                expected=expected,
                found=found,
                detail=detail if len(detail) <= _MAX_DETAIL else detail[: _MAX_DETAIL - 3] + "...",
            )
        )
    return tuple(results)


def _verdict(check: Check, counted: Mapping[str, int | None], at: int, moment: Moment) -> _Verdict:
    match check:
        case RowCountCheck():
            return _of_rows(check, counted[ROW_COUNT] or 0, moment)
        case FreshnessCheck():
            return _of_age(check, counted[counted_as(at)], moment.now)
        case _:
            found = counted[counted_as(at)] or 0
            return _Verdict(found == 0, "0", found, _broken(check, found))


def _of_rows(check: RowCountCheck, rows: int, moment: Moment) -> _Verdict:
    present = None if moment.is_partial else moment.present_rows
    low, high = check.bounds(present)
    parts = ([f"at least {low:,}"] if low is not None else []) + ([f"at most {high:,}"] if high is not None else [])
    detail = f"The version has {rows:,} rows"
    detail += f"; it must have {' and '.join(parts)}" if parts else ""
    if check.is_relative and moment.is_partial:
        detail += "; not compared with the present version, which lacks files that were still to be loaded"
    elif check.is_relative:
        detail += f" (the present version has {present:,})" if present else "; no present version has rows to compare"
    expected = f"{low or 0} or more" if high is None else f"{low or 0} to {high}"
    return _Verdict((low or 0) <= rows <= (rows if high is None else high), expected, rows, f"{detail}.")


def _of_age(check: FreshnessCheck, newest: int | None, now: datetime) -> _Verdict:
    """`newest`: milliseconds since 1970, UTC."""
    allowed = check.age_allowed // timedelta(milliseconds=1)
    expected = f"{allowed // 1000} or less"
    if newest is None:
        return _Verdict(False, expected, None, f"{check.column} has no value; its newest must be {check.max_age} old.")
    age = int(now.timestamp() * 1000) - newest
    lies = f"is {_span(age)} old" if age >= 0 else f"lies {_span(-age)} in the future"
    detail = f"The newest value of {check.column} {lies}; it may be {_span(allowed)} old."
    return _Verdict(age <= allowed, expected, age // 1000, detail)


def _span(milliseconds: int) -> str:
    hours, minutes = divmod(milliseconds // 60_000, 60)
    return f"{hours:,} h {minutes} min"


def _broken(check: UniqueCheck | NotNullCheck | AcceptedValuesCheck | RangeCheck | SqlCheck, found: int) -> str:
    match check:
        case UniqueCheck():
            return f"{found:,} values of ({', '.join(check.columns)}) occur more than once."
        case NotNullCheck():
            return f"{found:,} rows have NULL in {' or '.join(check.columns)}."
        case AcceptedValuesCheck():
            return f"{found:,} rows have a value in {check.column} that is not among those accepted."
        case RangeCheck():
            return f"{found:,} rows have a value in {check.column} outside the range."
        case SqlCheck():
            return f"{found:,} rows break the check {check.name or check.expression!r}."
