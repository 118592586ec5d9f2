"""Quotas and faults on demand, through the control door (local/athena/control.py), as a client meets them."""

import json
import time
import urllib.error
import urllib.request

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

HANG = {"hang": True}


@pytest.fixture(scope="module")
def lake(athena_stack):
    athena_stack.athena.create_work_group(
        Name="faulty", Configuration={"ResultConfiguration": {"OutputLocation": athena_stack.results}}
    )
    return athena_stack


@pytest.fixture
def door(stack):
    """`door(method, name, body)` -> (status, answer); whatever was ordered is forgotten afterwards."""

    def call(method, name, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{stack.endpoint_url}/_headgate/{name}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    deadline = time.monotonic() + 30
    while call("GET", "quotas")[1]["active_now"]:  # what modules before have left running
        assert time.monotonic() < deadline
        time.sleep(0.05)
    before = call("GET", "quotas")[1]
    yield call
    call("DELETE", "faults")
    call("PUT", "quotas", {"active": before["active"], "running": before["running"]})


@pytest.fixture(scope="module")
def once(stack):
    """A client that does not retry, so that every refusal is seen."""
    from boto3.session import Session

    return Session("test", "test", region_name="us-east-1").client(
        "athena", endpoint_url=stack.endpoint_url, config=Config(retries={"total_max_attempts": 1})
    )


def refusal(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response


def state(lake, identifier):
    return lake.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]["State"]


def until(lake, identifier, wanted):
    deadline = time.monotonic() + 10
    while state(lake, identifier) != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_beyond_the_running_quota_queries_wait_in_order(lake, door):
    assert door("PUT", "quotas", {"running": 1})[1]["running"] == 1
    door("POST", "faults", {"query": {"contains": "'holds'", "workgroup": "faulty"}, "hang": True})
    holder = lake.start("SELECT 'holds'", WorkGroup="faulty")
    until(lake, holder, "RUNNING")
    first, second, third = (lake.start(f"SELECT {n}") for n in range(3))
    time.sleep(0.1)
    assert [state(lake, i) for i in (first, second, third)] == ["QUEUED"] * 3
    lake.athena.stop_query_execution(QueryExecutionId=second)  # one that has not begun
    assert state(lake, second) == "CANCELLED"
    lake.athena.stop_query_execution(QueryExecutionId=holder)
    ended = [lake.wait(i) for i in (first, third)]
    assert [e["Status"]["State"] for e in ended] == ["SUCCEEDED", "SUCCEEDED"]
    assert ended[0]["Status"]["CompletionDateTime"] <= ended[1]["Status"]["CompletionDateTime"]
    assert ended[0]["Statistics"]["QueryQueueTimeInMillis"] >= 100
    assert state(lake, second) == "CANCELLED"


def test_a_raised_quota_lets_the_waiting_run(lake, door):
    door("PUT", "quotas", {"running": 0})
    waiting = lake.start("SELECT 1")
    time.sleep(0.05)
    assert state(lake, waiting) == "QUEUED"
    door("PUT", "quotas", {"running": 2})
    assert lake.wait(waiting)["Status"]["State"] == "SUCCEEDED"


def test_beyond_the_active_quota_is_too_many_requests(lake, door, once):
    place = {"ResultConfiguration": {"OutputLocation": lake.results}}
    door("PUT", "quotas", {"running": 0, "active": 2})
    ids = [lake.start(f"SELECT {n}") for n in range(2)]
    answer = refusal(once.start_query_execution, QueryString="SELECT 3", **place)
    assert answer["Error"]["Code"] == "TooManyRequestsException"
    assert answer["Reason"] == "CONCURRENT_QUERY_LIMIT_EXCEEDED"
    assert door("GET", "quotas")[1]["active_now"] == 2
    door("PUT", "quotas", {"running": 8})
    assert [lake.wait(i)["Status"]["State"] for i in ids] == ["SUCCEEDED", "SUCCEEDED"]
    assert once.start_query_execution(QueryString="SELECT 3", **place)["QueryExecutionId"]


@pytest.mark.parametrize("error", ["ThrottlingException", "TooManyRequestsException", "InternalServerException"])
def test_calls_fail_as_often_as_ordered(lake, door, once, error):
    ordered = door("POST", "faults", {"operation": "ListEngineVersions", "error": error, "count": 2})
    assert (ordered[0], ordered[1]["count"]) == (200, 2)
    for _ in range(2):
        answer = refusal(once.list_engine_versions)
        assert answer["Error"]["Code"] == error
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == (500 if error.startswith("Internal") else 400)
    assert once.list_engine_versions()["EngineVersions"]
    assert door("GET", "faults") == (200, {"faults": []})


def test_boto3_gets_over_a_throttled_start(lake, door):
    """Its own retries do, and the token makes it one query."""
    door("POST", "faults", {"operation": "StartQueryExecution", "error": "ThrottlingException", "count": 1})
    assert lake.rows("SELECT 'once'") == [("once",)]


def test_a_rate_is_the_same_with_the_same_seed(lake, door, once):
    def outcomes():
        door("DELETE", "faults")
        door(
            "POST",
            "faults",
            {"operation": "ListEngineVersions", "error": "ThrottlingException", "rate": 0.5, "seed": 3},
        )
        seen = []
        for _ in range(20):
            try:
                once.list_engine_versions()
                seen.append(True)
            except ClientError:
                seen.append(False)
        return seen

    first = outcomes()
    assert first == outcomes()
    assert set(first) == {True, False}


def test_a_query_fails_as_ordered_and_is_told_to_eventbridge(lake, door):
    events, sqs = lake.aws.of("events"), lake.aws.of("sqs")
    url = sqs.create_queue(QueueName="athena-faults")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.athena"], "detail": {"workgroupName": ["faulty"], "currentState": ["FAILED"]}}
    events.put_rule(Name="faults", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="faults", Targets=[{"Id": "1", "Arn": arn}])
    failure = {"category": 1, "type": 204, "retryable": True, "message": "HIVE_METASTORE_ERROR: ordered"}
    door("POST", "faults", {"query": {"contains": "7 AS n", "workgroup": "faulty"}, "fail": failure})
    status = lake.run("SELECT 7 AS n", WorkGroup="faulty")["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", "HIVE_METASTORE_ERROR: ordered")
    assert status["AthenaError"] == {"ErrorCategory": 1, "ErrorType": 204, "Retryable": True,
                                     "ErrorMessage": "HIVE_METASTORE_ERROR: ordered"}  # fmt: skip
    message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]
    detail = json.loads(message["Body"])["detail"]
    events.remove_targets(Rule="faults", Ids=["1"])
    # https://docs.aws.amazon.com/athena/latest/ug/athena-events.html
    assert detail["athenaError"] == {"errorCategory": 1, "errorType": 204, "retryable": True,
                                     "errorMessage": "HIVE_METASTORE_ERROR: ordered"}  # fmt: skip
    assert {k: detail[k] for k in ("versionId", "currentState", "previousState", "statementType", "workgroupName",
                                   "sequenceNumber")} == {
        "versionId": "0", "currentState": "FAILED", "previousState": "RUNNING", "statementType": "DML",
        "workgroupName": "faulty", "sequenceNumber": "3"}  # fmt: skip
    assert lake.run("SELECT 7 AS n", WorkGroup="faulty")["Status"]["State"] == "SUCCEEDED"  # it was ordered once


