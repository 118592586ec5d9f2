"""A query's end reaches the application's queue, and outlives the stack."""

import json
import os
import signal
import threading
import time

import pytest

from app.settings import Settings
from local.provision import Clients, provision
from local.stack import running_stack
from tests.local.test_stack import snapshot_of, until

NAMES = Settings()


def finished(athena, query: str) -> dict:
    deadline = time.monotonic() + 20
    while True:
        execution = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if execution["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return execution
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended_in_queue(sqs, name: str, seconds: float = 5.0) -> set[str]:
    """Ids of the queries whose end the queue announces within some seconds."""
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    deadline = time.monotonic() + seconds
    ended = set()
    while not ended and time.monotonic() < deadline:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            detail = json.loads(message["Body"]).get("detail", {})
            if detail.get("currentState") in ("SUCCEEDED", "FAILED", "CANCELLED"):
                ended.add(detail["queryExecutionId"])
    return ended


def test_the_end_of_a_query_is_announced_to_those_whose_workgroup_it_is(aws, settings):
    athena, sqs = aws.of("athena"), aws.of("sqs")
    started = athena.start_query_execution(QueryString="SELECT 1", WorkGroup=settings.workgroup_small)
    query = started["QueryExecutionId"]
    assert finished(athena, query)["Status"]["State"] == "SUCCEEDED"
    assert ended_in_queue(sqs, settings.events_queue) == {query}
    location = f"s3://{settings.results_bucket}/athena/"
    athena.start_query_execution(
        QueryString="SELECT 2", WorkGroup="primary", ResultConfiguration={"OutputLocation": location}
    )
    assert ended_in_queue(sqs, settings.events_queue, seconds=1.5) == set()


def kept_as(data_dir, query):
    """The state of a query as the newest snapshot has it."""
    kept = snapshot_of(data_dir, "athena").get("payload", {}).get("_executions", {}).get("data", {})
    return next((one["Status"]["State"] for key, one in kept.items() if query in key), None)


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_queries_made_outlives_the_stack(data_dir, is_killed):
    with running_stack(data_dir) as stack:
        provision(stack.endpoint_url, NAMES)
        aws = Clients(stack.endpoint_url)
        aws.of("glue").create_database(DatabaseInput={"Name": "web"})
        made = aws.of("athena").start_query_execution(
            QueryString="CREATE TABLE web.visits AS SELECT 7 AS visits", WorkGroup=NAMES.workgroup_small
        )["QueryExecutionId"]
        assert finished(aws.of("athena"), made)["Status"]["State"] == "SUCCEEDED"
        if is_killed:
            assert until(lambda: kept_as(data_dir, made) == "SUCCEEDED")
            os.kill(stack.pid, signal.SIGKILL)
    with running_stack(data_dir) as again:
        athena = Clients(again.endpoint_url).of("athena")
        assert athena.get_query_execution(QueryExecutionId=made)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
        started = athena.start_query_execution(
            QueryString="SELECT visits FROM web.visits", WorkGroup=NAMES.workgroup_small
        )
        query = started["QueryExecutionId"]
        assert finished(athena, query)["Status"]["State"] == "SUCCEEDED"
        rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
        assert [row["Data"][0]["VarCharValue"] for row in rows] == ["visits", "7"]


def test_no_arrival_is_lost_or_late_while_the_queue_is_read(aws, settings):
    """The event is in the queue when the PUT answers, and readers of the queue do not sweep it away."""
    s3, sqs = aws.of("s3"), aws.of("sqs")
    url = sqs.get_queue_url(QueueName=settings.events_queue)["QueueUrl"]
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MaxNumberOfMessages=1)

    def count() -> int:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(answer["ApproximateNumberOfMessages"]) + int(answer["ApproximateNumberOfMessagesNotVisible"])

    sqs.purge_queue(QueueUrl=url)
    redrive = {"Attributes": {"RedrivePolicy": ""}}  # reading a message five times must not move it
    sqs.set_queue_attributes(QueueUrl=url, **redrive)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(100):
            s3.put_object(Bucket=settings.intake_bucket, Key=f"arrivals/{number}", Body=b"x")
            assert count() == number + 1
    finally:
        stop.set()
        reader.join()
