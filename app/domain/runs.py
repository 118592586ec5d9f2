"""Runs: one attempt after another to make a version. A pure state machine: each method is one legal transition.

    queued ──> running: plan ──> write ──> check ──> publish ──> clean ──> succeeded
       │            └──────┬───────┴─────────┴──────────┘
       │                   └── (error, or cancelled) ──> clean ──> failed | cancelled
       └──> cancelled

`plan` claims the inputs, `write` makes the version's files, `check` is the gate, `publish` swaps the pointer, `clean`
tells readers and tidies up. A run that wrote nothing new ends `succeeded` after `plan`, with `is_reused`. Where readers
were moved off the version that a run builds on (a rollback), the run goes back to `plan`. A part of a rebuild that
readers must not see yet is published to nobody (`is_staged`): the next run goes on from it.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Literal

from app.domain.builds import Build, Plan, Scope
from app.domain.check_results import CheckResult
from app.domain.packing import PackedDefinition
from app.domain.records import Record
from app.domain.run_executions import RunExecution, RunStatistics, Step
from app.domain.run_problems import RunProblem
from app.domain.versions import Input, Version

MAX_ATTEMPTS: Final = 3
_SETBACK_CEILING: Final = timedelta(seconds=60)
_NO_SETBACKS: Final = {"setbacks": 0, "outages": 0}


class RunState(StrEnum):
    """queued and running change by themselves; the others are for good."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER: Final = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})
Trigger = Literal["manual", "arrival", "schedule", "run", "retry"]


