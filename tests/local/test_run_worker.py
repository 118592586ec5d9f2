"""The worker hands on what Lambda would, deletes what was taken, and leaves what failed."""

import json

import pytest

from local.worker import DeliveryError, deliver_all, deliver_once
from tests.isolation import isolated_settings


@pytest.fixture
def lake(stack):
    """Own queue for every test: what failed stays in it."""
    from app.bootstrap import build_lake

    lake = build_lake(isolated_settings(stack))
    deliver_all(lake)  # S3's test event
    return lake


@pytest.fixture
def queue(lake, aws):
    url = aws.of("sqs").get_queue_url(QueueName=lake.settings.events_queue)["QueueUrl"]

    def count(state: str = "ApproximateNumberOfMessages") -> int:
        answer = aws.of("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[state])
        return int(answer["Attributes"][state])

    def send(body: str) -> None:
        aws.of("sqs").send_message(QueueUrl=url, MessageBody=body)

    count.send = send
    return count


def test_what_is_taken_is_deleted(lake, queue):
    for number in range(23):
        queue.send(json.dumps({"source": "elsewhere", "number": number}))
    assert deliver_all(lake) == 23
    assert queue() == queue("ApproximateNumberOfMessagesNotVisible") == 0


def test_what_fails_stays_and_the_rest_of_its_batch_goes(lake, queue):
    queue.send("not json")
    queue.send(json.dumps({"source": "elsewhere"}))
    failed = []
    while (answer := deliver_once(lake))[0]:
        failed += answer[1]
    assert failed == ["not json"]
    assert queue("ApproximateNumberOfMessagesNotVisible") == 1


def test_delivering_everything_says_what_failed(lake, queue):
    queue.send("not json")
    with pytest.raises(DeliveryError, match="not json"):
        deliver_all(lake)


def test_a_file_that_arrives_is_announced_with_its_version(lake, aws, queue):
    put = aws.of("s3").put_object(Bucket=lake.settings.intake_bucket, Key="a b+c.csv", Body=b"x\n")
    sqs = aws.of("sqs")
    url = sqs.get_queue_url(QueueName=lake.settings.events_queue)["QueueUrl"]
    [message] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    [record] = json.loads(message["Body"])["Records"]
    assert record["eventSource"] == "aws:s3"
    assert record["s3"]["bucket"]["name"] == lake.settings.intake_bucket
    assert record["s3"]["object"]["key"] == "a+b%2Bc.csv"
    assert record["s3"]["object"]["versionId"] == put["VersionId"]
