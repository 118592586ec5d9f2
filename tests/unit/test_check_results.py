"""What the gate counted, judged: the exact bounds of age and ratio."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.check_results import CheckResult, Moment, judged
from app.domain.checks import FreshnessCheck, NotNullCheck, RowCountCheck

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def of_age(newest: datetime | None, max_age: str = "PT36H") -> CheckResult:
    check = FreshnessCheck(type="freshness", column="at", max_age=max_age)
    found = None if newest is None else round(newest.timestamp() * 1000)
    (result,) = judged([check], {"row_count": 1, "check_0": found}, Moment(NOW, None), own=1)
    return result


def test_an_age_of_exactly_the_most_passes_and_a_millisecond_more_does_not() -> None:
    newest = NOW - timedelta(hours=36)
    assert (of_age(newest).passed, of_age(newest).found) == (True, 36 * 3600)
    assert not of_age(newest - timedelta(milliseconds=1)).passed
    assert of_age(NOW + timedelta(hours=5)).passed
    assert "lies 5 h 0 min in the future" in of_age(NOW + timedelta(hours=5)).detail
    assert (of_age(None).passed, of_age(None).found) == (False, None)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT36H", timedelta(hours=36)),
        ("P1DT12H", timedelta(hours=36)),
        ("P2W", timedelta(weeks=2)),
        ("PT1M30S", timedelta(seconds=90)),
        ("P99999W", timedelta(weeks=99_999)),
    ],
)
def test_a_duration_is_read_as_iso_8601_says(text: str, length: timedelta) -> None:
    assert FreshnessCheck(type="freshness", column="at", max_age=text).age_allowed == length
    assert of_age(NOW - length, text).passed
    assert not of_age(NOW - length - timedelta(milliseconds=1), text).passed


@pytest.mark.parametrize(
    ("ratios", "present", "rows", "is_passed"),
    [
        ({"min_ratio": 0.07}, 100, 7, True),  # in floats 0.07 * 100 is a little more than 7
        ({"min_ratio": 0.07}, 100, 6, False),
        ({"max_ratio": 0.29}, 100, 29, True),  # in floats 0.29 * 100 is a little less than 29
        ({"max_ratio": 0.29}, 100, 30, False),
        ({"min_ratio": 0.5}, 5, 3, True),
        ({"min_ratio": 0.5}, 5, 2, False),
        ({"min_ratio": 0.5, "min": 4}, 5, 3, False),
        ({"max_ratio": 2, "max": 9}, 5, 10, False),
        ({"min_ratio": 0.5, "max_ratio": 2}, None, 7, True),
        ({"min_ratio": 0.5, "max_ratio": 2}, 0, 7, True),
        ({"min": 8, "max_ratio": 2}, None, 7, False),
    ],
)
def test_ratios_are_exact(ratios: dict[str, float], present: int | None, rows: int, *, is_passed: bool) -> None:
    check = RowCountCheck.model_validate({"type": "row_count", **ratios})
    (result,) = judged([check], {"row_count": rows}, Moment(NOW, present), own=1)
    assert (result.passed, result.found) == (is_passed, rows)


def test_a_detail_has_a_bounded_length() -> None:
    check = NotNullCheck(type="not_null", columns=tuple(f"{'c' * 100}{n}" for n in range(100)))
    (result,) = judged([check], {"row_count": 1, "check_0": 0}, Moment(NOW, None), own=0)
    assert (result.passed, result.index, len(result.detail)) == (True, None, 500)
