"""Who runs next: one queue per job, so that a dataset has one writer."""

from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.runs import RunStore
from app.domain.errors import AlreadyExists, PreconditionFailed, TooManyRequests
from app.domain.identifiers import Clock, IdFactory
from app.domain.job_records import Job
from app.domain.runs import Run, RunState, Trigger

ARRIVAL = "headgate:arrival"
"""Who started a run that nobody asked for."""

_MAX_WAITING = 100
_TRIES = 20


class RunQueues:
    """Runs join here. The queue and the run are written together."""

    def __init__(self, store: RunStore, jobs: JobStore, clock: Clock, new_id: IdFactory) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock
        self._new_id = new_id

    def add(self, job: Job, trigger: Trigger, by: str, *, is_forced: bool = False, retry_of: str | None = None) -> Run:
        """A queued run. For an arrival, the run of an earlier arrival that has not begun will do."""
        run = Run(
            id=self._new_id(),
            tenant=job.tenant,
            job=job.name,
            target=job.definition.target.dataset_id,
            trigger=trigger,
            retry_of=retry_of,
            is_forced=is_forced,
            created_at=self._clock(),
            created_by=by,
        )
        for _ in range(_TRIES):
            queue = self._store.queues.get(job.tenant, job.name)
            if trigger == "arrival" and queue.arrivals:
                return self._store.get(job.tenant, queue.arrivals[0])
            if len(queue.waiting) >= _MAX_WAITING:
                raise TooManyRequests(
                    f"{_MAX_WAITING} runs of {job.name} wait already; cancel some or come back later."
                )
            try:
                return self._store.put(run, self._store.queues.write(job.tenant, job.name, queue.joined(run)))
            except (PreconditionFailed, AlreadyExists):
                continue
        raise TooManyRequests("Others keep starting runs of this job; try again.", retry_after_seconds=1)

    def arrived(self, tenant: str, dataset_id: str) -> tuple[Run, ...]:
        """Runs of the jobs that wait for news of a dataset."""
        readers = self._jobs.readers_of(tenant, dataset_id)
        due = [job for job in readers if job.definition.is_triggered_by_arrival and not job.is_paused]
        return tuple(self.add(job, "arrival", ARRIVAL) for job in due)

    def next_after(self, run: Run) -> list[str]:
        """Runs that the end of this one lets begin: the next of its job, and of the jobs that read its target."""
        if not run.is_over:
            return []
        names = [run.job]
        if run.state is RunState.SUCCEEDED and not run.is_reused:
            names += [job.name for job in self._jobs.readers_of(run.tenant, run.target)]
        queues = [self._store.queues.get(run.tenant, name) for name in names]
        return [queue.waiting[0] for queue in queues if queue.active is None and queue.waiting]
