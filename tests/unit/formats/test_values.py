"""Athena's text as JSON values, and what a query's failure says of it."""

import pytest

from app.domain.queries import ResultColumn, cost_usd
from app.domain.query_failures import failure
from app.formats.names import unique_names
from app.formats.record_lines import RecordLines
from app.formats.results import Page
from app.formats.values import moment, typed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2013-01-01 05:00:00.000", "2013-01-01T05:00:00"),
        ("2013-01-01 05:00:00.000 UTC", "2013-01-01T05:00:00Z"),
        ("2013-01-01 05:00:00.000 +02:00", "2013-01-01T05:00:00+02:00"),
        ("2013-07-01 05:00:00.000 America/New_York", "2013-07-01T05:00:00-04:00"),
        ("2013-01-01", "2013-01-01"),
    ],
)
def test_timestamps_become_iso(text, expected):
    assert moment(text) == expected


def test_integers_of_any_size_stay_exact():
    column = ResultColumn(name="n", type="bigint")
    assert typed([["-9223372036854775808"], [None]], [column]) == ([[-9223372036854775808], [None]], {})


def test_a_page_that_begins_in_the_middle_of_a_record_is_noticed():
    page = Page(
        (ResultColumn(name="a", type="varchar"), ResultColumn(name="b", type="varchar")), RecordLines.of([b'"x"'])
    )
    with pytest.raises(ValueError, match="columns"):
        page.rows()


def test_keys_of_an_object_are_told_apart():
    columns = tuple(ResultColumn(name=name, type="int") for name in ("a", "a", "", "b"))
    assert unique_names(columns) == ["a", "a_2", "column_3", "b"]


@pytest.mark.parametrize(
    ("scanned", "expected"), [(0, "0.000000"), (1, "0.000045"), (2**40, "5.000000"), (30_850_000_000, "0.140290")]
)
def test_cost_is_per_tb_of_2_to_the_40_with_ten_megabytes_at_least(scanned, expected):
    from decimal import Decimal

    assert cost_usd(scanned, usd_per_tb=Decimal(5), minimum_bytes=10_000_000) == expected


@pytest.mark.parametrize(
    ("reason", "code", "shown"),
    [
        ("COLUMN_NOT_FOUND: line 2:8: Column 'nope' cannot be resolved", "bad_sql", "Column 'nope' cannot be resolved"),
        ("TYPE_MISMATCH: line 1:9: Cannot apply operator: date = integer", "bad_sql", "date = integer"),
        ("INVALID_CAST_ARGUMENT: Cannot cast 'Jane Doe' to INT", "query_failed", "INVALID_CAST_ARGUMENT"),
        ("HIVE_BAD_DATA: Error parsing field value 'Jane Doe'", "query_failed", "HIVE_BAD_DATA"),
        ("Query exhausted resources", "query_failed", "without a code"),
        ("Bytes scanned limit was exceeded", "budget_exceeded", "max_bytes_scanned"),
        (None, "query_failed", "without a code"),
    ],
)
def test_failures_are_told_without_data(reason, code, shown):
    error = failure(reason, execution_id="e", is_retryable=False)
    assert (error.code, error.athena_execution_id) == (code, "e")
    assert shown in error.detail
    assert "Jane" not in error.model_dump_json()
    assert error.remedy