class Run(Record):
    """A run of a job. `lease` names who works on it until `lease_until`; a write by anyone else ends that claim, since
    every write is conditional on the revision. `definition` is the job's as it was when the inputs were claimed;
    `scope` the partitions that a back-fill was asked for; `build`, `base` and so on are the plan's (`Plan`).
    `counts_from` is the first attempt that counts the partitions and writes them in batches, None while none does;
    `batches_expected` how many statements write in this attempt, None before it is known.
    `refusals` counts the attempts that Athena's limits ended, `splits` those of them that took too long, `replans` how
    often the run was planned anew: none of these is a failure.
    `is_in_line`: it waits for one of Athena's permits (`Permits`).
    `setbacks` counts in a row how often a service refused us, `outages` those where it was down and not just busy.
    """

    id: str
    tenant: str
    job: str
    target: str
    trigger: Trigger
    retry_of: str | None = None
    is_forced: bool = False
    scope: Scope = ()
    job_version: int = 0
    state: RunState = RunState.QUEUED
    step: Step | None = None
    is_cancelling: bool = False
    is_reused: bool = False
    attempt: int = 1
    counts_from: int | None = None
    definition: PackedDefinition = None
    build: Build = "rebuild"
    base: str | None = None
    logic: str | None = None
    primary_key: tuple[str, ...] = ()
    is_whole: bool = True
    is_partial: bool = False
    is_staged: bool = False
    batches_expected: int | None = None
    inputs: tuple[Input, ...] = ()
    fingerprint: str | None = None
    version: str | None = None
    executions: tuple[RunExecution, ...] = ()
    rows: int | None = None
    rejected_rows: int = 0
    checks: tuple[CheckResult, ...] = ()
    files: int = 0
    bytes_written: int = 0
    error: RunProblem | None = None
    created_at: datetime
    created_by: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    lease: str | None = None
    lease_until: datetime | None = None
    setbacks: int = 0
    outages: int = 0
    refusals: int = 0
    replans: int = 0
    splits: int = 0
    not_before: datetime | None = None
    is_in_line: bool = False

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_published(self) -> bool:
        return self.step is Step.CLEAN and self.error is None and not self.is_cancelling

    @property
    def open_execution(self) -> RunExecution | None:
        """The execution that the run waits for."""
        return next((one for one in self.executions if not one.is_over), None)

    @property
    def statistics(self) -> RunStatistics:
        return RunStatistics(
            rows=self.rows,
            rejected_rows=self.rejected_rows,
            bytes_scanned=sum(one.bytes_scanned for one in self.executions),
            bytes_written=self.bytes_written,
            files=self.files,
            cost_usd=str(sum((Decimal(one.cost_usd) for one in self.executions), Decimal(0))),
            queue_ms=sum(one.queue_ms for one in self.executions),
            engine_ms=sum(one.engine_ms for one in self.executions),
        )

    @property
    def done_in_present_step(self) -> tuple[RunExecution, ...]:
        """The executions of the step in the present attempt, in their order."""
        return tuple(one for one in self.executions if one.step is self.step and one.attempt == self.attempt)

    @property
    def batches_done(self) -> int:
        """Statements of the present attempt that have written."""
        return sum(one.state == "SUCCEEDED" for one in self._writing)

    @property
    def billed_bytes(self) -> int:
        """Bytes scanned by statements that cost: failed ones are free."""
        return sum(one.bytes_scanned for one in self.executions if one.state != "FAILED")

    @property
    def batches(self) -> int:
        """Statements of the present attempt that wrote."""
        return len(self._writing)

    @property
    def _writing(self) -> list[RunExecution]:
        return [one for one in self.executions if one.attempt == self.attempt and one.purpose in {"create", "insert"}]

    @property
    def has_attempts_left(self) -> bool:
        """Having been too much for one statement, or planned anew, is none of the failures that are counted here."""
        return self.attempt - self.refusals - self.replans < MAX_ATTEMPTS

    def started(self, now: datetime) -> "Run":
        return self._next(RunState.QUEUED, None, state=RunState.RUNNING, step=Step.PLAN, started_at=now)

    def planned(self, plan: Plan) -> "Run":
        decided = {name: getattr(plan, name) for name in Plan.model_fields if name != "is_counted"}
        counts_from = self.attempt if plan.is_counted else None
        return self._next(RunState.RUNNING, Step.PLAN, step=Step.WRITE, **decided, counts_from=counts_from)

    def split_as(self, current: Version | None) -> "Run":
        """Statements as small as those of the present version, which Athena ended when they were larger. A forced run
        tries the usual size again.
        """
        return self.model_copy(update={"splits": 0 if current is None or self.is_forced else current.splits})

    def reused(self, inputs: Sequence[Input], current: Version) -> "Run":
        """The same inputs under the same definition made the present version: nothing is left to write."""
        return self._next(
            RunState.RUNNING,
            Step.PLAN,
            step=Step.CLEAN,
            inputs=tuple(inputs),
            fingerprint=current.fingerprint,
            version=current.id,
            is_reused=True,
            rows=current.rows,
            rejected_rows=current.rejected_rows,
            checks=current.checks,
        )

    def executing(self, execution: RunExecution, *, batches: int | None = None) -> "Run":
        """A statement was started; the run waits for it. `batches`: how many will have written, if that is known."""
        if self.open_execution is not None or execution.step is not self.step:
            raise ValueError(f"run {self.id} cannot start {execution.purpose} in step {self.step}")
        changes = {"executions": (*self.executions, execution), "batches_expected": batches or self.batches_expected}
        return self.model_copy(update={**changes, **_NO_SETBACKS})

    def observed(self, execution: RunExecution) -> "Run":
        """An execution as it is now."""
        known = tuple(execution if one.id == execution.id else one for one in self.executions)
        return self.model_copy(update={"executions": known})

    def tried_again(self) -> "Run":
        """The write starts anew, with a prefix and a table of its own."""
        if self.step not in {Step.WRITE, Step.CHECK}:
            raise ValueError(f"run {self.id} has written nothing in step {self.step}")
        return self._next(RunState.RUNNING, self.step, step=Step.WRITE, attempt=self.attempt + 1, batches_expected=None)

    def replanned(self) -> "Run":
        """Readers no longer see the version that this one was to build on: what was written is of no use."""
        if self.step is not Step.PUBLISH:
            raise ValueError(f"run {self.id} publishes nothing in step {self.step}")
        counters = {"attempt": self.attempt + 1, "replans": self.replans + 1}
        return self._next(RunState.RUNNING, self.step, step=Step.PLAN, **counters, batches_expected=None, rows=None)

    def too_wide(self) -> "Run":
        """One statement could not write all partitions: they are counted, and the write starts anew in batches."""
        if self.step is not Step.WRITE or self.counts_from is not None:
            raise ValueError(f"run {self.id} counts its partitions already, or writes nothing in step {self.step}")
        return self.tried_again().model_copy(update={"counts_from": self.attempt + 1, "refusals": self.refusals + 1})

    def too_slow(self) -> "Run":
        """A statement ran into Athena's time limit: the write starts anew, with fewer partitions in each statement."""
        if self.step is not Step.WRITE:
            raise ValueError(f"run {self.id} writes nothing in step {self.step}")
        changes = {"splits": self.splits + 1, "refusals": self.refusals + 1}
        return self.tried_again().model_copy(update={**changes, "counts_from": self.counts_from or self.attempt + 1})

    def written(self) -> "Run":
        return self._next(RunState.RUNNING, Step.WRITE, step=Step.CHECK)

    def checked(self, rows: int, rejected_rows: int = 0, checks: Sequence[CheckResult] = ()) -> "Run":
        changes = {"rows": rows, "rejected_rows": rejected_rows, "checks": tuple(checks)}
        return self._next(RunState.RUNNING, Step.CHECK, step=Step.PUBLISH, **changes)

    def published(self, files: int, bytes_written: int) -> "Run":
        return self._next(RunState.RUNNING, Step.PUBLISH, step=Step.CLEAN, files=files, bytes_written=bytes_written)

    def failing(self, problem: RunProblem, checks: Sequence[CheckResult] = ()) -> "Run":
        """It will end `failed` once it has cleaned up; nothing is published. `checks`: what the gate found."""
        if self.state is not RunState.RUNNING or self.is_published:
            raise ValueError(f"run {self.id} cannot fail in {self.state} {self.step}")
        changes = {"step": Step.CLEAN, "error": self.error or problem, "checks": tuple(checks) or self.checks}
        return self.model_copy(update=changes)

    def cancelling(self) -> "Run":
        """It will end `cancelled` once Athena has stopped. Whoever holds it loses it."""
        if self.state is not RunState.RUNNING or self.is_published:
            raise ValueError(f"run {self.id} cannot be cancelled in {self.state} {self.step}")
        return self.model_copy(update={"is_cancelling": True, "lease": None, "lease_until": None, "not_before": None})

    def ended(self, now: datetime) -> "Run":
        """After cleaning up, or before it ever started."""
        if self.state is RunState.QUEUED:
            return self.model_copy(update={"state": RunState.CANCELLED, "ended_at": now})
        state = RunState.FAILED if self.error else RunState.CANCELLED if self.is_cancelling else RunState.SUCCEEDED
        changes = {"state": state, "step": None, "ended_at": now, "lease": None, "lease_until": None}
        if state is not RunState.SUCCEEDED:
            changes["version"] = None
        return self.model_copy(update=changes)

    def waiting_until(self, moment: datetime) -> "Run":
        """Still queued: what it waits for has not come to rest."""
        return self._next(RunState.QUEUED, None, not_before=moment)

    def held(self, lease: str | None, until: datetime | None) -> "Run":
        changes = {"lease": lease, "lease_until": until, "not_before": None, "is_in_line": False}
        return self.model_copy(update=changes)

    def in_line(self) -> "Run":
        """All that Athena takes of runs is running; it waits for its turn."""
        return self.held(None, None).model_copy(update={"is_in_line": True})

    def set_back(self, now: datetime, share: float, *, is_outage: bool) -> "Run":
        """A service behind us refused. The next try comes after a random `share` (0 to 1) of twice the last ceiling, a
        minute at most: full jitter (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter). One that is
        just busy is no `is_outage`.
        """
        ceiling = min(timedelta(seconds=2.0 ** min(self.setbacks, 10) / 2), _SETBACK_CEILING)
        changes = {
            "setbacks": self.setbacks + 1,
            "outages": self.outages + is_outage,
            "not_before": now + ceiling * share,
        }
        return self.model_copy(update={**changes, "lease": None, "lease_until": None})

    def _next(self, state: RunState, step: Step | None, /, **changes: Any) -> "Run":
        if self.state is not state or self.step is not step:
            raise ValueError(f"run {self.id} is in {self.state} {self.step}, not in {state} {step}")
        return self.model_copy(update={**changes, **_NO_SETBACKS})


def statement_token(run: Run, step: Step, number: int) -> str:
    """Athena's ClientRequestToken: the same statement of the same attempt is one execution, however often asked for."""
    parts = (run.tenant, run.id, step.value, str(run.attempt), str(number))
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
