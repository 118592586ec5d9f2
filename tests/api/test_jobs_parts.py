"""Jobs that load more files than one run takes: a first load grows before its readers' eyes, a rebuild shows when it
has all that they see already.
"""

from typing import Any

import pytest

from local.stack import Stack
from tests.api.lakework import Deliver, change, define, drop, ended, register, run, select, versions
from tests.faults.invariants import check_versions
from tests.isolation import isolated_settings


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, files_per_run=2)


def source_of(api: Any, deliver: Deliver, name: str, files: int = 5) -> str:
    """A raw dataset whose n-th file has the row n."""
    source = register(api, name, namespace="parts")
    for at in range(files):
        drop(api, deliver, source, f"n\n{at}\n", f"{at}.csv")
    return source


def loaded(api: Any, lake: Any, job: str, **body: Any) -> list[Any]:
    """All runs that one by hand leads to, the oldest first."""
    before = {one["id"] for one in api.get(f"/v1/jobs/{job}/runs").json()["items"]}
    assert api.post(f"/v1/jobs/{job}/runs", json=body).status_code == 202
    while True:
        lake.runs.advance_open()
        found = [one for one in api.get(f"/v1/jobs/{job}/runs").json()["items"] if one["id"] not in before]
        if all(one["ended_at"] for one in found):
            return list(reversed(found))


def one_part(api: Any, lake: Any, job: str, **body: Any) -> Any:
    """The first run of a rebuild, which no other follows, since the job is paused meanwhile."""
    started = api.post(f"/v1/jobs/{job}/runs", json=body).json()
    assert api.post(f"/v1/jobs/{job}/pause").status_code == 200
    while not (part := api.get(f"/v1/runs/{started['id']}").json())["ended_at"]:
        lake.runs.advance_open()
    assert api.post(f"/v1/jobs/{job}/resume").status_code == 200
    return part


def shown(runs: list[Any]) -> list[Any]:
    return [
        (one["state"], one["build"], one["is_partial"], one["is_staged"], one["statistics"]["rows"]) for one in runs
    ]


def numbers(lake: Any, dataset: str) -> list[int]:
    """What readers get."""
    return [int(n) for (n,) in select(lake, f"SELECT n FROM {dataset} ORDER BY n")]


def current(api: Any, dataset: str) -> Any:
    (found,) = [one for one in versions(api, dataset) if one["is_current"]]
    return found


def test_a_first_load_shows_what_it_has_and_compares_no_part(api: Any, lake: Any, deliver: Deliver) -> None:
    source = source_of(api, deliver, "first_raw")
    checks = [{"type": "row_count", "max_ratio": 1.1}]
    define(api, "first", source, "parts.first", mode="incremental", checks=checks)
    runs = loaded(api, lake, "first")
    assert shown(runs) == [
        ("succeeded", "rebuild", True, False, 2),
        ("succeeded", "append", True, False, 4),
        ("succeeded", "append", False, False, 5),
    ]
    assert "which lacks files" in runs[1]["checks"][0]["detail"]
    drop(api, deliver, source, "n\n9\n", "9.csv")
    (failed,) = loaded(api, lake, "first")
    assert failed["error"]["code"] == "check_failed", "a whole version is compared"


def test_a_rebuild_in_parts_is_judged_and_shown_when_it_is_whole(api: Any, lake: Any, deliver: Deliver) -> None:
    source = source_of(api, deliver, "whole_raw")
    checks = [{"type": "row_count", "min": 3, "min_ratio": 0.9}]
    define(api, "whole", source, "parts.whole", mode="incremental")
    loaded(api, lake, "whole")
    change(api, "whole", checks=checks)
    runs = loaded(api, lake, "whole", force=True)
    assert shown(runs) == [
        ("succeeded", "rebuild", True, True, 2),
        ("succeeded", "append", True, True, 4),
        ("succeeded", "append", False, False, 5),
    ]
    assert [one["checks"] for one in runs[:2]] == [[], []]
    assert "the present version has 5" in runs[2]["checks"][0]["detail"]
    assert [one["is_staged"] for one in versions(api, "parts.whole")[:4]] == [False, True, True, False]


