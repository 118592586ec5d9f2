"""The development worker: does what Lambda's event sources do on AWS. `python -m local.worker` beside the API.

It polls the queue, hands batches to app.events in the shape of Lambda's SQS event source (AWS Lambda developer
guide, "Using Lambda with Amazon SQS"), deletes what did not fail, and ticks as the schedule would.
"""

import argparse
import contextlib
import functools
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.provision import Clients

if TYPE_CHECKING:
    from app.bootstrap import Lake

BATCH = 10
DELIVERERS = 2
"""Lambda runs batches side by side; so do we, that races show on a laptop first."""
TICK_SECONDS = 5.0
STOP_SECONDS = 3.0
_POLL_SECONDS = 1
_OVER = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_EVENT_DELAY_SECONDS = 2.0
_log = logging.getLogger("local.worker")


class DeliveryError(AssertionError):
    """Messages that the application did not take; the log names what it raised."""


def deliver_once(lake: "Lake", wait_seconds: int = 0) -> tuple[int, list[str]]:
    """One batch: the number of messages it had, and the bodies of those that failed.

    What failed comes again after the queue's visibility timeout, and goes to the dead-letter queue in the end.
    """
    from app import events

    sqs, url, arn = _queue(lake)
    messages = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=BATCH,
        WaitTimeSeconds=wait_seconds,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    ).get("Messages", [])
    if not messages:
        return 0, []
    event = {"Records": [_record(message, arn, lake.settings.aws_region) for message in messages]}
    for message in messages:
        _note_end(message["Body"])
    failed = {item["itemIdentifier"] for item in events.handle_batch(lake, event)["batchItemFailures"]}
    done = [message for message in messages if message["MessageId"] not in failed]
    if done:
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(done)]
        for refused in sqs.delete_message_batch(QueueUrl=url, Entries=entries).get("Failed", []):
            _log.warning("a message that was handled stays in the queue: %s", refused["Message"])
    return len(messages), [message["Body"] for message in messages if message["MessageId"] in failed]


def deliver_all(lake: "Lake", *, patience_seconds: float = 60.0) -> int:
    """Deliver until the queue is empty and no query of this lake runs any more; the number of messages.

    Raises DeliveryError when the application failed on one, TimeoutError when the queries take too long.
    """
    deadline = time.monotonic() + patience_seconds
    total = 0
    while True:
        # Looked at first: what ends after this look has its event delivered in a later round.
        is_busy = _awaits_queries(lake)
        count, failed = deliver_once(lake)
        total += count
        if failed:
            raise DeliveryError("the application failed on " + "; ".join(failed))
        if not count and not is_busy:
            return total
        if time.monotonic() > deadline:
            raise TimeoutError(f"queries still run after {patience_seconds:g} s")
        if not count:
            time.sleep(0.02)


def run(lake: "Lake", stop: threading.Event) -> None:
    """Deliver and tick until `stop` is set; the batch under way is finished."""
    threads = [
        threading.Thread(target=_repeat, args=(stop, _poll, lake), name=f"deliver-{n}", daemon=True)
        for n in range(DELIVERERS)
    ]
    threads.append(
        threading.Thread(target=_repeat, args=(stop, functools.partial(_tick, stop), lake), name="tick", daemon=True)
    )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> int:
    """Work for the lake that the environment names, until SIGTERM, SIGINT or the parent's end."""
    parser = argparse.ArgumentParser(prog="python -m local.worker", description=__doc__)
    parser.add_argument("--parent", type=int, help="stop when this process is no longer the parent")
    parent = parser.parse_args().parent
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    from app.bootstrap import build_lake
    from app.settings import Settings

    logging.basicConfig(level=logging.WARNING, format="%(name)s %(message)s")
    worker = threading.Thread(target=run, args=(build_lake(Settings()), stop), daemon=True)
    worker.start()
    while not stop.wait(0.5):
        if parent is not None and os.getppid() != parent:
            stop.set()
    worker.join(timeout=STOP_SECONDS)  # without its stack a batch would retry on and on; it comes again
    return 0


def _repeat(stop: threading.Event, work: Callable[["Lake"], object], lake: "Lake") -> None:
    while not stop.is_set():
        try:
            work(lake)
        except Exception as error:  # noqa: BLE001 - a Lambda that fails is started again as well
            if not stop.is_set():
                _log.warning("%s failed: %r", threading.current_thread().name, error)
            stop.wait(1.0)


def _poll(lake: "Lake") -> None:
    deliver_once(lake, _POLL_SECONDS)


def _tick(stop: threading.Event, lake: "Lake") -> None:
    from app import events

    if not stop.wait(TICK_SECONDS):
        events.tick(lake)


def _record(message: dict[str, Any], arn: str, region: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": region,
    }


def _awaits_queries(lake: "Lake") -> bool:
    """Whether a query of this lake runs, or has ended so recently that its event may still be on its way."""
    athena = _clients(lake).of("athena")
    settings = lake.settings
    for workgroup in (settings.workgroup_small, settings.workgroup_medium, settings.workgroup_large):
        ids = athena.list_query_executions(WorkGroup=workgroup, MaxResults=50)["QueryExecutionIds"]
        found = athena.batch_get_query_execution(QueryExecutionIds=ids)["QueryExecutions"] if ids else []
        if any(_is_awaited(execution) for execution in found):
            return True
    return False


def _is_awaited(execution: dict[str, Any]) -> bool:
    status = execution["Status"]
    if status["State"] not in _OVER:
        return True
    age = (datetime.now(UTC) - status["CompletionDateTime"]).total_seconds()
    return age < _EVENT_DELAY_SECONDS and execution["QueryExecutionId"] not in _ended


_ended: set[str] = set()
"""Queries whose end this process has delivered."""


def _note_end(body: str) -> None:
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        message = json.loads(body)
        if message.get("source") == "aws.athena" and message["detail"]["currentState"] in _OVER:
            _ended.add(message["detail"]["queryExecutionId"])


def _clients(lake: "Lake") -> Clients:
    return _clients_of(os.environ["AWS_ENDPOINT_URL"], lake.settings.aws_region)


@functools.cache
def _clients_of(endpoint_url: str, region: str) -> Clients:
    return Clients(endpoint_url, region)


def _queue(lake: "Lake") -> tuple[Any, str, str]:
    """The client, the queue's URL and its ARN."""
    sqs = _clients(lake).of("sqs")
    return sqs, *_queue_address(sqs, lake.settings.events_queue)


@functools.lru_cache(maxsize=64)
def _queue_address(sqs: Any, name: str) -> tuple[str, str]:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


if __name__ == "__main__":
    sys.exit(main())
