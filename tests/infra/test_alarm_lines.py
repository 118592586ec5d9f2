"""The lines that alarms count are lines that the product writes."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app import events
from app.bootstrap import build_lake
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
        assert wanted
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


def test_a_partition_that_is_late_is_told_of_once(counted: Any, api: Any, lake: Any, deliver: Any) -> None:
    month = {"partition_by": ["year", "month"], "contract": {"expects": {"files": 1}, "cut_off": "P1D"}}
    kept, broken = register(api, "kept_promise", **month), register(api, "broken_promise", **month)
    for number, name in enumerate(("region_first", "no_cut_off")):
        contract = {"expects": {"files": 1}, **({"cut_off": "P1D"} if number == 0 else {})}
        register(api, name, partition_by=["region", "year"], contract=contract)
    due = datetime.now(UTC).replace(day=1, hour=0, minute=0) + timedelta(days=63)  # the second of some month, or later
    march = {"year": str((due.replace(day=1) - timedelta(days=1)).year), "month": str((due.month - 2) % 12 + 1)}
    body = b"a\n1\n"
    asked = api.post(
        f"/v1/datasets/{kept}/uploads", json={"file_name": "a.csv", "size_bytes": len(body), "partition": march}
    ).json()
    assert httpx.put(asked["url"], headers=asked["headers"], content=body).status_code == 200
    deliver()

    def tick(at: datetime) -> None:
        events.tick(build_lake(lake.settings, clock=lambda: at))

    tick(due.replace(day=3, minute=7))
    assert counted("files-late") == 0, "it looks at each quarter of an hour"
    for minute in (15, 30):
        tick(due.replace(day=3, minute=minute))
    assert counted("files-late") == 1
    state = api.get(
        f"/v1/datasets/{broken}/completeness", params={"partition": ",".join(f"{k}={v}" for k, v in march.items())}
    )
    assert state.json()["found"]["committed"] == 0
    api.delete(f"/v1/datasets/{broken}", headers={"If-Match": api.get(f"/v1/datasets/{broken}").headers["etag"]})
    tick((due.replace(day=3) + timedelta(days=31)).replace(day=3, minute=0))
    assert counted("files-late") == 2, (
        "of the month after: the one that kept its promise before, not the one that is gone"
    )
