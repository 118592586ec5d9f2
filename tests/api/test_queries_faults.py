"""Queries when AWS answers get lost, when it throttles, and when the process dies: one effect, and an end."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from app.domain.access import Principal, Scope
from app.domain.queries import NewQuery
from tests.aws_faults import Crash, Faults

_numbers = itertools.count(1)


def question() -> str:
    """SQL that nobody has asked before."""
    return f"SELECT sum(n) AS s, 'fault {next(_numbers)}' AS who FROM fault.numbers"


@pytest.fixture(scope="module", autouse=True)
def numbers(drop: Any) -> None:
    drop("fault.numbers", "n\n1\n2\n", {"n": "int"})


@contextmanager
def losing(lake: Any, number: int) -> Iterator[list[str]]:
    """AWS does what the numbered request asks, and its answer is lost once; whatever the request is."""
    clients = (lake.aws.dynamodb, lake.aws.athena, lake.aws.s3)
    seen: list[str] = []

    def hooked(client: Any) -> Any:
        def hook(request: Any, event_name: str, **_: Any) -> None:
            seen.append(event_name)
            if len(seen) == number:
                client._endpoint.http_session.send(request)
                raise ReadTimeoutError(endpoint_url=request.url)

        client.meta.events.register_first("before-send.*.*", hook)
        return hook

    hooks = [(client, hooked(client)) for client in clients]
    try:
        yield seen
    finally:
        for client, hook in hooks:
            client.meta.events.unregister("before-send.*.*", hook)


def executions(lake: Any, who: str) -> int:
    """How many executions Athena has had of a question."""
    athena, count = lake.aws.athena, 0
    for group in (lake.settings.workgroup_small, lake.settings.workgroup_medium, lake.settings.workgroup_large):
        ids = athena.list_query_executions(WorkGroup=group)["QueryExecutionIds"]
        found = athena.batch_get_query_execution(QueryExecutionIds=ids[:50])["QueryExecutions"] if ids else []
        count += sum(f"'{who}'" in one["Query"] for one in found)
    return count


@pytest.mark.parametrize("number", range(1, 15))
def test_a_lost_answer_of_any_request_doubles_nothing(api: Any, lake: Any, number: int) -> None:
    sql = question()
    who = sql.split("'")[1]
    with losing(lake, number) as seen:
        query = api.post("/v1/queries", json={"sql": sql}, headers={"Prefer": "wait=20"})
        assert query.status_code == 201, query.text
        answer = api.get(f"/v1/queries/{query.json()['id']}/results")
    assert (answer.status_code, answer.json()["rows"]) == (200, [[3, who]])
    assert executions(lake, who) == 1
    assert len(seen) >= 10, "the faults reach all of the flow"


@pytest.fixture
def asker(lake: Any) -> Principal:
    return Principal(id="test", tenant=lake.settings.home_tenant, scopes=frozenset(Scope))


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_process_that_dies_anywhere_leaves_a_query_that_ends(
    lake: Any, asker: Principal, number: int, *, is_after: bool
) -> None:
    sql = question()
    who = sql.split("'")[1]
    query_id = lake.queries.new_id()
    new = NewQuery(sql=sql)
    with Faults(lake).dying_at(number, is_after=is_after) as seen:
        try:
            lake.queries.ask(asker, new, query_id)
            _until_over(lake, asker, query_id)
        except Crash:
            assert len(seen) == number
    lake.queries.ask(asker, new, query_id)
    assert _until_over(lake, asker, query_id).state == "succeeded"
    assert executions(lake, who) == 1


def _until_over(lake: Any, asker: Principal, query_id: str) -> Any:
    for _ in range(1000):
        query = lake.queries.get(asker, query_id)
        if query.is_over:
            return query
    raise AssertionError("it never ends")


def test_a_throttled_start_is_queued_and_started_by_the_next_look(api: Any, lake: Any) -> None:
    is_throttled = True

    def throttle(**_: Any) -> AWSResponse | None:
        if not is_throttled:
            return None
        response = AWSResponse("http://x", 400, {"content-type": "application/x-amz-json-1.1"}, None)
        response._content = b'{"__type": "TooManyRequestsException", "message": "slow down"}'
        return response

    client = lake.aws.athena
    client.meta.events.register_first("before-send.athena.StartQueryExecution", throttle)
    try:
        answer = api.post("/v1/queries", json={"sql": question()})
        assert (answer.status_code, answer.json()["state"]) == (202, "queued")
        assert api.get(answer.headers["location"]).json()["state"] == "queued"
        is_throttled = False
        over = api.get(answer.headers["location"], headers={"Prefer": "wait=20"})
    finally:
        client.meta.events.unregister("before-send.athena.StartQueryExecution", throttle)
    assert over.json()["state"] == "succeeded"


def test_a_query_that_is_cancelled_in_the_middle_of_its_start_does_not_run_on(lake: Any, asker: Principal) -> None:
    query_id = lake.queries.new_id()
    stopped: list[str] = []

    def cancel(**_: Any) -> None:
        assert lake.queries.cancel(asker, query_id).state == "cancelled"

    def note(params: Any, **_: Any) -> None:
        stopped.append(params["body"].decode())

    events = lake.aws.athena.meta.events
    events.register_first("before-call.athena.StartQueryExecution", cancel)
    events.register_first("before-call.athena.StopQueryExecution", note)
    try:
        assert lake.queries.ask(asker, NewQuery(sql=question()), query_id).state == "cancelled"
    finally:
        events.unregister("before-call.athena.StartQueryExecution", cancel)
        events.unregister("before-call.athena.StopQueryExecution", note)
    assert len(stopped) == 1


def test_a_query_that_waits_for_athena_can_be_cancelled(api: Any, lake: Any) -> None:
    def throttle(**_: Any) -> AWSResponse:
        response = AWSResponse("http://x", 400, {"content-type": "application/x-amz-json-1.1"}, None)
        response._content = b'{"__type": "TooManyRequestsException", "message": "slow down"}'
        return response

    events = lake.aws.athena.meta.events
    events.register_first("before-send.athena.*", throttle)
    try:
        location = api.post("/v1/queries", json={"sql": question()}).headers["location"]
        assert api.post(f"{location}/cancel").json()["state"] == "cancelled"
    finally:
        events.unregister("before-send.athena.*", throttle)
    assert api.get(location).json()["state"] == "cancelled"
