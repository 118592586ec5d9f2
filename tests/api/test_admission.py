"""What one principal's queries may take at once and in a day, and those that nobody waits for any more."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from app import events
from app.bootstrap import build_lake
from app.domain.access import Principal
from app.domain.queries import NewQuery
from local.stack import Stack
from tests.athena_faults import orders
from tests.aws_faults import Crash, Faults
from tests.clock import Clock
from tests.isolation import isolated_settings

LEASE = 600
DAILY = 10_000


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    return isolated_settings(
        stack,
        principal_active_queries=2,
        principal_waiting_queries=2,
        principal_daily_bytes=DAILY,
        query_lease_seconds=LEASE,
    )


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def lake(settings: Any, clock: Clock) -> Any:
    return build_lake(settings, clock=clock)


@pytest.fixture
def hang(stack: Stack, lake: Any) -> Iterator[Callable[..., None]]:
    """The next queries that hold a text run until they are stopped, which the end of the test does."""

    with orders(stack) as order:
        yield lambda text, count=1: order(query={"contains": text}, hang=True, count=count)
    for allowance in lake._allowances.asking():
        for place in allowance.places:
            lake.queries.stop(allowance.tenant, place.query)
            lake.queries.advance(allowance.tenant, place.query)
    assert list(lake._allowances.asking()) == []


def started(api: Any, sql: str) -> dict[str, Any]:
    answer = api.post("/v1/queries", json={"sql": sql})
    assert answer.status_code in {201, 202}, answer.text
    return dict(answer.json())


def looked(api: Any, query: dict[str, Any]) -> dict[str, Any]:
    return dict(api.get(f"/v1/queries/{query['id']}", headers={"Prefer": "wait=10"}).json())


def is_at_athena(api: Any, query: dict[str, Any]) -> bool:
    return api.get(f"/v1/queries/{query['id']}").json()["athena_execution_id"] is not None


def test_more_than_a_share_wait_in_line_and_more_than_the_line_are_refused(api: Any, lake: Any, hang: Any) -> None:
    hang("'held'", 2)
    held = [started(api, f"SELECT 'held' AS a, {n} AS n") for n in range(2)]
    waiting = [started(api, f"SELECT 'waits' AS a, {n} AS n") for n in range(2)]
    assert [is_at_athena(api, one) for one in (*held, *waiting)] == [True, True, False, False]
    refused = api.post("/v1/queries", json={"sql": "SELECT 'too many' AS a"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["retryable"] is True
    other = {"x-api-key": lake.identity.ensure_admin_key("other")}
    answer = api.post("/v1/queries", json={"sql": "SELECT 'other' AS a"}, headers={**other, "Prefer": "wait=20"})
    assert answer.json()["state"] == "succeeded", "another's line is not mine"
    api.post(f"/v1/queries/{held[0]['id']}/cancel")
    assert looked(api, held[0])["state"] == "cancelled"
    assert is_at_athena(api, waiting[0]), "begun by the end of the other, without a look"
    assert [looked(api, one)["state"] for one in waiting] == ["succeeded", "succeeded"]


def test_those_who_ask_the_same_at_once_scan_once(api: Any, lake: Any) -> None:
    answers: list[Any] = []
    body = {"sql": "SELECT 'same' AS a"}

    def asked() -> None:
        answers.append(api.post("/v1/queries", json=body, headers={"Prefer": "wait=25"}))

    threads = [threading.Thread(target=asked) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(one.status_code, one.json()["state"]) for one in answers] == [(201, "succeeded")] * 30
    assert len({one.json()["id"] for one in answers}) == 30
    assert len({one.json()["athena_execution_id"] for one in answers}) == 1
    assert sorted(one.json()["statistics"]["reused"] for one in answers) == [False, *[True] * 29]
    rows = [api.get(f"/v1/queries/{one.json()['id']}/results").json()["rows"] for one in answers[:3]]
    assert rows == [[["same"]]] * 3


def test_an_answer_that_comes_between_two_looks_for_it_is_taken(api: Any, lake: Any) -> None:
    first, looks = started(api, "SELECT 'between' AS a"), 0

    def end_the_first(params: dict[str, Any], **_: Any) -> None:
        nonlocal looks
        if b"#ANSWER#" in params["body"]:
            looks += 1
            while looks == 2 and not lake.queries.advance("main", first["id"]).is_over:
                time.sleep(0.02)

    event = "before-call.dynamodb.GetItem"
    lake.aws.dynamodb.meta.events.register(event, end_the_first)
    try:
        second = started(api, "SELECT 'between' AS a")
    finally:
        lake.aws.dynamodb.meta.events.unregister(event, end_the_first)
    over = looked(api, second)
    assert (over["state"], over["statistics"]["reused"]) == ("succeeded", True)
    assert over["athena_execution_id"] == looked(api, first)["athena_execution_id"]


def test_who_follows_a_query_that_is_cancelled_asks_itself(api: Any, hang: Any) -> None:
    hang("'followed'", 1)
    leader, follower = (started(api, "SELECT 'followed' AS a") for _ in range(2))
    assert [is_at_athena(api, one) for one in (leader, follower)] == [True, False]
    api.post(f"/v1/queries/{leader['id']}/cancel")
    assert looked(api, leader)["state"] == "cancelled"
    over = looked(api, follower)
    assert (over["state"], over["statistics"]["reused"]) == ("succeeded", False)


def test_who_follows_keeps_the_other_going(api: Any, lake: Any, hang: Any, clock: Clock) -> None:
    hang("'led'", 1)
    leader, follower = (started(api, "SELECT 'led' AS a") for _ in range(2))
    for _ in range(3):
        clock.ahead += timedelta(seconds=LEASE / 2)
        api.get(f"/v1/queries/{follower['id']}")
        events.tick(lake)
    assert lake.queries.find("main", leader["id"]).state == "running"
    clock.ahead += timedelta(seconds=LEASE + 1)
    events.tick(lake)
    assert looked(api, leader)["error"]["code"] == "query_cancelled"


def test_who_notes_a_query_and_dies_holds_nobody_up(api: Any, lake: Any, settings: Any, clock: Clock) -> None:
    dying = build_lake(settings, clock=clock)
    who = Principal(id="key:dies", tenant="main", scopes=frozenset())
    with Faults(dying).dying_at(1, is_after=True), pytest.raises(Crash):
        dying.queries.ask(who, NewQuery(sql="SELECT 'noted' AS a"))
    follower = started(api, "SELECT 'noted' AS a")
    assert looked(api, follower)["state"] == "queued"
    clock.ahead += timedelta(seconds=31)
    assert looked(api, follower)["state"] == "succeeded"


def test_an_answer_that_is_not_remembered_yet_is_found(lake: Any, settings: Any, clock: Clock) -> None:
    dying = build_lake(settings, clock=clock)
    who = Principal(id="key:forgets", tenant="main", scopes=frozenset())

    def over(lake: Any, new: NewQuery, query_id: str | None = None) -> Any:
        query = lake.queries.ask(who, new, query_id)
        while not query.is_over:
            time.sleep(0.02)
            query = lake.queries.get(who, query.id)
        return query

    crashed_after_the_end = 0
    for number in range(1, 10):
        new, first_id = NewQuery(sql=f"SELECT 'forgotten {number}' AS a"), lake.queries.new_id()
        with Faults(dying).dying_at(number, is_after=False), suppress(Crash):
            over(dying, new, first_id)
            break
        first = lake.queries.find("main", first_id)
        if first is not None and first.result is not None:
            crashed_after_the_end += 1
            assert over(lake, new).statistics.reused, number
        clock.ahead += timedelta(seconds=LEASE + 1)
        events.tick(lake)
        over(lake, new, first_id)
        assert list(lake._allowances.asking()) == [], f"{number}: who asked again for what is over took a place"
    assert crashed_after_the_end > 0


def test_of_two_who_ask_under_one_id_only_the_one_that_asked_has_a_place(lake: Any, hang: Any) -> None:
    """A saved query's: it was noted, and several find it not asked yet."""
    first, second = (Principal(id=f"key:{name}", tenant="main", scopes=frozenset()) for name in ("quick", "slow"))
    hang("'one id'")
    new, query_id = NewQuery(sql="SELECT 'one id' AS a"), lake.queries.new_id()
    assert lake.queries.ask(first, new, query_id).id == lake.queries.ask(second, new, query_id).id
    assert {one.principal for one in lake._allowances.asking()} == {"key:quick"}


