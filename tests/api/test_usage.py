"""What queries and runs took, at /v1/usage."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.api.lakework import Deliver, define, filled, run


@pytest.fixture
def used(api: Any) -> Any:
    def found(by: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        answer = api.get("/v1/usage", params={"group_by": by, **more})
        assert answer.status_code == 200, answer.text
        return {item["key"]: item for item in answer.json()["items"]}, answer.json()["total"]

    return found


def test_usage_adds_up_whatever_it_is_grouped_by(api: Any, deliver: Deliver, ask: Any, used: Any) -> None:
    source = filled(api, deliver, "spent_raw", namespace="use")
    define(api, "spent", source, "use.spent")
    done = run(api, "spent")
    text = "SELECT carrier, count(*) AS n FROM use.spent GROUP BY 1"
    first, again = ask(text), ask(text)
    assert (first["statistics"]["reused"], again["statistics"]["reused"]) == (False, True)
    both = ask("SELECT count(*) AS n FROM use.spent a CROSS JOIN use.spent_raw b")
    failed = ask("SELECT 1 / (count(*) - 4) AS n FROM use.spent")
    assert failed["state"] == "failed"
    scanned = sum(one["statistics"]["bytes_scanned"] for one in (first, both, failed, done))
    cost = sum(Decimal(one["statistics"]["cost_usd"]) for one in (first, both, failed, done))
    me = api.get("/v1/me").json()["principal"]
    today = datetime.now(UTC).date().isoformat()

    days, total = used("day")
    assert (total["queries"], total["runs"], total["failed"], total["cache_hits"]) == (4, 1, 1, 1)
    assert (total["bytes_scanned"], Decimal(total["cost_usd"])) == (scanned, cost)
    assert total["bytes_scanned"] > 0
    assert {name: value for name, value in days[today].items() if name != "key"} == total

    people, _ = used("principal")
    assert people[me]["queries"] == 4
    jobs, _ = used("job")
    assert {name: (one["runs"], one["bytes_scanned"]) for name, one in jobs.items()} == {
        "spent": (1, done["statistics"]["bytes_scanned"])
    }
    datasets, of_all = used("dataset")
    assert of_all == total
    assert {name: (one["queries"], one["runs"]) for name, one in datasets.items()} == {
        "use.spent": (4, 0),
        "use.spent_raw": (1, 1),
    }
    assert sum(one["bytes_scanned"] for one in datasets.values()) == scanned
    assert sum(Decimal(one["cost_usd"]) for one in datasets.values()) == cost
    assert datasets["use.spent_raw"]["bytes_scanned"] > done["statistics"]["bytes_scanned"], "its share of the join"
    assert total["estimated_bytes"] >= first["statistics"]["bytes_scanned"] + both["statistics"]["bytes_scanned"]
    assert total["estimate_ratio"] >= 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"from": "2026-02-02", "to": "2026-02-01"}, "must not be after"),
        ({"from": "2026-01-01", "to": "2026-12-31"}, "92 days"),
        ({"group_by": "colour"}, ""),
        ({"from": "yesterday"}, ""),
    ],
)
def test_a_range_that_cannot_be_is_refused(api: Any, given: dict[str, str], words: str) -> None:
    answer = api.get("/v1/usage", params=given)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert words in answer.text
