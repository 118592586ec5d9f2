"""Athena state changes, by EventBridge."""

from typing import Any

from app.bootstrap import Lake

_OVER = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


def on_state_change(lake: Lake, message: dict[str, Any]) -> None:
    """An execution is over: the run or query that waits for it takes its next step. Others' are ignored."""
    if message["detail"]["currentState"] not in _OVER:
        return
    label = lake.athena.get(message["detail"]["queryExecutionId"]).label
    if label is None:
        return
    if label.kind == "run":
        lake.runs.advance(label.tenant, label.id)
    else:
        lake.queries.advance(label.tenant, label.id)
