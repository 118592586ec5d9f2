"""The engine of runs: `advance`, the one function that takes a run to its next step.

Whoever calls it (an event, the tick, a reader) makes no difference, nor how often or how many at once: every
transition is one write on the revision that was read, and a lease keeps the others from doing the same work meanwhile.
"""

import json
import logging
from collections import deque
from collections.abc import Sequence
from datetime import timedelta

from app.adapters.athena import Athena
from app.adapters.dynamodb.runs import RunStore
from app.adapters.dynamodb.table import every
from app.domain.errors import (
    AlreadyExists,
    BackendUnavailable,
    HeadgateError,
    PayloadTooLarge,
    PreconditionFailed,
    StatementTooLong,
    TooManyRequests,
)
from app.domain.identifiers import Clock, IdFactory, Jitter
from app.domain.permits import NoPermit
from app.domain.run_executions import Step
from app.domain.run_problems import RunFailed
from app.domain.runs import Run, RunState
from app.services.athena_permits import AthenaPermits
from app.services.run_cleaning import RunCleaning
from app.services.run_plans import RunPlans
from app.services.run_queues import RunQueues
from app.services.run_steps import RunSteps
from app.services.run_triggers import RunTriggers
from app.services.transitions import Transition
from app.services.usage import Usage
from app.settings import Settings

log = logging.getLogger("headgate.runs")

CONFLICT = (PreconditionFailed, AlreadyExists)
TRIES = 20
_MAX_OUTAGES = 30  # about a quarter of an hour of a service that does not answer
_MANY_FILES = 1000  # with fewer it is not their names that are too long
_PAGE = 100