def test_states_last_as_long_as_ordered(lake, door):
    door("POST", "faults", {"query": {"workgroup": "faulty"}, "queued_ms": 150, "running_ms": 150})
    held = lake.run("SELECT 1", WorkGroup="faulty")["Statistics"]
    assert held["QueryQueueTimeInMillis"] >= 150
    assert held["EngineExecutionTimeInMillis"] >= 150


def test_a_query_that_hangs_can_be_stopped(lake, door):
    door("POST", "faults", {"query": {"workgroup": "faulty"}, **HANG})
    identifier = lake.start("SELECT 1", WorkGroup="faulty")
    until(lake, identifier, "RUNNING")
    time.sleep(0.1)
    assert state(lake, identifier) == "RUNNING"
    lake.athena.stop_query_execution(QueryExecutionId=identifier)
    assert state(lake, identifier) == "CANCELLED"
    deadline = time.monotonic() + 30
    while door("GET", "quotas")[1]["running_now"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("method", "name", "body", "words"),
    [
        ("POST", "faults", {"operation": "Brew", "error": "ThrottlingException"}, "operation must be"),
        ("POST", "faults", {"operation": "*", "error": "Teapot"}, "error must be one of"),
        ("POST", "faults", {"operation": "*", "error": "ThrottlingException", "count": 0}, "count must be"),
        ("POST", "faults", {"operation": "*", "error": "ThrottlingException", "rate": 2}, "rate must be"),
        ("POST", "faults", {"operation": "*", "error": "ThrottlingException", "rate": 1, "count": 1}, "not both"),
        ("POST", "faults", {"query": {"like": "x"}}, "unknown member like"),
        ("POST", "faults", {"query": {}, "fail": {"kind": 1}}, "unknown member kind"),
        ("POST", "faults", [], "must be a JSON object"),
        ("PUT", "quotas", {"running": -1}, "running must be"),
        ("PUT", "quotas", {"waiting": 1}, "unknown member waiting"),
    ],
)
def test_orders_that_make_no_sense_are_refused(door, method, name, body, words):
    status, answer = door(method, name, body)
    assert (status, words in answer["error"]) == (400, True)
    assert door("GET", "faults")[1] == {"faults": []}


def test_another_path_behind_the_door_is_told_what_there_is(door):
    status, answer = door("GET", "nothing")
    assert (status, "POST /_headgate/faults" in answer["error"]) == (404, True)
