"""Who runs next: one queue per job, so that a dataset has one writer."""

from typing import NamedTuple

from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.runs import RunStore
from app.adapters.dynamodb.table import Write
from app.domain.builds import Scope
from app.domain.errors import AlreadyExists, PreconditionFailed, TooManyRequests
from app.domain.identifiers import Clock, IdFactory
from app.domain.job_queues import JobQueue
from app.domain.job_records import Job
from app.domain.runs import Run, RunState, Trigger
from app.domain.triggers import arrival_of

_BY_HAND = frozenset({"manual", "retry"})
_MAX_WAITING = 100
_TRIES = 20


class Joining(NamedTuple):
    """A run that waits, and what must be written that it does; nothing if one that waits already will do."""

    run: Run
    writes: tuple[Write, ...]


class RunQueues:
    """Runs join here. The queue and the run are written together."""

    def __init__(self, store: RunStore, jobs: JobStore, clock: Clock, new_id: IdFactory) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock
        self._new_id = new_id

    def add(
        self,
        job: Job,
        trigger: Trigger,
        by: str,
        *,
        is_forced: bool = False,
        scope: Scope = (),
        retry_of: str | None = None,
    ) -> Run:
        """A queued run. TooManyRequests when too many wait that people asked for."""
        how = {"is_forced": is_forced, "scope": scope, "retry_of": retry_of}
        run = self._new(job, trigger, by).model_copy(update=how)
        for _ in range(_TRIES):
            joining = self._joining(run)
            if not joining.writes:
                return joining.run
            try:
                self._store.table.transact(joining.writes)
            except (PreconditionFailed, AlreadyExists):
                continue
            return run.model_copy(update={"revision": 1})
        raise TooManyRequests("Others keep starting runs of this job; try again.", retry_after_seconds=1)

    def fired(self, job: Job, trigger: Trigger) -> Joining:
        """A run that nobody asked for, to be written together with what fired it. One that an earlier firing of the
        same kind made, and that has not begun, will do: it reads all that there is when it begins.
        """
        return self._joining(self._new(job, trigger, f"headgate:{trigger}"))

    def follow(self, run: Run) -> None:
        """More files wait than the run took: another takes them, unless the job is gone or paused."""
        job = self._jobs.find(run.tenant, run.job)
        if job is not None and not job.is_paused:
            self.add(job, "arrival", "headgate:arrival")

    def next_after(self, run: Run) -> list[str]:
        """Runs that the end of this one lets begin: the next of its job, of the jobs that read its target, and of
        those that waited for it.
        """
        if not run.is_over:
            return []
        names = [run.job, *(job.name for job in self._jobs.listeners_of(run.tenant, run.job))]
        if run.state is RunState.SUCCEEDED and not run.is_reused:
            names += [job.name for job in self._jobs.readers_of(run.tenant, run.target)]
        queues = [self._store.queues.get(run.tenant, name) for name in dict.fromkeys(names)]
        return [queue.waiting[0] for queue in queues if queue.active is None and queue.waiting]

    def _new(self, job: Job, trigger: Trigger, by: str) -> Run:
        now = self._clock()
        arrival = arrival_of(job.definition.triggers) if trigger == "arrival" else None
        return Run(
            id=self._new_id(),
            tenant=job.tenant,
            job=job.name,
            target=job.definition.target.dataset_id,
            trigger=trigger,
            created_at=now,
            created_by=by,
            not_before=now + arrival.quiet if arrival and arrival.quiet else None,
        )

    def _joining(self, run: Run) -> Joining:
        queue = self._store.queues.get(run.tenant, run.job)
        waiting = queue.waiting_of(run.trigger)
        if waiting is not None:
            return Joining(self._store.get(run.tenant, waiting), ())
        if run.trigger in _BY_HAND and len(queue.waiting) >= _MAX_WAITING:
            raise TooManyRequests(f"{_MAX_WAITING} runs of {run.job} wait already; cancel some or come back later.")
        joined = queue.joined(run, before=self._quiet(run.tenant, queue))
        return Joining(run, (self._store.write(run), self._store.queues.write(run.tenant, run.job, joined)))

    def _quiet(self, tenant: str, queue: JobQueue) -> str | None:
        """The run that still waits for quiet: nobody waits behind it."""
        for run_id in queue.arrivals:
            until = self._store.get(tenant, run_id).not_before
            if until is not None and self._clock() < until:
                return run_id
        return None
