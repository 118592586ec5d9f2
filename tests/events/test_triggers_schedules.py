"""Schedules: each due time starts one run, whoever ticks, however often, whatever the clock says."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.bootstrap import build_lake
from app.events import tick as plain_tick
from tests.api.lakework import Deliver, define, filled
from tests.aws_faults import Crash, Faults
from tests.events.ticking import MovedClock, count, runs, tick

DAILY = {"type": "schedule", "expression": "cron(0 6 * * ? *)"}
QUARTERLY = {"type": "schedule", "expression": "rate(15 minutes)"}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="module")
def lake(settings: Any, clock: MovedClock) -> Any:
    return build_lake(settings, clock=clock)


@pytest.fixture(scope="module")
def source(api: Any, deliver: Deliver) -> str:
    return filled(api, deliver, "clocked_raw", namespace="tick")


@pytest.fixture(autouse=True)
def _later(clock: MovedClock) -> None:
    """Every test has days of its own."""
    clock.set("2027-03-01T12:00")


@pytest.fixture
def job(api: Any, source: str) -> Iterator[Any]:
    """Defines a job that ends with the test: others' clocks stand elsewhere."""
    made: list[str] = []

    def defined(*triggers: dict[str, Any]) -> str:
        name = f"job-{next(_numbers)}"
        define(api, name, source, f"tick.{name.replace('-', '_')}", triggers=list(triggers))
        made.append(name)
        return name

    yield defined
    for name in made:
        etag = api.get(f"/v1/jobs/{name}").headers["etag"]
        assert api.delete(f"/v1/jobs/{name}", headers={"If-Match": etag}).status_code == 204


def next_of(api: Any, name: str) -> Any:
    return api.get(f"/v1/jobs/{name}").json()["next_run_at"]


def patched(api: Any, name: str, **changes: Any) -> Any:
    etag = api.get(f"/v1/jobs/{name}").headers["etag"]
    answer = api.patch(f"/v1/jobs/{name}", json=changes, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_job_runs_when_its_schedule_is_due(api: Any, lake: Any, clock: MovedClock, job: Any) -> None:
    name = job({**DAILY, "timezone": "Europe/Berlin"})
    assert next_of(api, name) == "2027-03-02T05:00:00Z"
    (listed,) = [one for one in api.get("/v1/jobs").json()["items"] if one["name"] == name]
    assert listed["next_run_at"] == "2027-03-02T05:00:00Z"
    clock.set("2027-03-02T04:59:59")
    tick(lake)
    assert runs(api, name) == []
    clock.set("2027-03-02T05:00:00")
    tick(lake)
    assert runs(api, name) == [("schedule", "succeeded")]
    (only,) = api.get(f"/v1/jobs/{name}/runs").json()["items"]
    assert only["created_by"] == "headgate:schedule"
    assert next_of(api, name) == "2027-03-03T05:00:00Z"
    tick(lake)
    assert count(api, name) == 1


def test_two_schedules_of_a_job_are_each_due(api: Any, lake: Any, clock: MovedClock, job: Any) -> None:
    name = job(DAILY, {"type": "schedule", "expression": "cron(30 6 ? * TUE *)"})
    clock.set("2027-03-02T06:00")
    tick(lake)
    assert next_of(api, name) == "2027-03-02T06:30:00Z"
    clock.set("2027-03-02T06:30")
    tick(lake)
    assert count(api, name) == 2
    assert next_of(api, name) == "2027-03-03T06:00:00Z"


def test_what_was_missed_is_made_up_for_once(api: Any, lake: Any, clock: MovedClock, job: Any) -> None:
    name = job(QUARTERLY)
    clock.move(days=3, minutes=7)
    tick(lake)
    assert count(api, name) == 1
    assert next_of(api, name) == "2027-03-04T12:15:00Z"


@pytest.mark.parametrize("minutes", [15, -15])
def test_a_clock_that_jumps_meets_no_due_time_twice(
    api: Any, lake: Any, clock: MovedClock, job: Any, minutes: int
) -> None:
    name = job(DAILY)
    clock.set("2027-03-02T05:55")
    seen = []
    for step in range(60):  # an hour around the due time; every other look is by a clock that is wrong
        jump = minutes if step % 2 else 0
        clock.move(minutes=jump)
        plain_tick(lake)
        clock.move(minutes=1 - jump)
        seen.append(count(api, name))
    assert seen[-1] == 1
    assert next_of(api, name) == "2027-03-03T06:00:00Z"


def test_many_who_tick_at_once_start_one_run(api: Any, lake: Any, settings: Any, clock: MovedClock, job: Any) -> None:
    names = [job(DAILY) for _ in range(4)]
    lakes = [build_lake(settings, clock=clock) for _ in range(4)]
    for one in lakes:
        one.build()
    for day in range(2, 5):
        clock.set(f"2027-03-0{day}T06:00")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(plain_tick, lakes * 2))
        tick(lake)
        assert [count(api, name) for name in names] == [day - 1] * 4


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_ticker_that_dies_at_any_write_loses_and_doubles_nothing(
    api: Any, lake: Any, settings: Any, clock: MovedClock, job: Any, *, is_after: bool
) -> None:
    name = job(QUARTERLY)
    dying = build_lake(settings, clock=clock)
    for number in range(1, 4):
        clock.move(minutes=15)
        with Faults(dying).dying_at(number, is_after=is_after), pytest.raises(Crash):
            plain_tick(dying)
        clock.move(minutes=2)  # the dead one's lease is over
        tick(lake)
        assert runs(api, name) == [("schedule", "succeeded")] * number


