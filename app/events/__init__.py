"""The other door: events from AWS, to the same services. Every handler is idempotent; a failure escapes so that AWS
retries, and a batch reports which of its messages failed.
"""

import json
import logging
import traceback
from contextlib import ExitStack
from typing import Any

from app.adapters.queue import SOURCE
from app.bootstrap import Lake
from app.events import athena, handed_over, s3

log = logging.getLogger("headgate.events")


def handle_batch(lake: Lake, event: dict[str, Any]) -> dict[str, Any]:
    """One SQS batch as Lambda gets it -> `{"batchItemFailures": [{"itemIdentifier": ...}]}`."""
    failures = []
    for record in event["Records"]:
        try:
            _handle(lake, json.loads(record["body"]))
        except Exception as error:  # noqa: BLE001 - whatever it is, this message must come again and the others go on
            log.warning(json.dumps({"event": "failed", "message": record["messageId"], **_described(error)}))
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def tick(lake: Lake) -> None:
    """The schedule's heartbeat: what is due, whatever no event woke, and what no event told of. Each is done even if
    one before it fails.
    """
    with ExitStack() as rest:
        rest.callback(lake.sweeper.sweep)
        rest.callback(lake.late_files.look)
        rest.callback(lake.runs.advance_open)
        rest.callback(lake.open_queries.advance)
        lake.schedules.fire_due()


def _described(error: Exception) -> dict[str, str]:
    """What broke and where, without the message, which may hold data values."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return {"type": type(error).__name__, "place": f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"}


def _handle(lake: Lake, message: dict[str, Any]) -> None:
    if message.get("source") == "aws.athena":
        athena.on_state_change(lake, message)
    if message.get("source") == SOURCE:
        handed_over.on_work(lake, message)
    for record in message.get("Records", []):
        if record.get("eventSource") == "aws:s3":
            s3.on_object_created(lake, record)
