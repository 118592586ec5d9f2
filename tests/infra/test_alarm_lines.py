"""The lines that alarms count are lines that the product writes."""

import re
from typing import Any

import pytest

from tests.api.lakework import define, drop, ended, filled, register


def terms(template: Any, metric: str) -> list[str]:
    """What a line must hold for the metric's filters to count it."""
    filters = template.of("Logs::MetricFilter").values()
    (pattern,) = {
        one["FilterPattern"] for one in filters if one["MetricTransformations"][0]["MetricName"] == f"prod-{metric}"
    }
    found = re.findall(r'"((?:[^"\\]|\\.)*)"', pattern)
    return [term.replace('\\"', '"') for term in found]


@pytest.fixture
def counted(template: Any, caplog: Any) -> Any:
    caplog.set_level("INFO", logger="headgate")

    def count(metric: str) -> int:
        wanted = terms(template, metric)
        assert len(wanted) == 2
        lines = [record.getMessage() for record in caplog.records if record.name.startswith("headgate")]
        return sum(all(term in line for term in wanted) for line in lines)

    return count


def test_committed_and_quarantined_files_are_counted_once(counted: Any, api: Any, deliver: Any) -> None:
    columns = [{"name": "a", "type": "integer"}]
    dataset = register(api, "counted", schema={"columns": columns})
    drop(api, deliver, dataset, "a\n1\n")
    drop(api, None, dataset, "a\nx\n", "bad.csv")
    deliver()
    assert (counted("files-committed"), counted("files-quarantined")) == (1, 1)


def test_a_failed_run_is_counted_and_one_that_succeeds_is_not(counted: Any, api: Any, deliver: Any) -> None:
    define(api, "fails", register(api, "nothing_yet"), "air.fails")
    define(api, "works", filled(api, deliver, "something"), "air.works")
    assert ended(api, "works")["state"] == "succeeded"
    assert counted("runs-failed") == 0
    assert ended(api, "fails")["state"] == "failed"
    assert counted("runs-failed") == 1
