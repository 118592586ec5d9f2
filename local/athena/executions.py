"""Query executions: QUEUED -> RUNNING -> SUCCEEDED | FAILED | CANCELLED, on a bounded pool of threads.

The event loop only ever touches records; parsing, planning and DuckDB's work happen on the pool's threads.
"""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import logging
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from ministack.services import athena as native

from local.athena import events, objects, prepared, results, runner, syntax, workgroups
from local.athena.engine import Engine
from local.athena.errors import OTHER, SYSTEM, Cancelled, QueryFailed, Refused
from local.athena.host import Scope, current_scope
from local.athena.records import FINAL, find, tokens
from local.athena.statements import Statement, classify

_log = logging.getLogger("athena")
MAX_TEXT = 262_144
_KEPT = 5_000


@dataclass
class _Job:
    record: dict[str, Any]
    statement: Statement
    scope: Scope
    location: str
    queued: float
    started: float = 0.0
    planned: float = 0.0
    sequence: int = 0
    scanned: int = 0
    is_stopped: bool = False
    cursor: duckdb.DuckDBPyConnection | None = None
    future: Future[None] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)


class Executions:
    """The store and the pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(engine.settings.concurrency, thread_name_prefix="athena")
        self._active: dict[str, _Job] = {}
        self._lock = threading.Lock()

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """StartQueryExecution. A reused ClientRequestToken returns the earlier execution's id."""
        group = request.get("WorkGroup") or "primary"
        sql = request.get("QueryString") or ""
        if len(sql.encode()) > MAX_TEXT:
            raise Refused(f"Query string length exceeds the limit of {MAX_TEXT} bytes")
        if workgroups.find(group).get("State") == "DISABLED":
            raise Refused(f"WorkGroup {group} is disabled.")
        location = workgroups.output_location(group, request)
        token = request.get("ClientRequestToken")
        if earlier := self._by_token(token, sql):
            return {"QueryExecutionId": earlier}
        parameters = request.get("ExecutionParameters")
        statement = _read(sql, parameters, group)
        if statement.kind == "CTAS" and workgroups.is_enforced(group) and "external_location" in sql.lower():
            raise Refused(
                "The Create Table As Select query failed because it was submitted with an 'external_location' property "
                "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
                "'external_location' property and resubmit the query.",
            )
        with self._lock:
            if earlier := self._by_token(token, sql):
                return {"QueryExecutionId": earlier}
            if len(self._active) >= self._engine.settings.concurrency + self._engine.settings.queue_limit:
                raise Refused("You have exceeded the limit for the number of queries you can run concurrently.",
                              "TooManyRequestsException", "TOO_MANY_REQUESTS")  # fmt: skip
            job = self._admit(request, statement, location, group)
        self._publish(job, None)
        job.future = self._pool.submit(self._run, job)
        return {"QueryExecutionId": job.record["QueryExecutionId"]}

    def _admit(self, request: dict[str, Any], statement: Statement, location: str, group: str) -> _Job:
        now = time.time()
        identifier = str(uuid.uuid4())
        record: dict[str, Any] = {
            "QueryExecutionId": identifier,
            "Query": request.get("QueryString", ""),
            "StatementType": statement.type,
            "SubstatementType": statement.subtype,
            "ResultConfiguration": {**(request.get("ResultConfiguration") or {}), "OutputLocation": location},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": request.get("QueryExecutionContext") or {},
            "Status": {"State": "QUEUED", "SubmissionDateTime": now},
            "Statistics": {"EngineExecutionTimeInMillis": 0, "DataScannedInBytes": 0, "TotalExecutionTimeInMillis": 0,
                           "QueryQueueTimeInMillis": 0, "ServiceProcessingTimeInMillis": 0},
            "WorkGroup": group,
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"},
            "_token": request.get("ClientRequestToken"),
            "_order": time.time_ns(),
        }  # fmt: skip
        if request.get("ExecutionParameters"):
            record["ExecutionParameters"] = request["ExecutionParameters"]
        record["ResultConfiguration"]["OutputLocation"] = _expected_output(statement, location, identifier)
        job = _Job(record, statement, current_scope(), location, now)
        native._executions[identifier] = record
        self._active[identifier] = job
        if record["_token"]:
            tokens()[record["_token"]] = identifier
        return job

    def _by_token(self, token: str | None, sql: str) -> str | None:
        if not token:
            return None
        found: str | None = tokens().get(token)
        record = native._executions.get(found) if found else None
        if record is not None and record["Query"] != sql:
            raise Refused("Idempotent parameters do not match")
        return found if record is not None else None

    def _run(self, job: _Job) -> None:
        with job.scope.enter():
            job.started = time.time()
            if not self._move(job, "RUNNING"):
                return
            try:
                outcome = self._work(job)
            except Cancelled as stop:
                self._finish(job, "CANCELLED", reason=stop.reason)
            except QueryFailed as failure:
                self._finish(job, "FAILED", failure=failure)
            except duckdb.InterruptException:
                self._finish(job, "CANCELLED")
            except Exception as defect:  # noqa: BLE001 - a defect must end the query, not the thread
                _log.exception("query %s failed by a defect of the embedded Athena", job.record["QueryExecutionId"])
                broken = QueryFailed("GENERIC_INTERNAL_ERROR", f"{type(defect).__name__}: {defect}", SYSTEM)
                self._finish(job, "FAILED", failure=broken)
            else:
                self._finish(job, "SUCCEEDED", outcome=outcome)

    def _work(self, job: _Job) -> runner.Outcome:
        group = job.record["WorkGroup"]
        limit = workgroups.cutoff(group)

        def on_scan(count: int) -> None:
            job.scanned += count
            job.planned = time.time()
            if job.is_stopped:
                raise Cancelled
            if limit is not None and job.scanned > limit:
                raise Cancelled("Bytes scanned limit was exceeded")

        bucket, _ = objects.split_uri(job.location)
        if not objects.bucket_exists(bucket):
            raise QueryFailed("", f"Unable to verify/create output bucket {bucket}", OTHER)
        database = (job.record["QueryExecutionContext"].get("Database") or "default").lower()
        with self._engine.executor() as cursor, self._engine.planner() as planner:
            job.cursor = cursor
            if job.is_stopped:
                raise Cancelled
            work = runner.Run(job.record["QueryExecutionId"], database, job.location, self._engine, cursor, planner,
                              on_scan, lambda name: prepared.text_of(group, name))  # fmt: skip
            return runner.run(work, job.statement)

    def _move(self, job: _Job, state: str) -> bool:
        """One step of the state machine; False when the query has already ended."""
        with job.lock:
            status = job.record["Status"]
            previous = status["State"]
            if previous in FINAL:
                return False
            status["State"] = state
            if state in FINAL:
                status["CompletionDateTime"] = time.time()
                self._measure(job)
                self._active.pop(job.record["QueryExecutionId"], None)
            self._publish(job, previous)
            return True

    def _measure(self, job: _Job) -> None:
        ended = time.time()
        started = job.started or ended
        planned = job.planned or started
        job.record["Statistics"].update(
            EngineExecutionTimeInMillis=int((ended - started) * 1000),
            DataScannedInBytes=job.scanned,
            TotalExecutionTimeInMillis=int((ended - job.queued) * 1000),
            QueryQueueTimeInMillis=int((started - job.queued) * 1000),
            QueryPlanningTimeInMillis=int((planned - started) * 1000),
            ServiceProcessingTimeInMillis=0,
        )

    def _finish(
        self,
        job: _Job,
        state: str,
        *,
        outcome: runner.Outcome | None = None,
        failure: QueryFailed | None = None,
        reason: str = "",
    ) -> None:
        with job.lock:
            record, status = job.record, job.record["Status"]
            if status["State"] in FINAL:
                return
            if failure is not None:
                status["StateChangeReason"] = failure.reason
                status["AthenaError"] = failure.athena_error()
            elif reason:
                status["StateChangeReason"] = reason
            if outcome is not None:
                record["ResultConfiguration"]["OutputLocation"] = outcome.output
                record["_columns"] = [[c.name, c.kind] for c in outcome.columns]
                record["_has_header"], record["_updated"] = outcome.has_header, outcome.updated
                record["_rows"] = outcome.rows if outcome.updated is None else outcome.updated
                if outcome.manifest:
                    record["Statistics"]["DataManifestLocation"] = outcome.manifest
            self._move(job, state)
        self._forget_oldest()

    def _publish(self, job: _Job, previous: str | None) -> None:
        job.sequence += 1
        events.publish(job.scope, job.record, previous, job.sequence)

    def _forget_oldest(self) -> None:
        if len(native._executions) > _KEPT:
            ended = [r for r in native._executions.values() if r["Status"]["State"] in FINAL]
            for record in sorted(ended, key=lambda r: r["_order"])[: _KEPT // 10]:
                native._executions.pop(record["QueryExecutionId"], None)
                tokens().pop(record.get("_token"), None)

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """StopQueryExecution: at once; a query that has ended stays as it is."""
        record = find(request)
        job = self._active.get(record["QueryExecutionId"])
        if job is not None:
            job.is_stopped = True
            self._finish(job, "CANCELLED", reason="Query cancelled by user")
            if job.cursor is not None:
                job.cursor.interrupt()
            if job.future is not None:
                job.future.cancel()
        return {}

    def get_results(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetQueryResults: pages of up to 1,000 rows; the first row of a SELECT is its header."""
        record = find(request)
        state = record["Status"]["State"]
        if state in ("QUEUED", "RUNNING"):
            raise Refused(f"Query has not yet finished. Current state: {state}")
        if state != "SUCCEEDED":
            raise Refused(f"Query did not finish successfully. Final query state: {state}")
        columns = [results.Column(name, kind) for name, kind in record.get("_columns") or []]
        rows, token = self._page(record, columns, request)
        answer: dict[str, Any] = {
            "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": [c.info() for c in columns]}},
            "UpdateCount": record.get("_updated") or 0,
        }
        if token:
            answer["NextToken"] = token
        return answer

    def _page(
        self, record: dict[str, Any], columns: list[results.Column], request: dict[str, Any],
    ) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip
        if record.get("_updated") is not None:
            return [], None
        size = int(request.get("MaxResults") or results.MAX_ROWS)
        if not 1 <= size <= results.MAX_ROWS:
            raise Refused(f"MaxResults is more than maximum allowed length {results.MAX_ROWS}")
        bucket, key = objects.split_uri(record["ResultConfiguration"]["OutputLocation"])
        found = objects.find(bucket, key, self._engine.settings.work_dir)
        if found is None:
            raise Refused(f"Could not find results at s3://{bucket}/{key}")
        if record.get("_has_header"):
            return results.page(Path(found.path), len(columns), request.get("NextToken"), size)
        lines = Path(found.path).read_text().split("\n")[:-1]
        start = int(request.get("NextToken") or 0)
        rows = [{"Data": [{"VarCharValue": v} for v in line.split("\t")]} for line in lines[start : start + size]]
        return rows, str(start + size) if start + size < len(lines) else None

    def statistics(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetQueryRuntimeStatistics: the timeline and row counts (no stage tree)."""
        record = find(request)
        held = record["Statistics"]
        timeline = {k: held.get(k, 0) for k in ("QueryQueueTimeInMillis", "QueryPlanningTimeInMillis",
                    "EngineExecutionTimeInMillis", "ServiceProcessingTimeInMillis",
                    "TotalExecutionTimeInMillis")}  # fmt: skip
        rows = {"InputBytes": held["DataScannedInBytes"], "OutputRows": record.get("_rows") or 0}
        return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}}

    def close(self) -> None:
        """Interrupt what runs; take no more."""
        for job in list(self._active.values()):
            if job.cursor is not None:
                job.cursor.interrupt()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _read(sql: str, parameters: list[str] | None, group: str) -> Statement:
    """The statement, its parameters bound. EXECUTE binds them to the prepared text instead."""
    statement: Statement | None = None
    if parameters is None:
        return classify(sql)
    try:
        if sql.strip().lower().startswith("execute"):
            statement = classify(sql)
            inner = prepared.text_of(group, runner.executed(statement.text)[0])
            return classify(syntax.bind(inner, parameters))
        return classify(syntax.bind(sql, parameters))
    except QueryFailed as failure:
        raise Refused(failure.detail, athena_code=failure.code) from failure


def _expected_output(statement: Statement, location: str, identifier: str) -> str:
    if statement.kind == "CTAS":
        return f"{location}tables/{identifier}"
    if statement.kind in ("INSERT", "UNLOAD"):
        return f"{location}{identifier}"
    return f"{location}{identifier}.{'csv' if statement.kind in ('SELECT', 'EXECUTE') else 'txt'}"


Operation = Callable[[dict[str, Any]], dict[str, Any]]
