"""Arrivals with a quiet period: many files make one run, and nobody waits behind it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from app import events
from app.bootstrap import build_lake
from local.worker import deliver_once
from tests.api.lakework import Deliver, define, drop, filled, register, select
from tests.aws_faults import Faults
from tests.events.ticking import MovedClock, runs, tick

QUIET = {"type": "arrival", "quiet_seconds": 30, "max_wait_seconds": 100}


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="module")
def lake(settings: Any, clock: MovedClock) -> Any:
    return build_lake(settings, clock=clock)


def test_many_files_make_one_run_once_it_is_quiet(api: Any, lake: Any, clock: MovedClock, deliver: Deliver) -> None:
    source = register(api, "heap_raw", namespace="quiet")
    define(api, "heap", source, "quiet.heap", triggers=[QUIET])
    for n in range(6):
        drop(api, deliver, source, f"n\n{n}\n", f"{n}.csv")
        clock.move(seconds=10)
        tick(lake)
        assert runs(api, "heap") == [("arrival", "queued")]
    clock.move(seconds=19)  # 29 s after the last
    tick(lake)
    assert runs(api, "heap") == [("arrival", "queued")]
    clock.move(seconds=1)
    tick(lake)
    assert runs(api, "heap") == [("arrival", "succeeded")]
    assert select(lake, 'SELECT count(*), sum(n) FROM "quiet"."heap"') == [(6, 15)]


def test_a_run_that_waits_is_written_once_a_quiet_period(
    api: Any, lake: Any, clock: MovedClock, deliver: Deliver
) -> None:
    source = register(api, "few_raw", namespace="quiet")
    define(api, "few", source, "quiet.few", triggers=[QUIET])
    drop(api, deliver, source, "n\n0\n", "0.csv")
    (waiting,) = lake.runs._store.open(10, None).items
    for n in range(1, 9):
        clock.move(seconds=9)
        drop(api, deliver, source, f"n\n{n}\n", f"{n}.csv")
    tick(lake)
    looked = lake.runs._store.get("main", waiting.id).revision - waiting.revision
    assert looked == 2  # after 36 s and after 72 s, whatever the number of files
    clock.move(seconds=100)
    tick(lake)
    assert runs(api, "few") == [("arrival", "succeeded")]


def test_files_that_never_cease_wait_no_longer_than_allowed(
    api: Any, lake: Any, clock: MovedClock, deliver: Deliver
) -> None:
    source = register(api, "ever_raw", namespace="quiet")
    define(api, "ever", source, "quiet.ever", triggers=[QUIET])
    begun = clock.now
    seen = []
    for n in range(11):
        drop(api, deliver, source, f"n\n{n}\n", f"{n}.csv")
        tick(lake)
        seen.append(((clock.now - begun).total_seconds(), [state for _, state in runs(api, "ever")]))
        clock.move(seconds=10)
    assert all(states == ["queued"] for at, states in seen if at < 100)
    assert seen[10] == (100, ["succeeded"])
    clock.move(seconds=300)
    tick(lake)
    assert select(lake, 'SELECT count(*) FROM "quiet"."ever"') == [(11,)]


def test_a_reader_wakes_a_run_whose_quiet_is_over(api: Any, clock: MovedClock, deliver: Deliver) -> None:
    source = register(api, "woken_raw", namespace="quiet")
    define(api, "woken", source, "quiet.woken", triggers=[QUIET])
    drop(api, deliver, source, "n\n1\n")
    (only,) = api.get("/v1/jobs/woken/runs").json()["items"]
    assert datetime.fromisoformat(only["waits_until"]) == clock.now + timedelta(seconds=30)
    clock.move(seconds=31)
    answer = api.get(f"/v1/runs/{only['id']}", headers={"Prefer": "wait=25"})
    assert answer.json()["state"] == "succeeded"


def test_a_run_by_hand_goes_before_one_that_waits_for_quiet(
    api: Any, lake: Any, clock: MovedClock, deliver: Deliver
) -> None:
    source = filled(api, deliver, "hand_raw", namespace="quiet")
    define(api, "hand", source, "quiet.hand", triggers=[QUIET])
    drop(api, deliver, source, "carrier,flight,month,delay\nUA,9,1,2.5\n", "b.csv")
    by_hand = api.post("/v1/jobs/hand/runs", headers={"Prefer": "wait=25"}).json()
    assert (by_hand["state"], by_hand["statistics"]["rows"]) == ("succeeded", 5)
    assert runs(api, "hand") == [("arrival", "queued"), ("manual", "succeeded")]
    clock.move(seconds=31)
    tick(lake)
    (arrival,) = [one for one in api.get("/v1/jobs/hand/runs").json()["items"] if one["trigger"] == "arrival"]
    assert (arrival["state"], arrival["reused"]) == ("succeeded", True)


def test_runs_by_hand_do_not_keep_back_one_that_was_quiet(
    api: Any, lake: Any, clock: MovedClock, deliver: Deliver
) -> None:
    source = filled(api, deliver, "turn_raw", namespace="quiet")
    define(api, "turn", source, "quiet.turn", triggers=[QUIET])
    with Faults(lake).busy():
        api.post("/v1/jobs/turn/runs", json={"force": True})
        events.tick(lake)
        drop(api, None, source, "carrier,flight,month,delay\nUA,9,1,2.5\n", "b.csv")
        while deliver_once(lake)[0]:
            pass
        clock.move(seconds=31)
        api.post("/v1/jobs/turn/runs", json={"force": True})
    queue = lake.runs._store.queues.get("main", "turn")
    assert queue.waiting[0] == queue.arrivals[0]
    tick(lake)
    ended = sorted(api.get("/v1/jobs/turn/runs").json()["items"], key=lambda one: one["started_at"])
    assert [one["trigger"] for one in sorted(ended, key=lambda one: one["id"])] == ["manual", "arrival", "manual"]
    assert {one["state"] for one in ended} == {"succeeded"}


def test_a_resumed_job_with_a_quiet_period_catches_up(api: Any, lake: Any, clock: MovedClock, deliver: Deliver) -> None:
    source = register(api, "slept_raw", namespace="quiet")
    define(api, "slept", source, "quiet.slept", triggers=[QUIET])
    api.post("/v1/jobs/slept/pause")
    drop(api, deliver, source, "a\n5\n")
    clock.move(seconds=500)
    tick(lake)
    assert runs(api, "slept") == []
    api.post("/v1/jobs/slept/resume")
    clock.move(seconds=31)
    tick(lake)
    assert runs(api, "slept") == [("arrival", "succeeded")]


@pytest.mark.parametrize(
    ("trigger", "pointer"),
    [
        ({"quiet_seconds": 3601}, "/triggers/0/quiet_seconds"),
        ({"quiet_seconds": -1}, "/triggers/0/quiet_seconds"),
        ({"quiet_seconds": 30, "max_wait_seconds": 29}, "/triggers/0"),
        ({"max_wait_seconds": 29}, "/triggers/0"),
    ],
)
def test_a_quiet_period_that_cannot_be_kept_is_refused(api: Any, trigger: dict[str, int], pointer: str) -> None:
    target = {"namespace": "quiet", "name": "bad"}
    body = {"name": "bad", "sources": ["quiet.x"], "target": target, "triggers": [{"type": "arrival", **trigger}]}
    answer = api.post("/v1/jobs", json=body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_many_workers_who_hear_of_many_files_at_once_queue_one_run(
    api: Any, lake: Any, settings: Any, clock: MovedClock, deliver: Deliver
) -> None:
    source = filled(api, deliver, "storm_raw", namespace="quiet")
    define(api, "storm", source, "quiet.storm", triggers=[QUIET])
    lakes = [build_lake(settings, clock=clock) for _ in range(4)]
    for one in lakes:
        one.build()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: one.runs.on_arrival_of_file("main", source), lakes * 50))
    assert runs(api, "storm") == [("arrival", "queued")]
    (waiting,) = [one for one in lake.runs._store.open(1000, None).items if one.job == "storm"]
    assert waiting.revision == 1
    clock.move(seconds=31)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(events.tick, lakes))
    tick(lake)
    assert runs(api, "storm") == [("arrival", "succeeded")]
