"""One query execution while it lives: its record as the API shows it, and what the engine needs to run and stop it."""

import contextlib
import hashlib
import json
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import duckdb

from local.athena import callers, results, workgroups
from local.athena.faults import QueryFault
from local.athena.host import Scope, current_scope
from local.athena.runner import Outcome
from local.athena.statements import Statement


@dataclass
class Job:
    """Times are seconds of the clock (0 where not reached yet), `scanned` is in bytes.

    `reused` is the earlier record whose result stands in for a run; `stopped` is set when nobody wants the result any
    more, `ended` when the job's thread has let go of everything.
    """

    record: dict[str, Any]
    statement: Statement
    scope: Scope
    location: str
    queued: float
    caller: str
    reused: dict[str, Any] | None = None
    fault: QueryFault | None = None
    started: float = 0.0
    planned: float = 0.0
    sequence: int = 0
    scanned: int = 0
    cursors: tuple[duckdb.DuckDBPyConnection, ...] = ()
    future: Future[None] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopped: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def identifier(self) -> str:
        return str(self.record["QueryExecutionId"])

    def measure(self) -> None:
        """Bring the record's statistics up to now."""
        now = time.time()
        started = self.started or now
        planned = min(max(self.planned, started), now)
        self.record["Statistics"].update(
            EngineExecutionTimeInMillis=_millis(now - started),
            DataScannedInBytes=self.scanned,
            TotalExecutionTimeInMillis=_millis(now - self.queued),
            QueryQueueTimeInMillis=_millis(started - self.queued),
            QueryPlanningTimeInMillis=_millis(planned - started),
        )

    def interrupt(self) -> None:
        """Stop what DuckDB does for this job, until its thread has noticed: between two statements nobody listens."""
        while not self.ended.is_set():
            self.interrupt_once()
            self.ended.wait(0.02)

    def interrupt_once(self) -> None:
        """Stop the statements that run at this moment."""
        for cursor in self.cursors:
            with contextlib.suppress(duckdb.Error):  # closed in the meantime
                cursor.interrupt()


def _millis(seconds: float) -> int:
    return max(0, int(seconds * 1000))


def new_job(request: dict[str, Any], statement: Statement, group: str, location: str) -> Job:
    """A job that is QUEUED now, with its record."""
    now = time.time()
    identifier = str(uuid.uuid4())
    reuse = (request.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {"Enabled": False}
    if reuse["Enabled"]:
        reuse = {"Enabled": True, "MaxAgeInMinutes": reuse.get("MaxAgeInMinutes", 60)}
    settings = workgroups.result_settings(group, request)
    record: dict[str, Any] = {
        "QueryExecutionId": identifier,
        "Query": request["QueryString"],
        "StatementType": statement.type,
        "SubstatementType": statement.subtype,
        "ResultConfiguration": {**settings, "OutputLocation": expected_output(statement, location, identifier)},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": reuse},
        "QueryExecutionContext": dict(request.get("QueryExecutionContext") or {}),
        "Status": {"State": "QUEUED", "SubmissionDateTime": now},
        "Statistics": {
            "EngineExecutionTimeInMillis": 0,
            "DataScannedInBytes": 0,
            "TotalExecutionTimeInMillis": 0,
            "QueryQueueTimeInMillis": 0,
            "ServicePreProcessingTimeInMillis": 0,
            "QueryPlanningTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        },
        "WorkGroup": group,
        "EngineVersion": dict(workgroups.configuration(group).get("EngineVersion") or workgroups.ENGINE),
        "_token": request.get("ClientRequestToken"),
        "_order": time.time_ns(),
        "_asked": asked(request),
        "_settings": json.dumps({**settings, "OutputLocation": location}, sort_keys=True),
    }
    if request.get("ExecutionParameters"):
        record["ExecutionParameters"] = request["ExecutionParameters"]
    return Job(record, statement, current_scope(), location, now, callers.current())


def asked(request: dict[str, Any]) -> str:
    """What must be the same for a reused ClientRequestToken to mean the same query, as a digest.

    Records are copied for every snapshot, all on the event loop: what they remember is short texts, not trees.
    """
    told = {name: value for name, value in request.items() if name != "ClientRequestToken" and value}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def expected_output(statement: Statement, location: str, identifier: str) -> str:
    """Where the result, or the name of what was written, will be. Ends in what Athena appends for the statement."""
    if statement.kind == "CTAS":
        return f"{location}tables/{identifier}"
    if statement.kind in ("INSERT", "UNLOAD", "UPDATE", "DELETE", "MERGE"):
        return f"{location}{identifier}"
    return f"{location}{identifier}.{'csv' if statement.kind in ('SELECT', 'EXECUTE') else 'txt'}"


def columns_of(record: dict[str, Any]) -> list[results.Column]:
    """The result columns that a finished record remembers."""
    return [results.Column(name, kind) for name, kind in record.get("_columns") or []]


def remember(record: dict[str, Any], outcome: Outcome) -> None:
    """Keep with the record what its statement left."""
    record["ResultConfiguration"]["OutputLocation"] = outcome.output
    record["_columns"] = [[c.name, c.kind] for c in outcome.columns]
    record["_has_header"], record["_updated"] = outcome.has_header, outcome.updated
    record["_rows"] = outcome.rows if outcome.updated is None else outcome.updated
    if outcome.manifest:
        record["Statistics"]["DataManifestLocation"] = outcome.manifest


def take_over(record: dict[str, Any], earlier: dict[str, Any]) -> None:
    """The new record points to the earlier one's result."""
    record["ResultConfiguration"]["OutputLocation"] = earlier["ResultConfiguration"]["OutputLocation"]
    for name in ("_columns", "_has_header", "_updated", "_rows"):
        record[name] = earlier.get(name)
    record["Statistics"]["ResultReuseInformation"] = {"ReusedPreviousResult": True}
