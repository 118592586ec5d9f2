"""Athena's limits: quotas that are shared, throttling, and statements that run too long."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from app import events
from app.bootstrap import build_lake
from app.domain.access import Principal
from app.domain.errors import HeadgateError
from app.sql.ctas import partitions_each
from local.stack import Stack
from tests.api.lakework import Deliver, define, drop, ended, filled, run, select
from tests.athena_faults import Order, orders
from tests.aws_faults import Crash, Faults
from tests.isolation import isolated_settings

ME = Principal(id="test", tenant="main", scopes=frozenset())
EIGHT = "k,n\n" + "".join(f"{n % 8},{n}\n" for n in range(80))
TOO_LONG = {"category": 1, "type": 210, "retryable": True, "message": "Query timeout"}


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(stack, run_lease_seconds=0, athena_active_queries=5, athena_reserved_queries=3)


@pytest.fixture
def order(stack: Stack) -> Iterator[Order]:
    """Orders a fault of Athena at the stack's control door; all are forgotten afterwards."""

    with orders(stack) as order:
        yield order


@pytest.fixture(autouse=True)
def nobody_left(lake: Any) -> Iterator[None]:
    """A test that fails leaves no run at Athena or in line to those after it."""
    yield
    share = lake._permits._store.get()
    for place in (*share.taken, *share.waiting):
        with suppress(HeadgateError):
            lake.runs.cancel(ME, place.run)


def state_of(lake: Any, run_id: str) -> Any:
    return lake.runs._store.get("main", run_id)


def purposes(lake: Any, run_id: str) -> list[str]:
    return [one.purpose for one in state_of(lake, run_id).executions]


def until_over(lake: Any, run_id: str) -> Any:
    for _ in range(400):
        current = lake.runs.advance("main", run_id)
        if current.is_over:
            return current
        time.sleep(0.05)
    raise AssertionError(f"the run does not end: {current}")


# A share of Athena's quota


@pytest.fixture(scope="module")
def many(api: Any, deliver: Deliver) -> list[str]:
    """Jobs that can run at once."""
    source = filled(api, deliver, "many_raw", namespace="cap")
    for n in range(6):
        define(api, f"many{n}", source, f"cap.many{n}")
    return [f"many{n}" for n in range(6)]


def open_runs(lake: Any, ids: list[str]) -> list[str]:
    return [one for one in ids if state_of(lake, one).open_execution is not None]


def ticked(lake: Any, ids: list[str], limit: int) -> None:
    """Ticks until all are over; Athena never has more of them than it may."""
    for _ in range(200):
        events.tick(lake)
        assert len(open_runs(lake, ids)) <= limit
        if all(state_of(lake, one).is_over for one in ids):
            return
        time.sleep(0.05)
    raise AssertionError([state_of(lake, one) for one in ids])


def started(lake: Any, jobs: list[str]) -> list[str]:
    """Forced runs, each taken as far as it goes."""
    ids = [lake.runs.start(ME, job, is_forced=True).id for job in jobs]
    for one in ids:
        lake.runs.advance("main", one)
    return ids


def test_runs_leave_the_reserved_share_to_people_and_wait_in_line(
    api: Any, lake: Any, many: list[str], order: Order
) -> None:
    order(query={"contains": "CREATE TABLE"}, hang=True, count=3)
    ids = started(lake, many)
    assert open_runs(lake, ids) == ids[:2]
    waiting = [state_of(lake, one) for one in ids[2:]]
    assert [(one.is_in_line, one.setbacks, one.executions) for one in waiting] == [(True, 0, ())] * 4
    query = api.post("/v1/queries", json={"sql": "SELECT 'people' AS a"}, headers={"Prefer": "wait=20"})
    assert query.json()["state"] == "succeeded"
    events.tick(lake)
    assert open_runs(lake, ids) == ids[:2], "who hangs keeps the permit"
    lake.athena.stop(state_of(lake, ids[0]).open_execution.id)
    assert until_over(lake, ids[0]).error.code == "athena_cancelled"
    assert state_of(lake, ids[2]).executions, "the first in line was woken, without a tick"
    assert not state_of(lake, ids[3]).executions
    for one in ids[1:3]:
        lake.runs.cancel(ME, one)
    ticked(lake, ids, limit=2)
    ended_as = [state_of(lake, one).state.value for one in ids]
    assert ended_as == ["failed", "cancelled", "cancelled", *["succeeded"] * 3]
    assert (lake._permits._store.get().taken, lake._permits._store.get().waiting) == ((), ())


