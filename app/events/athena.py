"""Athena state changes, by EventBridge."""

from contextlib import suppress
from typing import Any

from app.bootstrap import Lake
from app.domain.errors import NotFound

_OVER = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


def on_state_change(lake: Lake, message: dict[str, Any]) -> None:
    """An execution is over: the run or query that waits for it takes its next step. Others' are ignored."""
    if message["detail"]["currentState"] not in _OVER:
        return
    label = lake.athena.get(message["detail"]["queryExecutionId"]).label
    if label is None:
        return
    with suppress(NotFound):  # expired, or a label that somebody wrote by hand: the event would fail for ever
        if label.kind == "run":
            lake.runs.advance(label.tenant, label.id)
        else:
            lake.queries.advance(label.tenant, label.id)
