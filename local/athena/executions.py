"""Query executions: QUEUED -> RUNNING -> SUCCEEDED | FAILED | CANCELLED, at most so many at once, the rest in order.

The event loop only ever touches records; parsing, planning and DuckDB's work happen on the pool's threads.
"""
# ruff: noqa: SLF001 - MiniStack offers its stores to its own modules only; tests/local/test_stack_contract.py watches them

import dataclasses
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import duckdb
from ministack.services import athena as native

from local.athena import (
    analyze,
    datacatalogs,
    events,
    objects,
    pages,
    prepared,
    profiles,
    reuse,
    runner,
    syntax,
    workgroups,
)
from local.athena.callers import calling
from local.athena.engine import Engine
from local.athena.errors import SYSTEM, Cancelled, QueryFailed, Refused
from local.athena.faults import faults
from local.athena.jobs import Job, asked, new_job, remember, take_over
from local.athena.records import FINAL, find, tokens
from local.athena.settings import MOST_AT_ONCE
from local.athena.statements import Statement, classify

_log = logging.getLogger("athena")
MAX_TEXT = 262_144
_KEPT = 5_000
Operation = Callable[[dict[str, Any]], dict[str, Any]]


class Executions:
    """The store, the queue and the pool. `active_quota` and `running_quota` may be changed at any time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="athena")
        self._active: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._lock = threading.Lock()
        self.running_quota = engine.settings.concurrency
        self.active_quota = engine.settings.active_queries

    def counts(self) -> tuple[int, int]:
        """How many queries are active (queued or running), and how many of them run."""
        return len(self._active), self._running

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """StartQueryExecution. A reused ClientRequestToken returns the earlier execution's id."""
        group, sql = request.get("WorkGroup") or "primary", request["QueryString"]
        if len(sql.encode()) > MAX_TEXT:
            raise Refused(f"Query string length exceeds the limit of {MAX_TEXT} bytes")
        if request.get("EngineConfiguration"):
            raise Refused("EngineConfiguration is not supported by the embedded Athena", athena_code="NOT_SUPPORTED")
        if workgroups.find(group).get("State") == "DISABLED":
            raise Refused(f"WorkGroup {group} is disabled.")
        datacatalogs.check_queryable((request.get("QueryExecutionContext") or {}).get("Catalog"))
        location = workgroups.output_location(group, request)
        if earlier := _by_token(request):
            return {"QueryExecutionId": earlier}
        statement = _read(sql, request.get("ExecutionParameters"), group)
        _check_output(statement, group, location)
        with self._lock:
            if earlier := _by_token(request):
                return {"QueryExecutionId": earlier}
            if len(self._active) >= self.active_quota:
                raise Refused("You have exceeded the limit for the number of queries you can run concurrently. "
                              "Please try again later.", "TooManyRequestsException")  # fmt: skip
            job = new_job(request, statement, group, location)
            job.reused = reuse.find(job.record, statement, self._engine.settings.work_dir)
            job.fault = faults.of_query(sql, group)
            native._executions[job.identifier] = job.record
            self._active[job.identifier] = job
            if token := request.get("ClientRequestToken"):
                tokens()[token] = job.identifier
            self._waiting.append(job)
        self._publish(job, None)
        self.dispatch()
        return {"QueryExecutionId": job.identifier}

    def dispatch(self) -> None:
        """Give waiting queries to the pool, the oldest first, as far as the quota goes."""
        with self._lock:
            while self._waiting and self._running < self.running_quota:
                job = self._waiting.popleft()
                if job.record["Status"]["State"] in FINAL:
                    continue
                self._running += 1
                job.future = self._pool.submit(self._run, job)

    def _run(self, job: Job) -> None:
        try:
            with job.scope.enter(), calling(job.caller):
                self._run_in_scope(job)
        finally:
            job.ended.set()
            with self._lock:
                self._running -= 1
            self.dispatch()

    def _run_in_scope(self, job: Job) -> None:
        fault = job.fault
        if fault is not None and fault.queued_ms:
            job.stopped.wait(fault.queued_ms / 1000)
        job.started = time.time()
        if not self._move(job, "RUNNING"):
            return
        try:
            _suffer(job)
            outcome = self._work(job) if job.reused is None else None
        except Cancelled as stop:
            self._finish(job, "CANCELLED", reason=stop.reason)
        except QueryFailed as failure:
            self._finish(job, "FAILED", failure=failure)
        except Refused as refused:  # by a parser that met its part of the text only now
            self._finish(job, "FAILED", failure=refused.as_failure())
        except duckdb.InterruptException:
            self._finish(job, "CANCELLED")
        except Exception as defect:  # noqa: BLE001 - a defect must end the query, not the thread
            _log.exception("query %s failed by a defect of the embedded Athena", job.identifier)
            broken = QueryFailed("GENERIC_INTERNAL_ERROR", f"{type(defect).__name__}: {defect}", SYSTEM)
            self._finish(job, "FAILED", failure=broken)
        else:
            self._finish(job, "SUCCEEDED", outcome=outcome)

    def _work(self, job: Job) -> runner.Outcome:
        group = job.record["WorkGroup"]
        limit = workgroups.cutoff(group)

        def on_scan(count: int) -> None:
            if job.stopped.is_set():
                raise Cancelled
            job.scanned += count
            job.planned = job.planned or time.time()
            job.measure()
            if limit is not None and job.scanned > limit:
                raise Cancelled("Bytes scanned limit was exceeded")

        workgroups.check_owner(job.record["ResultConfiguration"], job.scope.account)
        # awswrangler gives the name in backquotes, and Athena takes it so.
        database = (job.record["QueryExecutionContext"].get("Database") or "default").lower().strip("`")
        with self._engine.executor() as cursor, self._engine.planner() as planner:
            job.cursors = (cursor, planner)
            if job.stopped.is_set():
                raise Cancelled
            work = runner.Run(job.identifier, database, job.location, self._engine, cursor, planner,
                              on_scan, lambda name: prepared.text_of(group, name))  # fmt: skip
            if job.statement.kind in prepared.KINDS:
                prepared.run(job.statement, group)
                return runner.lines(work, [], [])
            if job.statement.kind == "EXPLAIN_ANALYZE":
                return analyze.run(work, job.statement, job.started - job.queued)
            outcome = runner.run(work, job.statement)
            if job.statement.type == "DML" and (profile := profiles.of_last(cursor)):
                job.record["_stage"] = json.dumps(profiles.stage(profile))
            return outcome

    def _move(self, job: Job, state: str) -> bool:
        """One step of the state machine; False when the query has already ended."""
        with job.lock:
            status = job.record["Status"]
            previous = status["State"]
            if previous in FINAL:
                return False
            job.measure()
            if state in FINAL:
                status["CompletionDateTime"] = time.time()
                self._active.pop(job.identifier, None)
            status["State"] = state
            self._publish(job, previous)
            return True

    def _finish(
        self,
        job: Job,
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
                remember(record, outcome)
            elif state == "SUCCEEDED" and job.reused is not None:
                take_over(record, job.reused)
            self._move(job, state)
        self._forget_oldest()

    def _publish(self, job: Job, previous: str | None) -> None:
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
        job = self._active.get(find(request)["QueryExecutionId"])
        if job is not None:
            job.stopped.set()
            self._finish(job, "CANCELLED", reason="Query cancelled by user")
            if job.future is not None:
                threading.Thread(target=job.interrupt, name="athena-stop", daemon=True).start()
        return {}

    def get_results(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetQueryResults."""
        return pages.get_results(request, self._engine.settings.work_dir)

    def statistics(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetQueryRuntimeStatistics."""
        return pages.statistics(request, self._engine.settings.work_dir)

    def close(self) -> None:
        """Interrupt what runs; take no more."""
        with self._lock:
            self._waiting.clear()
        for job in list(self._active.values()):
            job.stopped.set()
            job.interrupt_once()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _suffer(job: Job) -> None:
    """What was ordered for this query. Raises Cancelled when it is stopped meanwhile, QueryFailed as ordered."""
    fault = job.fault
    if fault is None:
        return
    if job.stopped.wait(None if fault.hangs else fault.running_ms / 1000):
        raise Cancelled
    if failure := fault.failure():
        raise failure


def _by_token(request: dict[str, Any]) -> str | None:
    """The id of the query that the request's token has started. Raises Refused when that was another query."""
    token = request.get("ClientRequestToken")
    found: str | None = tokens().get(token) if token else None
    record = native._executions.get(found) if found else None
    if record is not None and record.get("_asked") != asked(request):
        raise Refused("Idempotent parameters do not match")
    return found if record is not None else None


def _check_output(statement: Statement, group: str, location: str) -> None:
    bucket, _ = objects.split_uri(location)
    if not objects.bucket_exists(bucket):
        raise Refused(f"Unable to verify/create output bucket {bucket}")
    if statement.kind == "CTAS" and workgroups.is_enforced(group) and "external_location" in statement.text.lower():
        raise Refused(
            "The Create Table As Select query failed because it was submitted with an 'external_location' property "
            "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query.",
        )


def _read(sql: str, parameters: list[str] | None, group: str) -> Statement:
    """The statement, its parameters bound. EXECUTE binds them to the prepared text instead."""
    if parameters is None:
        return classify(sql)
    parameters = [syntax.parameter(value) for value in parameters]
    try:
        if sql.strip().lower().startswith("execute"):
            statement = classify(sql)
            inner = prepared.text_of(group, runner.executed(statement.text)[0])
            return dataclasses.replace(classify(syntax.bind(inner, parameters)), subtype="EXECUTE")
        return classify(syntax.bind(sql, parameters))
    except QueryFailed as failure:
        raise Refused(failure.detail, athena_code=failure.code) from failure
