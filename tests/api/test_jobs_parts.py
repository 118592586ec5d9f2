"""Jobs that load more files than one run takes: they publish in parts, say so, and compare no part with a whole."""

from typing import Any

import pytest

from local.stack import Stack
from tests.api.lakework import Deliver, define, drop, register, versions
from tests.isolation import isolated_settings


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, files_per_run=2)


def loaded(api: Any, lake: Any, job: str, **body: Any) -> list[Any]:
    """All runs that one by hand leads to, the oldest first."""
    before = {one["id"] for one in api.get(f"/v1/jobs/{job}/runs").json()["items"]}
    assert api.post(f"/v1/jobs/{job}/runs", json=body).status_code == 202
    while True:
        lake.runs.advance_open()
        found = [one for one in api.get(f"/v1/jobs/{job}/runs").json()["items"] if one["id"] not in before]
        if all(one["ended_at"] for one in found):
            return list(reversed(found))


def test_a_rebuild_in_parts_says_so_and_its_first_part_is_compared_with_nothing(
    api: Any, lake: Any, deliver: Deliver
) -> None:
    source = register(api, "parts_raw", namespace="parts")
    checks = [{"type": "row_count", "min_ratio": 0.9}]
    define(api, "parts", source, "parts.parts", mode="incremental", checks=checks)
    for at in range(5):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
    loaded(api, lake, "parts")
    again = loaded(api, lake, "parts", force=True)
    shown = [(one["state"], one["build"], one["is_partial"], one["statistics"]["rows"]) for one in again]
    assert shown == [
        ("succeeded", "rebuild", True, 2),
        ("succeeded", "append", True, 4),
        ("succeeded", "append", False, 5),
    ]
    assert "files are still to be loaded" in again[0]["checks"][0]["detail"]
    assert [one["is_partial"] for one in versions(api, "parts.parts")[:3]] == [False, True, True]
    last = loaded(api, lake, "parts", force=True)[-1]
    drop(api, deliver, source, "n\n9\n", "9.csv")
    (whole,) = loaded(api, lake, "parts")
    assert "the present version has 5" in whole["checks"][0]["detail"], last
