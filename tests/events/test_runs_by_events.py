"""Runs as events drive them: arrivals, repeated and concurrent wakes, crashes, faults of AWS."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from app import events
from app.bootstrap import build_lake
from app.domain.access import Principal
from local.stack import Stack
from tests.api.lakework import Deliver, define, drop, filled, register, run, select, versions
from tests.aws_faults import Crash, Faults
from tests.isolation import isolated_settings

ARRIVAL = [{"type": "arrival"}]
ME = Principal(id="test", tenant="main", scopes=frozenset())


@pytest.fixture(scope="module")
def settings(stack: Stack) -> Any:
    """A holder that died is taken over at once: what a minute of waiting would show, without the minute."""
    return isolated_settings(stack, run_lease_seconds=0)


def state_of(lake: Any, run_id: str) -> Any:
    return lake.runs._store.get("main", run_id)


def until_over(lake: Any, run_id: str) -> Any:
    deadline = time.monotonic() + 120
    while not (current := lake.runs.advance("main", run_id)).is_over:
        assert time.monotonic() < deadline, f"the run does not end: {current}"
        time.sleep(0.05)
    return current


def test_an_arrival_starts_the_jobs_that_wait_for_it(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "came_raw", namespace="ev")
    define(api, "came", source, "ev.came", triggers=ARRIVAL)
    define(api, "by-hand", source, "ev.by_hand")
    drop(api, deliver, source, "a,b\n1,2\n")
    deliver()
    (only,) = api.get("/v1/jobs/came/runs").json()["items"]
    assert (only["state"], only["trigger"], only["statistics"]["rows"]) == ("succeeded", "arrival", 1)
    assert api.get("/v1/jobs/by-hand/runs").json()["items"] == []
    assert select(lake, 'SELECT * FROM "ev"."came"') == [(1, 2)]


def test_many_arrivals_make_few_runs_and_miss_no_file(api: Any, deliver: Deliver, lake: Any) -> None:
    source = register(api, "heap_raw", namespace="ev")
    define(api, "heap", source, "ev.heap", triggers=ARRIVAL)
    for n in range(12):
        drop(api, None, source, f"n\n{n}\n", f"{n}.csv")
    deliver()
    deliver()
    runs = api.get("/v1/jobs/heap/runs").json()["items"]
    assert {one["state"] for one in runs} == {"succeeded"}
    assert len(runs) < 12
    assert select(lake, 'SELECT count(*), sum(n) FROM "ev"."heap"') == [(12, sum(range(12)))]


def test_a_file_that_comes_while_a_run_works_is_read_by_another(api: Any, lake: Any, deliver: Deliver) -> None:
    from local.worker import deliver_once

    source = register(api, "during_raw", namespace="ev")
    define(api, "during", source, "ev.during", triggers=ARRIVAL)
    with Faults(lake).busy():
        for n in range(2):
            drop(api, None, source, f"n\n{n}\n", f"{n}.csv")
            while deliver_once(lake)[0]:
                pass
        states = [one["state"] for one in api.get("/v1/jobs/during/runs").json()["items"]]
    assert states == ["queued", "running"]
    for one in api.get("/v1/jobs/during/runs").json()["items"][::-1]:
        assert until_over(lake, one["id"]).state == "succeeded"
    assert select(lake, 'SELECT count(*), sum(n) FROM "ev"."during"') == [(2, 1)]


def test_a_published_version_starts_the_next_job_of_the_chain(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "chain_raw", namespace="ev")
    define(api, "chain-one", source, "ev.chain_one", triggers=ARRIVAL)
    define(api, "chain-two", "ev.chain_one", "ev.chain_two", triggers=ARRIVAL)
    drop(api, deliver, source, "a\n5\n")
    deliver()
    assert select(lake, 'SELECT * FROM "ev"."chain_two"') == [(5,)]
    (last,) = api.get("/v1/jobs/chain-two/runs").json()["items"]
    assert last["inputs"][0]["version"] == versions(api, "ev.chain_one")[0]["id"]


def test_a_resumed_job_catches_up(api: Any, lake: Any, deliver: Deliver) -> None:
    source = register(api, "slept_raw", namespace="ev")
    define(api, "slept", source, "ev.slept", triggers=ARRIVAL)
    api.post("/v1/jobs/slept/pause")
    drop(api, deliver, source, "a\n5\n")
    assert api.get("/v1/jobs/slept/runs").json()["items"] == []
    api.post("/v1/jobs/slept/resume")
    deliver()
    assert select(lake, 'SELECT * FROM "ev"."slept"') == [(5,)]


def test_an_arrival_that_could_not_be_told_is_told_when_its_event_comes_again(
    api: Any, lake: Any, deliver: Deliver
) -> None:
    from local.worker import DeliveryError

    source = register(api, "untold_raw", namespace="ev")
    define(api, "untold", source, "ev.untold", triggers=ARRIVAL)

    def lose(params: dict[str, Any], **_: Any) -> None:
        if "USE#reads" in params["body"].decode():
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "Query")

    event = "before-call.dynamodb.Query"
    deliver()  # what other tests left would be lost too, and told of first
    lake.aws.dynamodb.meta.events.register(event, lose)
    try:
        file_id = drop(api, None, source, "a\n5\n")
        with pytest.raises(DeliveryError) as failed:
            deliver()
    finally:
        lake.aws.dynamodb.meta.events.unregister(event, lose)
    assert not lake.files.store.get("main", source, file_id).is_announced
    told = str(failed.value).removeprefix("the application failed on ")
    bodies = []
    while told:  # the event, and whatever else was under way
        _, end = json.JSONDecoder().raw_decode(told)
        bodies.append({"messageId": str(len(bodies)), "body": told[:end]})
        told = told[end:].removeprefix("; ")
    assert events.handle_batch(lake, {"Records": bodies}) == {"batchItemFailures": []}
    assert lake.files.store.get("main", source, file_id).is_announced
    deliver()
    assert select(lake, 'SELECT * FROM "ev"."untold"') == [(5,)]


def test_events_that_come_twice_change_nothing(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "twice_raw", namespace="ev")
    define(api, "twice", source, "ev.twice")
    done = run(api, "twice")
    before = state_of(lake, done["id"])
    for execution_id in done["athena_execution_ids"] * 2:
        detail = {"currentState": "SUCCEEDED", "queryExecutionId": execution_id}
        from app.events.athena import on_state_change

        on_state_change(lake, {"source": "aws.athena", "detail": detail})
    assert state_of(lake, done["id"]).revision == before.revision
    assert len(versions(api, "ev.twice")) == 1


@pytest.mark.parametrize("kind", ["run", "query"])
def test_the_end_of_what_is_no_longer_known_does_not_come_again_and_again(lake: Any, kind: str) -> None:
    statement = f"/* headgate:main:{kind}:{'0' * 26} */\nSELECT 1"
    started = lake.aws.athena.start_query_execution(QueryString=statement, WorkGroup=lake.settings.workgroup_small)
    detail = {"currentState": "SUCCEEDED", "queryExecutionId": started["QueryExecutionId"]}
    body = json.dumps({"source": "aws.athena", "detail": detail})
    answer = events.handle_batch(lake, {"Records": [{"messageId": "1", "body": body}]})
    assert answer == {"batchItemFailures": []}


def test_the_tick_ends_what_no_event_woke(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "tick_raw", namespace="ev")
    define(api, "tick", source, "ev.tick")
    made = lake.runs.start(ME, "tick")
    for _ in range(200):
        events.tick(lake)
        if state_of(lake, made.id).is_over:
            break
    assert state_of(lake, made.id).state == "succeeded"
    open_ids = {one.id for one in lake.runs._store.open(1000, None).items}
    assert made.id not in open_ids


def test_many_workers_at_once_make_one_version(api: Any, lake: Any, deliver: Deliver, settings: Any) -> None:
    source = filled(api, deliver, "crowd_raw", namespace="ev")
    define(api, "crowd", source, "ev.crowd", layout={"partition_by": ["month"]})
    lakes = [build_lake(settings) for _ in range(4)]
    for count in range(1, 4):
        made = lake.runs.start(ME, "crowd", is_forced=True)
        with ThreadPoolExecutor(4) as pool:
            ended = list(pool.map(until_over, lakes, [made.id] * len(lakes)))
        assert {one.state for one in ended} == {"succeeded"}
        assert len({one.version for one in ended}) == 1
        assert len(ended[0].executions) == 2
        assert len(versions(api, "ev.crowd")) == count
    assert lake.runs._store.queues.get("main", "crowd").is_idle


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_write_costs_nothing(
    api: Any, lake: Any, deliver: Deliver, settings: Any, *, is_after: bool
) -> None:
    name = f"crash_{'after' if is_after else 'before'}"
    source = filled(api, deliver, f"{name}_raw", namespace="ev")
    define(api, name, source, f"ev.{name}", layout={"partition_by": ["month"]})
    run(api, name)
    count = f'SELECT count(*), count(DISTINCT flight) FROM "ev"."{name}"'
    dying = build_lake(settings)
    for number in range(1, 60):
        made = lake.runs.start(ME, name, is_forced=True)
        has_crashed = False
        with Faults(dying).dying_at(number, is_after=is_after):
            try:
                until_over(dying, made.id)
            except Crash:
                has_crashed = True
        if not has_crashed:
            break
        assert select(lake, count) == [(4, 4)]
        done = until_over(lake, made.id)
        assert done.state == "succeeded", (number, done)
        listed = versions(api, f"ev.{name}")
        assert len(listed) == number + 1
        assert listed[0]["id"] == done.version
        assert listed[0]["is_current"]
        assert done.statistics.rows == 4
    assert number > 8, number
    assert select(lake, count) == [(4, 4)]


def test_a_failure_that_may_pass_is_tried_again_elsewhere(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "again_raw", namespace="ev")
    define(api, "again", source, "ev.again")
    failed: set[str] = set()

    def fail_once(answer: dict[str, Any]) -> None:
        execution = answer["QueryExecution"]
        is_ours = "again__v" in execution["Query"] and "CREATE TABLE" in execution["Query"]
        if is_ours and (not failed or execution["QueryExecutionId"] in failed):
            failed.add(execution["QueryExecutionId"])
            execution["Status"]["State"] = "FAILED"
            execution["Status"]["StateChangeReason"] = "INTERNAL_ERROR: try again"
            execution["Status"]["AthenaError"] = {"ErrorCategory": 1, "Retryable": True}

    with Faults(lake).answering("athena", "GetQueryExecution", fail_once):
        done = run(api, "again")
    assert done["attempt"] == 2
    assert len(done["athena_execution_ids"]) == 3
    assert select(lake, 'SELECT count(*) FROM "ev"."again"') == [(4,)]
    keys = [key for key, _ in lake.objects.list(lake.settings.curated_bucket, "main/ev/again/")]
    assert all("/a=2/" in key or key.endswith("/sizes.json") for key in keys)
    assert lake.catalog.find_table("ev", f"again__v{done['version']}") is None
    assert lake.catalog.find_table("ev", f"again__v{done['version']}_a2") is not None


def test_three_failures_end_the_run(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "never_raw", namespace="ev")
    define(api, "never", source, "ev.never")

    def fail(answer: dict[str, Any]) -> None:
        execution = answer["QueryExecution"]
        if "never__v" in execution["Query"] and execution["Status"]["State"] == "SUCCEEDED":  # it writes no more
            execution["Status"] |= {"State": "FAILED", "StateChangeReason": "INTERNAL_ERROR: no"}
            execution["Status"]["AthenaError"] = {"Retryable": True}

    with Faults(lake).answering("athena", "GetQueryExecution", fail):
        answer = api.post("/v1/jobs/never/runs", headers={"Prefer": "wait=25"}).json()
    assert (answer["state"], answer["attempt"]) == ("failed", 3)
    assert (answer["error"]["code"], answer["error"]["step"]) == ("athena_failed", "write")
    assert list(lake.objects.list(lake.settings.curated_bucket, "main/ev/never/")) == []


def test_a_throttled_start_waits_and_goes_on(api: Any, lake: Any, deliver: Deliver) -> None:
    source = filled(api, deliver, "busy_raw", namespace="ev")
    define(api, "busy", source, "ev.busy")

    def throttle(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "StartQueryExecution")

    event = "before-call.athena.StartQueryExecution"
    lake.aws.athena.meta.events.register(event, throttle)
    try:
        made = api.post("/v1/jobs/busy/runs").json()
    finally:
        lake.aws.athena.meta.events.unregister(event, throttle)
    waiting = state_of(lake, made["id"])
    assert (waiting.state, waiting.setbacks) == ("running", 1)
    assert until_over(lake, made["id"]).state == "succeeded"


def test_what_the_door_did_not_read_is_verified_before_publication(
    stack: Stack, deliver: Deliver, api: Any, settings: Any
) -> None:
    from fastapi.testclient import TestClient

    from app.main import create_app
    from local.worker import deliver_all

    small = settings.model_copy(update={"full_parse_bytes": 2_000})
    lake = build_lake(small)
    with TestClient(create_app(lake)) as client:
        client.headers["x-api-key"] = lake.identity.ensure_admin_key("main")
        columns = [{"name": "n", "type": "int"}, {"name": "text", "type": "varchar"}]
        source = register(client, "large_raw", namespace="ev", schema={"columns": columns})
        rows = [f"{n},{'x' * 300}\n" for n in range(16_000)]  # the door reads the first 4 MB
        drop(client, lambda: deliver_all(lake), source, "n,text\n" + "".join(rows))
        define(client, "large", source, "ev.large")
        first = run(client, "large")
        assert first["statistics"]["rows"] == 16_000
        assert [(one["type"], one["passed"], one["found"]) for one in first["checks"]] == [("misread_values", True, 0)]
        rows[15_000] = "zw,y\n"
        spoiled = "n,text\n" + "".join(rows)
        drop(client, lambda: deliver_all(lake), source, spoiled, "b.csv")
        done = client.post("/v1/jobs/large/runs", headers={"Prefer": "wait=25"}).json()
    assert (done["state"], done["error"]["code"]) == ("failed", "misread_values")
    assert "zw" not in done["error"]["detail"]
    assert [(one["index"], one["passed"], one["found"]) for one in done["checks"]] == [(None, False, 1)]
    assert len(versions(api, "ev.large")) == 1