def test_a_run_that_is_cancelled_in_line_leaves_it(lake: Any, many: list[str], order: Order) -> None:
    order(query={"contains": "CREATE TABLE"}, hang=True, count=2)
    ids = started(lake, many[:4])
    assert lake.runs.cancel(ME, ids[2]).state == "cancelled"
    assert [one.run for one in lake._permits._store.get().waiting] == [ids[3]]
    for one in ids[:2]:
        lake.runs.cancel(ME, one)
    ticked(lake, ids, limit=2)
    assert state_of(lake, ids[3]).state == "succeeded"


def test_permits_of_the_dead_are_found_and_given_to_those_who_wait(lake: Any, many: list[str]) -> None:
    gone = state_of(lake, started(lake, many[:1])[0])
    done = until_over(lake, gone.id)
    lake._permits.take(done, "it is over")
    lake._permits.take(done.model_copy(update={"id": "never-stored"}), "nobody knows it")
    ids = started(lake, many[:2])
    assert open_runs(lake, ids) == []
    assert {one.run for one in lake._permits._store.get().taken} == {done.id, "never-stored"}
    ticked(lake, ids, limit=2)
    assert {state_of(lake, one).state for one in ids} == {"succeeded"}
    assert lake._permits._store.get().taken == ()


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_crash_around_a_statement_neither_leaks_a_permit_nor_doubles_the_statement(
    lake: Any, many: list[str], stack: Stack, settings: Any, *, is_after: bool
) -> None:
    narrow = settings.model_copy(update={"athena_active_queries": 4})  # one for runs
    dying, well = build_lake(narrow), build_lake(narrow)
    for number in range(2, 9):
        made = dying.runs.start(ME, many[0], is_forced=True)
        with Faults(dying).dying_at(number, is_after=is_after) as seen, pytest.raises(Crash):
            until_over(dying, made.id)
        other = started(well, many[1:2])[0]
        ticked(well, [made.id, other], limit=1)
        assert [purposes(lake, one) for one in (made.id, other)] == [["create", "gate"]] * 2, (number, seen)
        assert {state_of(lake, one).state for one in (made.id, other)} == {"succeeded"}
        assert lake._permits._store.get().taken == ()


# Athena is busy, or down


@contextmanager
def refusing(lake: Any, code: str) -> Iterator[list[str]]:
    """Athena refuses every start; what was sent."""
    sent: list[str] = []

    def refuse(request: Any, **_: Any) -> AWSResponse:
        sent.append(request.url)
        status = 500 if code == "InternalServerException" else 400
        response = AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.1"}, None)
        response._content = json.dumps({"__type": code, "message": "no"}).encode()
        return response

    events = lake.aws.athena.meta.events
    events.register_first("before-send.athena.StartQueryExecution", refuse)
    try:
        yield sent
    finally:
        events.unregister("before-send.athena.StartQueryExecution", refuse)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException"])
def test_whoever_asks_a_busy_athena_hears_so_at_once(api: Any, lake: Any, code: str) -> None:
    with refusing(lake, code) as sent:
        answer = api.post("/v1/queries", json={"sql": f"SELECT '{code}' AS a"})
    assert (answer.status_code, answer.json()["state"], answer.headers["retry-after"]) == (202, "queued", "1")
    assert len(sent) <= 2, "botocore does not try again; the start, and the look that answers"
    over = api.get(answer.headers["location"], headers={"Prefer": "wait=20"})
    assert over.json()["state"] == "succeeded", "what was admitted is done"


