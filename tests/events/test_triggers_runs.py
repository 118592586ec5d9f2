"""Runs that start other jobs' runs: each end counts once, wherever a worker dies; circles are refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.bootstrap import build_lake
from app.domain.access import Principal
from local.stack import Stack
from tests.api.lakework import Deliver, define, ended, filled, run
from tests.aws_faults import Crash, Faults
from tests.events.ticking import runs, tick
from tests.isolation import isolated_settings

ME = Principal(id="test", tenant="main", scopes=frozenset())
BAD = {"checks": [{"type": "row_count", "min": 1000}]}


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    """A holder that died is taken over at once."""
    return isolated_settings(stack, run_lease_seconds=0)


@pytest.fixture(scope="module")
def source(api: Any, deliver: Deliver) -> str:
    return filled(api, deliver, "followed_raw", namespace="after")


def after(*jobs: str, **more: Any) -> list[dict[str, Any]]:
    return [{"type": "run", "jobs": list(jobs), **more}]


def job(api: Any, source: str, name: str, **more: Any) -> str:
    define(api, name, source, f"after.{name.replace('-', '_')}", **more)
    return name


def patch(api: Any, name: str, **changes: Any) -> Any:
    etag = api.get(f"/v1/jobs/{name}").headers["etag"]
    return api.patch(f"/v1/jobs/{name}", json=changes, headers={"If-Match": etag})


def test_the_end_of_a_run_starts_those_who_wait_for_it(api: Any, lake: Any, source: str) -> None:
    first = job(api, source, "ends")
    for name, on in (("on-good", "succeeded"), ("on-bad", "failed"), ("on-end", "finished"), ("on-any", "any")):
        job(api, source, name, triggers=[{"type": "run", "job": first, "on": on}])
    run(api, first)
    tick(lake)
    good = [("run", "succeeded")]
    assert [runs(api, name) for name in ("on-good", "on-bad", "on-end", "on-any")] == [good, [], good, good]
    assert run(api, first)["reused"] is True  # it succeeded as well
    tick(lake)
    assert [len(runs(api, name)) for name in ("on-good", "on-bad", "on-end", "on-any")] == [2, 0, 2, 2]
    patch(api, first, **BAD)
    assert ended(api, first)["state"] == "failed"
    tick(lake)
    assert [len(runs(api, name)) for name in ("on-good", "on-bad", "on-end", "on-any")] == [2, 1, 3, 3]
    (item,) = api.get("/v1/jobs/on-bad/runs").json()["items"]
    assert (item["trigger"], item["created_by"]) == ("run", "headgate:run")


def test_all_waits_for_each_of_several_since_it_last_fired(api: Any, lake: Any, source: str) -> None:
    one, two, three = (job(api, source, f"part-{n}") for n in range(3))
    job(api, source, "whole", triggers=after(one, two, three, require="all"))
    job(api, source, "each", triggers=after(one, two, three))
    for name in (one, one, two):
        run(api, name, force=True)
        tick(lake)
    assert (len(runs(api, "whole")), len(runs(api, "each"))) == (0, 3)
    run(api, three)
    tick(lake)
    assert (len(runs(api, "whole")), len(runs(api, "each"))) == (1, 4)
    run(api, three)
    run(api, one)
    tick(lake)
    assert len(runs(api, "whole")) == 1
    run(api, two)
    tick(lake)
    assert runs(api, "whole") == [("run", "succeeded")] * 2


def test_a_run_that_never_began_counts_for_nobody(api: Any, lake: Any, source: str) -> None:
    first = job(api, source, "unbegun")
    job(api, source, "waits-unbegun", triggers=after(first, on="finished"))
    with Faults(lake).busy():
        working = api.post(f"/v1/jobs/{first}/runs", json={"force": True}).json()
        lake.runs.advance("main", working["id"])
        queued = api.post(f"/v1/jobs/{first}/runs").json()
        assert api.post(f"/v1/runs/{queued['id']}/cancel").json()["state"] == "cancelled"
    assert runs(api, "waits-unbegun") == []
    api.post(f"/v1/runs/{working['id']}/cancel")
    tick(lake)
    assert [state for _, state in runs(api, first)] == ["cancelled", "cancelled"]
    assert runs(api, "waits-unbegun") == [("run", "succeeded")]


def test_what_ends_while_a_job_is_paused_does_not_start_it(api: Any, lake: Any, source: str) -> None:
    first = job(api, source, "unheard")
    job(api, source, "deaf", triggers=after(first))
    api.post("/v1/jobs/deaf/pause")
    run(api, first)
    api.post("/v1/jobs/deaf/resume")
    tick(lake)
    assert runs(api, "deaf") == []
    run(api, first)
    tick(lake)
    assert len(runs(api, "deaf")) == 1


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_an_end_counts_once_wherever_a_worker_dies(
    api: Any, lake: Any, settings: Any, source: str, *, is_after: bool
) -> None:
    name = f"dies-{'after' if is_after else 'before'}"
    first = job(api, source, name)
    other = job(api, source, f"{name}-other")
    any_of = job(api, source, f"{name}-any", triggers=after(first))
    all_of = job(api, source, f"{name}-all", triggers=after(first, other, require="all"))
    run(api, first)
    tick(lake)
    dying = build_lake(settings)
    seen = 0
    for number in range(1, 40):
        made = lake.runs.start(ME, first)  # `reused`: plan, then the end
        has_crashed = False
        with Faults(dying).dying_at(number, is_after=is_after):
            try:
                while not dying.runs.advance("main", made.id).is_over:
                    pass
            except Crash:
                has_crashed = True
        tick(lake)
        assert lake.runs._store.get("main", made.id).state == "succeeded"
        seen = number
        assert len(runs(api, any_of)) == number + 1
        assert runs(api, all_of) == []
        if not has_crashed:
            break
    assert seen > 5, seen
    run(api, other)
    tick(lake)
    assert runs(api, all_of) == [("run", "succeeded")]


def test_an_end_counts_once_however_many_work_on_it(api: Any, lake: Any, settings: Any, source: str) -> None:
    first = job(api, source, "crowded")
    job(api, source, "crowd-waits", triggers=after(first))
    lakes = [build_lake(settings) for _ in range(4)]
    for one in lakes:
        one.build()
    for count in range(1, 5):
        made = lake.runs.start(ME, first)
        with ThreadPoolExecutor(4) as pool:
            for _ in range(3):
                list(pool.map(lambda one, made=made: one.runs.advance("main", made.id), lakes))
        tick(lake)
        assert len(runs(api, "crowd-waits")) == count


def test_unknown_jobs_and_jobs_that_others_wait_for(api: Any, source: str) -> None:
    first = job(api, source, "needed")
    body = {"name": "lost", "sources": [source], "target": {"namespace": "after", "name": "lost"}}
    triggers = [{"type": "manual"}, *after(first, "nobody"), {"type": "run", "job": "no-one"}]
    answer = api.post("/v1/jobs", json={**body, "triggers": triggers})
    assert answer.status_code == 422
    errors = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert errors == [("/triggers/1/jobs/1", "unknown_job"), ("/triggers/2/job", "unknown_job")]
    assert api.get("/v1/datasets/after.lost").status_code == 404
    for bad in ({}, {"job": first, "jobs": [first]}, {"jobs": [first, first]}, {"jobs": ["lost"]}):
        assert api.post("/v1/jobs", json={**body, "triggers": [{"type": "run", **bad}]}).status_code == 422
    job(api, source, "needs", triggers=after(first))
    gone = api.delete(f"/v1/jobs/{first}", headers={"If-Match": '"1"'})
    assert (gone.status_code, gone.json()["code"]) == (409, "in_use")
    assert "needs" in gone.json()["detail"]
    assert patch(api, "needs", triggers=[]).status_code == 200
    assert api.delete(f"/v1/jobs/{first}", headers={"If-Match": '"1"'}).status_code == 204


def test_circles_over_runs_and_arrivals_together_are_refused(api: Any, source: str) -> None:
    one = job(api, source, "circle-one")
    two = job(api, source, "circle-two", triggers=after(one))
    run(api, two)
    job(api, "after.circle_two", "circle-three", triggers=[{"type": "arrival"}])
    answer = patch(api, one, triggers=[{"type": "manual"}, *after("circle-three")])
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/triggers/1/jobs/0", "circle")
    assert "circle-one -> circle-two -> circle-three -> circle-one" in error["detail"]
    answer = patch(api, one, triggers=[{"type": "run", "job": two}])
    assert answer.json()["errors"][0]["pointer"] == "/triggers/0/job"
    # Without the trigger in the middle there is no circle; closing it there is refused as well.
    assert patch(api, two, triggers=[]).status_code == 200
    assert patch(api, one, triggers=after("circle-three")).status_code == 200
    answer = patch(api, two, triggers=after(one))
    assert answer.json()["errors"][0]["code"] == "circle"
    body = {
        "name": two,
        "sources": ["after.circle_three"],
        "target": {"namespace": "after", "name": "circle_two"},
        "triggers": [{"type": "arrival"}],
    }
    run(api, "circle-three")
    api.delete(f"/v1/jobs/{two}", headers={"If-Match": api.get(f"/v1/jobs/{two}").headers["etag"]})
    answer = api.post("/v1/jobs", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/sources/0")


def test_two_definitions_at_once_do_not_close_a_circle(api: Any, lake: Any, source: str) -> None:
    """The second is stored while the first, which was checked already, is about to be."""
    one, two = job(api, source, "turn-one"), job(api, source, "turn-two")
    answers: list[Any] = []

    def meanwhile(model: Any) -> None:
        if model.name == "TransactWriteItems" and not answers:
            answers.append(None)
            answers[0] = patch(api, two, triggers=after(one))

    with Faults(lake).noting(meanwhile):
        refused = patch(api, one, triggers=after(two))
    assert answers[0].status_code == 200, answers[0].text
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "circle"), refused.text
    assert patch(api, one, triggers=[{"type": "arrival"}]).status_code == 200


def test_a_new_job_and_a_change_at_once_do_not_close_a_circle(api: Any, lake: Any, source: str) -> None:
    first = job(api, source, "close-first")
    answers: list[Any] = []

    def meanwhile(model: Any) -> None:
        if model.name == "TransactWriteItems" and not answers:
            answers.append(None)
            answers[0] = patch(api, first, sources=["after.close_new"], triggers=[{"type": "arrival"}])

    api.post("/v1/datasets", json={"namespace": "after", "name": "close_new", "tier": "curated"})
    target = {"namespace": "after", "name": "close_new"}
    new = {"name": "close-new", "sources": [source], "target": target, "triggers": after(first)}
    with Faults(lake).noting(meanwhile):
        refused = api.post("/v1/jobs", json=new)
    assert answers[0].status_code == 200, answers[0].text
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "circle"), refused.text