def test_a_run_that_has_not_begun_will_do_for_the_next_due_time(
    api: Any, lake: Any, clock: MovedClock, job: Any
) -> None:
    name = job(QUARTERLY)
    with Faults(lake).busy():
        api.post(f"/v1/jobs/{name}/runs", json={"force": True})
        plain_tick(lake)
        for _ in range(5):
            clock.move(minutes=15)
            plain_tick(lake)
    tick(lake)
    assert runs(api, name) == [("manual", "succeeded"), ("schedule", "succeeded")]


def test_a_paused_job_is_not_started_and_goes_on_with_the_next_time(
    api: Any, lake: Any, clock: MovedClock, job: Any
) -> None:
    name = job(QUARTERLY)
    clock.move(minutes=4)
    assert api.post(f"/v1/jobs/{name}/pause").json()["next_run_at"] is None
    clock.move(minutes=40)
    tick(lake)
    assert count(api, name) == 0
    assert api.post(f"/v1/jobs/{name}/resume").json()["next_run_at"] == "2027-03-01T12:45:00Z"  # its own grid
    tick(lake)
    assert count(api, name) == 0
    clock.move(minutes=1)
    tick(lake)
    assert count(api, name) == 1


def test_who_resumes_a_job_by_a_clock_that_is_slow_meets_no_due_time_again(
    api: Any, lake: Any, clock: MovedClock, job: Any
) -> None:
    name = job(DAILY)
    clock.set("2027-03-02T06:00")
    tick(lake)
    api.post(f"/v1/jobs/{name}/pause")
    clock.move(minutes=-15)
    assert api.post(f"/v1/jobs/{name}/resume").json()["next_run_at"] == "2027-03-03T06:00:00Z"


def test_a_changed_schedule_is_due_anew_and_an_unchanged_one_keeps_its_time(
    api: Any, lake: Any, clock: MovedClock, job: Any
) -> None:
    name = job(QUARTERLY)
    clock.move(minutes=7)
    assert patched(api, name, description="x")["next_run_at"] == "2027-03-01T12:15:00Z"
    assert patched(api, name, triggers=[QUARTERLY, DAILY])["next_run_at"] == "2027-03-01T12:15:00Z"
    assert patched(api, name, triggers=[DAILY])["next_run_at"] == "2027-03-02T06:00:00Z"
    assert patched(api, name, triggers=[])["next_run_at"] is None
    clock.move(days=2)
    tick(lake)
    assert count(api, name) == 0
    patched(api, name, triggers=[DAILY])
    api.post(f"/v1/jobs/{name}/pause")
    assert patched(api, name, triggers=[QUARTERLY])["next_run_at"] is None  # paused as the job is
    assert api.post(f"/v1/jobs/{name}/resume").json()["next_run_at"] == "2027-03-03T12:22:00Z"


def test_the_schedule_of_a_deleted_job_is_gone(api: Any, lake: Any, clock: MovedClock, source: str) -> None:
    define(api, "gone", source, "tick.gone", triggers=[DAILY])
    assert api.delete("/v1/jobs/gone", headers={"If-Match": '"1"'}).status_code == 204
    assert lake.schedules._store.due(clock.now.replace(year=2030)).items == ()
    define(api, "gone", source, "tick.gone", triggers=[DAILY])
    api.delete("/v1/jobs/gone", headers={"If-Match": '"1"'})


def test_a_change_meets_no_conflict_because_the_schedule_fired(
    api: Any, lake: Any, settings: Any, clock: MovedClock, job: Any
) -> None:
    name = job(QUARTERLY)
    other = build_lake(settings, clock=clock)
    has_fired: list[bool] = []

    def fire(model: Any = None, **_: Any) -> None:
        if model.name == "TransactWriteItems" and not has_fired:
            has_fired.append(True)
            clock.move(minutes=15)
            plain_tick(other)

    lake.aws.dynamodb.meta.events.register("before-call.dynamodb", fire)
    try:
        assert patched(api, name, triggers=[DAILY])["triggers"][0]["expression"] == DAILY["expression"]
    finally:
        lake.aws.dynamodb.meta.events.unregister("before-call.dynamodb", fire)
    assert has_fired
    tick(lake)
    assert runs(api, name) == [("schedule", "succeeded")]
    clock.move(hours=5)
    tick(lake)
    assert count(api, name) == 1


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ({"expression": "cron(0 6 * * * *)"}, "must be ?"),
        ({"expression": "cron(0 25 * * ? *)"}, "hours: 25 is not 0-23"),
        ({"expression": "rate(1 minutes)"}, "rate(1 minute)"),
        ({"expression": "cron(0 6 * * ? *)", "timezone": "Mars/Olympus"}, "no time zone"),
    ],
)
def test_a_bad_schedule_is_refused_with_its_place(api: Any, source: str, trigger: dict[str, str], words: str) -> None:
    body = {
        "name": "bad",
        "sources": [source],
        "target": {"namespace": "tick", "name": "bad"},
        "triggers": [{"type": "manual"}, {"type": "schedule", **trigger}],
    }
    answer = api.post("/v1/jobs", json=body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert words in error["detail"]
    place = "timezone" if "timezone" in trigger else "expression"
    assert error["pointer"] == f"/triggers/1/{place}"
    twice = api.post("/v1/jobs", json={**body, "triggers": [DAILY, {**DAILY, "timezone": "UTC"}]})
    assert "once" in twice.json()["errors"][0]["detail"]