def test_whoever_asks_an_athena_that_is_down_hears_when_to_come_back(api: Any, lake: Any) -> None:
    with refusing(lake, "InternalServerException") as sent:
        answer = api.post("/v1/queries", json={"sql": "SELECT 'down' AS a"})
    assert (answer.status_code, answer.json()["code"]) == (503, "backend_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert len(sent) == 2, "one more try, for an answer that got lost"


def test_a_busy_athena_never_ends_a_run_and_one_that_is_down_does(
    api: Any, lake: Any, deliver: Deliver, settings: Any
) -> None:
    source = filled(api, deliver, "patient_raw", namespace="cap")
    define(api, "patient", source, "cap.patient")
    lakes = {code: build_lake(settings, jitter=lambda: 0.0) for code in ("TooManyRequestsException", "ValidationError")}
    for code, hasty in lakes.items():
        made = hasty.runs.start(ME, "patient", is_forced=True)
        with refusing(hasty, code):
            for _ in range(40):
                hasty.runs.advance("main", made.id)
        if code == "TooManyRequestsException":
            assert (state_of(lake, made.id).setbacks, state_of(lake, made.id).state) == (40, "running")
            assert until_over(hasty, made.id).state == "succeeded"
        else:
            assert state_of(lake, made.id).error.code == "backend_unavailable"


def test_setbacks_wait_a_random_share(api: Any, deliver: Deliver, settings: Any) -> None:
    source = filled(api, deliver, "share_raw", namespace="cap")
    define(api, "share", source, "cap.share")
    now = datetime(2030, 1, 1, tzinfo=UTC)
    lake = build_lake(settings, clock=lambda: now, jitter=lambda: 0.25)
    made = lake.runs.start(ME, "share")
    waits = []
    with refusing(lake, "ThrottlingException"):
        for _ in range(4):
            now = lake.runs.advance("main", made.id).not_before
            waits.append(now)
    assert [(b - a).total_seconds() for a, b in pairwise(waits)] == [0.25, 0.5, 1.0]
    lake.runs.cancel(ME, made.id)  # who waits for Athena keeps its permit


# Statements that run too long


def test_a_write_that_runs_too_long_is_split_by_partitions(api: Any, lake: Any, deliver: Deliver, order: Order) -> None:
    source = filled(api, deliver, "long_raw", EIGHT, namespace="cap")
    define(api, "long", source, "cap.long", layout={"partition_by": ["k"]})
    order(query={"contains": "long__v"}, fail=TOO_LONG)
    first = run(api, "long")
    assert purposes(lake, first["id"]) == ["create", "partitions", "create", *["insert"] * 3, "gate"]
    assert select(lake, 'SELECT count(*), sum(n), count(DISTINCT k) FROM "cap"."long"') == [(80, 3160, 8)]
    again = run(api, "long", force=True)
    assert purposes(lake, again["id"]) == ["partitions", "create", "gate"], "who forces tries the whole again"


def test_the_next_run_begins_with_statements_of_the_size_that_worked(
    api: Any, lake: Any, deliver: Deliver, order: Order
) -> None:
    source = filled(api, deliver, "later_raw", EIGHT, namespace="cap")
    define(api, "later", source, "cap.later", layout={"partition_by": ["k"]})
    order(query={"contains": "later__v"}, fail=TOO_LONG)
    run(api, "later")
    drop(api, deliver, source, "k,n\n1,1000\n", "b.csv")
    done = run(api, "later")
    assert purposes(lake, done["id"]) == ["partitions", "create", *["insert"] * 3, "gate"]
    assert select(lake, 'SELECT count(*) FROM "cap"."later"') == [(81,)]


def test_what_is_too_long_in_its_smallest_parts_says_so(api: Any, lake: Any, deliver: Deliver, order: Order) -> None:
    source = filled(api, deliver, "endless_raw", EIGHT, namespace="cap")
    define(api, "endless", source, "cap.endless", layout={"partition_by": ["k"]})
    order(query={"contains": "endless__v"}, fail=TOO_LONG, count="always")
    done = ended(api, "endless")
    assert (done["state"], done["error"]["code"], done["error"]["step"]) == ("failed", "athena_timeout", "write")
    assert done["error"]["athena_execution_id"] == done["athena_execution_ids"][-1]
    assert "artition" in done["error"]["remedy"]
    assert purposes(lake, done["id"]) == ["create", "partitions", "create", "partitions", "create"]
    assert list(lake.objects.list(lake.settings.curated_bucket, "main/cap/endless/")) == []


@pytest.mark.parametrize("layout", [{}, {"partition_by": ["k"], "bucket_by": ["n"], "bucket_count": 2}])
def test_what_cannot_be_split_fails_at_once(api: Any, deliver: Deliver, order: Order, layout: dict[str, Any]) -> None:
    name = f"whole{len(layout)}"
    source = filled(api, deliver, f"{name}_raw", EIGHT, namespace="cap")
    define(api, name, source, f"cap.{name}", layout=layout)
    order(query={"contains": f"{name}__v"}, fail=TOO_LONG)
    done = ended(api, name)
    assert (done["state"], done["error"]["code"], done["attempt"]) == ("failed", "athena_timeout", 1)
    assert run(api, name)["statistics"]["rows"] == 80


def test_the_only_partition_is_not_tried_again_as_it_was(api: Any, lake: Any, deliver: Deliver, order: Order) -> None:
    source = filled(api, deliver, "sole_raw", "k,n\n1,1\n1,2\n", namespace="cap")
    define(api, "sole", source, "cap.sole", layout={"partition_by": ["k"]})
    order(query={"contains": "sole__v"}, fail=TOO_LONG)
    done = ended(api, "sole")
    assert (done["error"]["code"], purposes(lake, done["id"])) == ("athena_timeout", ["create", "partitions"])


def test_a_hundred_partitions_become_25_then_6_then_one() -> None:
    assert [partitions_each(5_000, splits) for splits in range(6)] == [100, 25, 6, 1, 1, 1]
    assert [partitions_each(8, splits) for splits in range(3)] == [8, 2, 1]
