"""Query state changes, published to EventBridge in Athena's own shape, in order, off the query's path.

Shape: https://docs.aws.amazon.com/athena/latest/ug/athena-events.html
"""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import json
import logging
import queue
import threading
from typing import Any

from ministack.services import eventbridge

from local.athena.host import Scope

_log = logging.getLogger("athena.events")
_waiting: queue.SimpleQueue[tuple[Scope, dict[str, Any]]] = queue.SimpleQueue()
_lock = threading.Lock()
_threads: list[threading.Thread] = []


def publish(scope: Scope, execution: dict[str, Any], previous: str | None, sequence: int) -> None:
    """Queue one event for the execution's present state. `sequence` counts from 1 for each query."""
    detail: dict[str, Any] = {
        "versionId": "0",
        "currentState": execution["Status"]["State"],
        "statementType": execution["StatementType"],
        "queryExecutionId": execution["QueryExecutionId"],
        "workgroupName": execution["WorkGroup"],
        "sequenceNumber": str(sequence),
    }
    if previous:
        detail["previousState"] = previous
    if error := execution["Status"].get("AthenaError"):
        detail["athenaError"] = {key[0].lower() + key[1:]: value for key, value in error.items()}
    entry = {"Source": "aws.athena", "DetailType": "Athena Query State Change", "Detail": json.dumps(detail)}
    _ensure_thread()
    _waiting.put((scope, {"Entries": [{**entry, "Resources": []}]}))


def _ensure_thread() -> None:
    with _lock:
        if not _threads:
            _threads.append(threading.Thread(target=_publish_forever, name="athena-events", daemon=True))
            _threads[0].start()


def _publish_forever() -> None:
    while True:
        scope, request = _waiting.get()
        try:
            with scope.enter():
                eventbridge._put_events(request, allow_aws_source=True)
        except Exception:  # noqa: BLE001 - one event that fails must not end the thread
            _log.exception("could not publish a query state change")