class RunEngine:
    """Takes runs forward. At most one of a job works at a time, so that a dataset has one writer."""

    def __init__(
        self,
        settings: Settings,
        store: RunStore,
        queues: RunQueues,
        triggers: RunTriggers,
        plans: RunPlans,
        steps: RunSteps,
        cleaning: RunCleaning,
        athena: Athena,
        permits: AthenaPermits,
        usage: Usage,
        clock: Clock,
        new_id: IdFactory,
        jitter: Jitter,
    ) -> None:
        self._lease = timedelta(seconds=settings.run_lease_seconds)
        self._store = store
        self._queues = queues
        self._triggers = triggers
        self._plans = plans
        self._steps = steps
        self._cleaning = cleaning
        self._athena = athena
        self._permits = permits
        self._usage = usage
        self._clock = clock
        self._new_id = new_id
        self._jitter = jitter

    def advance(self, tenant: str, run_id: str) -> Run:
        """Take a run as far as it goes without waiting, and whatever its end starts."""
        first = self._advanced(self._store.get(tenant, run_id))
        seen = {(tenant, run_id)}
        ahead = deque(self._woken_by(first))
        while ahead:
            if (one := ahead.popleft()) not in seen:
                seen.add(one)
                ahead.extend(self._woken_by(self._advanced(self._store.get(*one))))
        return first

    def advance_open(self) -> None:
        """The tick: every run that is not over takes the step that no event woke it for."""
        self._evict()
        for run in every(lambda token: self._store.open(_PAGE, token)):
            try:
                self.advance(run.tenant, run.id)
            except Exception as error:  # noqa: BLE001 - the others go on; this one comes again with the next tick
                log.warning(json.dumps({"event": "tick_failed", "run": run.id, "type": type(error).__name__}))

    def _evict(self) -> None:
        try:
            self._permits.evict_dead()
        except HeadgateError as error:  # the runs go on; the next tick looks again
            log.warning(json.dumps({"event": "evict_failed", "code": error.code}))

    def _woken_by(self, run: Run) -> Sequence[tuple[str, str]]:
        """Tenant and id of the runs that may go on now that this one is where it is."""
        woken = [(run.tenant, run_id) for run_id in self._queues.next_after(run)]
        if run.executions and run.open_execution is None:
            woken += [(place.tenant, place.run) for place in self._permits.next_in_line()]
        return woken

    def _advanced(self, run: Run) -> Run:
        """Look without a lease, so that no news is lost to one who is busy; then hold the run and work."""
        for _ in range(TRIES):
            if run.is_over or self._is_idle(run):
                return run
            try:
                run = self._begun(run) if run.state is RunState.QUEUED else self._store.put(self._leased(run))
            except CONFLICT:
                run = self._store.get(run.tenant, run.id)
                continue
            run = self._worked(run)
            if run.lease is not None or run.not_before is not None or run.is_in_line:
                return run  # someone else's, set back, or in line
        return run

    def _is_idle(self, run: Run) -> bool:
        now = self._clock()
        if run.not_before is not None and now < run.not_before:
            return True
        if run.state is RunState.QUEUED:
            return not self._store.queues.get(run.tenant, run.job).is_turn_of(run)
        if run.lease is not None and run.lease_until is not None and now < run.lease_until:
            return True
        if run.is_in_line and not run.is_cancelling:
            return not self._permits.is_turn_of(run)
        waits_for = run.open_execution
        return waits_for is not None and not run.is_cancelling and not self._athena.get(waits_for.id).is_over

    def _begun(self, run: Run) -> Run:
        queue = self._store.queues.get(run.tenant, run.job)
        if not queue.is_turn_of(run):
            raise PreconditionFailed("Another run of this job is working.")
        later = self._triggers.quiet_until(run)
        if later is not None:  # files still come: who was queued meanwhile goes first
            postponed = self._store.queues.write(run.tenant, run.job, queue.postponed(run))
            return self._store.put(run.waiting_until(later), postponed)
        started = self._leased(run.started(self._clock()))
        return self._store.put(started, self._store.queues.write(run.tenant, run.job, queue.entered(run)))

    def _worked(self, run: Run) -> Run:
        """Step after step while we hold the run. Gives it back when it must wait, or when it is not ours any more."""
        overtaken = 0
        while not run.is_over and run.lease is not None:
            after: Transition | None = None
            try:
                after = self._step(run)
                if after is None:
                    return self._store.put(run.held(None, None))
                run = self._kept(run, after)
            except CONFLICT as error:
                now = self._store.get(run.tenant, run.id)
                if now.revision != run.revision:
                    self._stop_orphan(after, now)
                    return now
                overtaken += 1  # the dataset or the queue changed, not the run: the step is taken again
                if overtaken == TRIES:
                    return self._set_back(run, error)
            except NoPermit as refused:
                return self._lined_up(run, refused.run)
            except (BackendUnavailable, TooManyRequests) as error:
                return self._set_back(run, error)
        return run

    def _lined_up(self, before: Run, run: Run) -> Run:
        try:
            return self._store.put(run.in_line())
        except CONFLICT:
            return self._store.get(before.tenant, before.id)

    def _step(self, run: Run) -> Transition | None:
        try:
            return self._next(run)
        except (*CONFLICT, BackendUnavailable, TooManyRequests, NoPermit):
            raise
        except RunFailed as failed:
            return self._failing(run, failed)
        except HeadgateError as error:
            return self._failing(run, _failed(run, error))
        except Exception as error:
            # A run must end. The log has where it broke; the run has that it did.
            log.exception(json.dumps({"event": "step_broke", "run": run.id, "step": run.step}))
            if run.is_published:
                raise
            return self._failing(run, RunFailed("internal", f"The step broke with {type(error).__name__}."))

    def _next(self, run: Run) -> Transition | None:
        if run.step is Step.CLEAN or run.is_cancelling:
            cleaned = self._cleaning.clean(run)
            if cleaned is None:
                return None
            for dataset_id in cleaned.arrivals:
                self._triggers.arrived(run.tenant, dataset_id)
            if run.is_partial and run.is_published:
                self._queues.follow(run)
            return self._ending(cleaned.run)
        steps = {
            Step.PLAN: self._plans.plan,
            Step.WRITE: self._steps.write,
            Step.CHECK: self._steps.check,
            Step.PUBLISH: self._steps.publish,
        }
        return steps[Step(str(run.step))](run)

    def _failing(self, run: Run, failed: RunFailed) -> Transition:
        return Transition(run.failing(failed.problem(str(run.step)), failed.checks))

    def _kept(self, run: Run, after: Transition) -> Run:
        """Stored; a run whose record would be too large goes on without its list of files, to its end."""
        try:
            return self._stored(after)
        except PayloadTooLarge as error:
            self._stop_unknown(after, run)
            smaller = run.model_copy(update={"inputs": ()})
            if run.step is Step.CLEAN:
                return self._stored(Transition(smaller))
            return self._stored(self._failing(smaller, _failed(after.run, error)))

    def _stored(self, after: Transition) -> Run:
        """A run that waits is let go with the same write; one that goes on stays ours."""
        is_waiting = after.run.is_over or after.run.open_execution is not None
        run = after.run.held(None, None) if is_waiting else self._leased(after.run)
        stored = self._store.put(run, *after.writes)
        if stored.is_over:
            log.info(json.dumps(_end(stored)))
        if stored.definition is not None and (stored.step is Step.PUBLISH or stored.is_over):
            self._permits.give_back(stored)
        return stored

    def _stop_orphan(self, after: Transition | None, now: Run) -> None:
        """What we started for a run that was cancelled meanwhile must not go on."""
        if after is not None and (now.is_cancelling or now.is_over):
            self._stop_unknown(after, now)

    def _stop_unknown(self, after: Transition, now: Run) -> None:
        known = {one.id for one in now.executions}
        for execution in after.run.executions:
            if execution.id not in known:
                self._athena.stop(execution.id)

    def _set_back(self, run: Run, error: HeadgateError) -> Run:
        log.warning(json.dumps({"event": "set_back", "run": run.id, "step": run.step, "code": error.code}))
        is_outage = not isinstance(error, TooManyRequests)  # who is busy will have time for us; a run waits for that
        later = run.set_back(self._clock(), self._jitter(), is_outage=is_outage)
        if later.outages > _MAX_OUTAGES:
            if run.step is not Step.CLEAN:
                later = later.failing(RunFailed("backend_unavailable", error.detail).problem(str(run.step)))
            elif not run.is_published:
                return self.end(run)  # what it leaves behind is in nobody's way
        try:
            return self._store.put(later)
        except CONFLICT:
            return self._store.get(run.tenant, run.id)

    def _ending(self, run: Run) -> Transition:
        """The end, and the queue's next turn, together; jobs that wait for this one were told before."""
        ended = run.ended(self._clock())
        # One that never began is no run to wait for, and may yet begin; what was staged, another run completes.
        if run.state is RunState.RUNNING and not (ended.is_staged and ended.state is RunState.SUCCEEDED):
            self._triggers.tell(ended)
        queue = self._store.queues.get(run.tenant, run.job)
        write = self._store.queues.write(run.tenant, run.job, queue.left(run))
        return Transition(ended, (write, self._usage.of_run(ended)))

    def end(self, run: Run) -> Run:
        """A run that has nothing left to do is over."""
        return self._stored(self._ending(run))

    def _leased(self, run: Run) -> Run:
        return run.held(self._new_id(), self._clock() + self._lease)


def _failed(run: Run, error: HeadgateError) -> RunFailed:
    """Why a run fails that met an error which is none of a run's own."""
    files = sum(len(one.files) for one in run.inputs)
    if isinstance(error, StatementTooLong | PayloadTooLarge) and files > _MANY_FILES:
        detail = f"The run would read {files:,} files; so many names fit into no statement, or not into its record."
        return RunFailed("too_many_files", detail)
    return RunFailed("bad_sql" if error.code in {"bad_sql", "bad_schema"} else "internal", error.detail)


def _end(run: Run) -> dict[str, str | None]:
    """How a run ended, for the log, whose lines an alarm counts."""
    code = run.error.code if run.error else None
    return {"event": "run_over", "run": run.id, "tenant": run.tenant, "job": run.job, "state": run.state, "code": code}