def test_a_place_that_was_taken_for_anothers_query_is_found_by_the_tick(lake: Any, settings: Any, clock: Clock) -> None:
    first, second = (Principal(id=f"key:{name}", tenant="main", scopes=frozenset()) for name in ("owns", "dies"))
    new, query_id = NewQuery(sql="SELECT 'taken and left' AS a, random() AS b"), lake.queries.new_id()
    lake.queries.ask(first, new, query_id)
    dying = build_lake(settings, clock=clock)
    with Faults(dying).dying_at(1, is_after=True), pytest.raises(Crash):
        dying.queries.ask(second, new, query_id)
    assert {one.principal for one in lake._allowances.asking()} == {"key:owns", "key:dies"}
    while not lake.queries.advance("main", query_id).is_over:
        time.sleep(0.02)
    clock.ahead += timedelta(seconds=LEASE + 1)
    events.tick(lake)
    assert list(lake._allowances.asking()) == []


def test_a_query_in_line_can_be_cancelled(api: Any, hang: Any) -> None:
    hang("'holds'", 2)
    held = [started(api, f"SELECT 'holds' AS a, {n} AS n") for n in range(2)]
    waiting = [started(api, f"SELECT 'later' AS a, {n} AS n") for n in range(2)]
    api.post(f"/v1/queries/{waiting[0]['id']}/cancel")
    assert looked(api, waiting[0])["state"] == "cancelled"
    api.post(f"/v1/queries/{held[1]['id']}/cancel")
    assert looked(api, waiting[1])["state"] == "succeeded"