def test_readers_see_the_whole_version_until_a_rebuild_has_as_many_files(api: Any, lake: Any, deliver: Deliver) -> None:
    source = source_of(api, deliver, "calm_raw")
    define(api, "calm", source, "parts.calm", mode="incremental")
    define(api, "reader", "parts.calm", "parts.reader", triggers=[{"type": "arrival"}])
    define(api, "waiter", "parts.calm", "parts.waiter", triggers=[{"type": "run", "jobs": ["calm"]}])
    loaded(api, lake, "calm")
    readers = {job: len(api.get(f"/v1/jobs/{job}/runs").json()["items"]) for job in ("reader", "waiter")}
    before = current(api, "parts.calm")
    part = one_part(api, lake, "calm", force=True)
    assert shown([part]) == [("succeeded", "rebuild", True, True, 2)]
    assert numbers(lake, "parts.calm") == [0, 1, 2, 3, 4]
    assert current(api, "parts.calm")["id"] == before["id"]
    assert {job: len(api.get(f"/v1/jobs/{job}/runs").json()["items"]) for job in readers} == readers
    refused = api.post("/v1/datasets/parts.calm/rollback", json={"version": part["version"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "part of a rebuild" in refused.json()["detail"]
    rest = loaded(api, lake, "calm")
    assert [one["base"] for one in rest] == [part["version"], rest[0]["version"]]
    assert numbers(lake, "parts.calm") == [0, 1, 2, 3, 4]
    assert current(api, "parts.calm")["id"] == rest[-1]["version"]
    assert all(len(api.get(f"/v1/jobs/{job}/runs").json()["items"]) == n + 1 for job, n in readers.items())
    check_versions(lake, "parts.calm")


def test_a_rebuild_of_other_rows_begins_anew_and_leaves_nothing_behind(api: Any, lake: Any, deliver: Deliver) -> None:
    source = source_of(api, deliver, "twice_raw")
    define(api, "twice", source, "parts.twice", mode="incremental")
    loaded(api, lake, "twice")
    change(api, "twice", transform={"columns": [{"name": "n"}], "where": "n > 0"})
    part = one_part(api, lake, "twice")
    assert part["is_staged"]
    change(api, "twice", transform={"columns": [{"name": "n"}], "where": "n > 1"})
    runs = loaded(api, lake, "twice")
    assert [one["build"] for one in runs] == ["rebuild", "append", "append"]
    assert numbers(lake, "parts.twice") == [2, 3, 4]
    given_up = next(one for one in versions(api, "parts.twice") if one["id"] == part["version"])
    assert given_up["removed_at"] is not None
    check_versions(lake, "parts.twice")


def test_a_rebuild_outlives_a_back_fill(api: Any, lake: Any, deliver: Deliver) -> None:
    source = source_of(api, deliver, "filled_raw")
    transform = {"columns": [{"name": "n"}, {"name": "part", "expression": "n"}]}
    layout = {"partition_by": ["part"]}
    define(api, "filled", source, "parts.filled", mode="incremental", transform=transform, layout=layout)
    loaded(api, lake, "filled")
    part = one_part(api, lake, "filled", force=True)
    back_filled = run(api, "filled", partitions=[{"column": "part", "from": 1, "to": 2}])
    assert (back_filled["build"], back_filled["is_staged"]) == ("replace", False)
    assert numbers(lake, "parts.filled") == [0, 1, 2, 3, 4]
    rest = loaded(api, lake, "filled")
    assert rest[0]["base"] == part["version"]
    assert numbers(lake, "parts.filled") == [0, 1, 2, 3, 4]
    check_versions(lake, "parts.filled")


def test_a_failed_check_of_the_whole_keeps_its_parts_for_the_next_try(api: Any, lake: Any, deliver: Deliver) -> None:
    source = source_of(api, deliver, "judged_raw")
    define(api, "judged", source, "parts.judged", mode="incremental")
    loaded(api, lake, "judged")
    before = current(api, "parts.judged")["id"]
    change(api, "judged", checks=[{"type": "row_count", "min": 6}])
    runs = loaded(api, lake, "judged", force=True)
    assert [one["state"] for one in runs] == ["succeeded", "succeeded", "failed"]
    assert current(api, "parts.judged")["id"] == before
    change(api, "judged", checks=[{"type": "row_count", "min": 5}])
    done = ended(api, "judged")
    assert (done["state"], done["base"]) == ("succeeded", runs[1]["version"])
    assert current(api, "parts.judged")["id"] == done["version"]
    check_versions(lake, "parts.judged")