def test_a_storm_is_shed_fast_and_what_was_admitted_ends(api: Any, hang: Any) -> None:
    answers: list[Any] = []

    def storm(n: int) -> None:
        answers.append(api.post("/v1/queries", json={"sql": f"SELECT 'storm' AS a, {n} AS n"}))

    hang("'storm'", 2)
    threads = [threading.Thread(target=storm, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted({one.status_code for one in answers}) == [202, 429]
    admitted = [one.json() for one in answers if one.status_code == 202]
    assert len(admitted) == 4
    for one in admitted:
        if is_at_athena(api, one):
            api.post(f"/v1/queries/{one['id']}/cancel")
    assert sorted(looked(api, one)["state"] for one in admitted) == ["cancelled"] * 2 + ["succeeded"] * 2


def test_a_days_bytes_are_reserved_before_and_settled_after(
    api: Any, drop: Any, ask: Any, hang: Any, clock: Any
) -> None:
    drop("spend.some", "a\n" + "x" * 3_000 + "\n")
    size = api.post("/v1/queries/estimate", json={"sql": "SELECT a FROM spend.some"}).json()["bytes_upper_bound"]
    sized = DAILY // size
    assert sized >= 2
    hang("'dear'", 1)
    dear = started(api, "SELECT 'dear' AS d, a FROM spend.some")
    for n in range(sized - 1):
        assert ask(f"SELECT {n} AS n, a FROM spend.some")["state"] == "succeeded"
    refused = api.post("/v1/queries", json={"sql": "SELECT 'over' AS d, a FROM spend.some"})
    assert (refused.status_code, refused.json()["code"]) == (429, "daily_budget_exceeded")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert ask("SELECT 'reads nothing' AS d")["state"] == "succeeded"
    api.post(f"/v1/queries/{dear['id']}/cancel")
    assert looked(api, dear)["statistics"]["bytes_scanned"] == 0
    assert ask("SELECT 'over' AS d, a FROM spend.some")["state"] == "succeeded", "what was not scanned is given back"
    clock.ahead += timedelta(days=1)
    assert ask("SELECT 'tomorrow' AS d, a FROM spend.some")["state"] == "succeeded"


def test_a_query_that_nobody_looks_at_is_stopped(api: Any, lake: Any, hang: Any, clock: Clock) -> None:
    hang("'left'", 2)
    left, watched = (started(api, f"SELECT 'left' AS a, {n} AS n") for n in range(2))
    for _ in range(3):
        clock.ahead += timedelta(seconds=LEASE / 2)
        api.get(f"/v1/queries/{watched['id']}")
        events.tick(lake)
    assert lake.queries.find("main", watched["id"]).state == "running"
    over = looked(api, left)
    assert (over["state"], over["error"]["code"]) == ("cancelled", "query_cancelled")
    assert "Nobody looked" in over["error"]["detail"]
    result = api.get(f"/v1/queries/{left['id']}/results")
    assert (result.status_code, result.json()["code"]) == (409, "query_cancelled")
    assert "Nobody looked" in result.json()["detail"]
    execution = lake.queries.find("main", left["id"]).execution_id
    assert lake.athena.get(execution).state == "CANCELLED"


def test_a_saved_query_is_not_given_up(api: Any, lake: Any, hang: Any, clock: Clock) -> None:
    hang("'kept'", 1)
    assert api.put("/v1/saved-queries/kept-on", json={"sql": "SELECT 'kept' AS a, 1 AS n"}).status_code == 201
    pending = api.get("/v1/saved-queries/kept-on/results", headers={"Prefer": "wait=0"})
    assert pending.status_code == 202
    clock.ahead += timedelta(seconds=LEASE * 2)
    events.tick(lake)
    assert looked(api, pending.json())["state"] == "running"


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_crash_around_any_write_leaks_no_place(lake: Any, settings: Any, clock: Clock, *, is_after: bool) -> None:
    dying = build_lake(settings, clock=clock)
    who = Principal(id="key:crashes", tenant="main", scopes=frozenset())
    for number in range(1, 20):
        with Faults(dying).dying_at(number, is_after=is_after), suppress(Crash):
            query = dying.queries.ask(who, NewQuery(sql=f"SELECT 'crash {number}{is_after}' AS a"))
            while not dying.queries.get(who, query.id).is_over:
                time.sleep(0.02)
            break  # it has no more writes
        for _ in range(100):
            clock.ahead += timedelta(seconds=LEASE + 1)
            events.tick(lake)
            if not list(lake._allowances.asking()):
                break
            time.sleep(0.02)
        assert list(lake._allowances.asking()) == [], number
    assert 5 < number < 19
