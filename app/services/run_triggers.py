"""What starts runs while others work: arrivals, with their quiet period, and the ends of other jobs' runs."""

from datetime import datetime

from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.triggers import TriggerStore
from app.adapters.dynamodb.versions import VersionStore
from app.domain.errors import AlreadyExists, PreconditionFailed, TooManyRequests
from app.domain.identifiers import Clock
from app.domain.job_records import Job
from app.domain.runs import Run
from app.domain.triggers import arrival_of, run_triggers_of
from app.services.datasets import Datasets
from app.services.run_queues import RunQueues

_TRIES = 20


class RunTriggers:
    """Every trigger fires into the job's queue; a paused job's do not fire."""

    def __init__(
        self,
        store: TriggerStore,
        jobs: JobStore,
        queues: RunQueues,
        datasets: Datasets,
        versions: VersionStore,
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._queues = queues
        self._datasets = datasets
        self._versions = versions
        self._clock = clock

    def arrived(self, tenant: str, dataset_id: str) -> tuple[Run, ...]:
        """Runs of the jobs that wait for news of a dataset."""
        readers = self._jobs.readers_of(tenant, dataset_id)
        return tuple(
            self.catch_up(job) for job in readers if job.definition.is_triggered_by_arrival and not job.is_paused
        )

    def catch_up(self, job: Job) -> Run:
        """The run that reads what has arrived."""
        return self._queues.add(job, "arrival", "headgate:arrival")

    def quiet_until(self, run: Run) -> datetime | None:
        """When a queued run may begin; None: now. The arrivals themselves are not written down: the newest version of
        the sources tells when the last one came.
        """
        job = self._jobs.find(run.tenant, run.job) if run.trigger == "arrival" and run.not_before else None
        arrival = arrival_of(job.definition.triggers) if job is not None else None
        if job is None or arrival is None or not arrival.quiet:
            return None
        latest = max([self._news_of(run.tenant, source) or run.created_at for source in job.definition.sources])
        until = min(latest + arrival.quiet, run.created_at + arrival.longest_wait)
        return until if until > self._clock() else None

    def tell(self, run: Run) -> None:
        """Jobs that wait for runs of this one count its end: once, however often they are told."""
        for job in self._jobs.listeners_of(run.tenant, run.job):
            if not job.is_paused:
                self._tell(job, run)

    def _tell(self, job: Job, run: Run) -> None:
        for _ in range(_TRIES):
            if self._store.has_told(run.tenant, run.id, job.name):
                return
            before = self._store.followed.find(job.tenant, job.name)
            triggers = run_triggers_of(job.definition.triggers)
            followed, is_fired = before.seeing(triggers, run.job, run.state)
            if followed.met == before.met and not is_fired:
                return
            writes = [self._store.telling(run.tenant, run.id, job.name, self._clock())]
            if followed.met != before.met:
                writes.append(self._store.followed.write(job.tenant, job.name, followed))
            if is_fired:
                writes += self._queues.fired(job, "run").writes
            try:
                self._store.commit(writes)
            except (PreconditionFailed, AlreadyExists):
                continue
            return
        raise TooManyRequests("Others keep starting runs of a job that waits for this one.", retry_after_seconds=1)

    def _news_of(self, tenant: str, dataset_id: str) -> datetime | None:
        dataset = self._datasets.find(tenant, dataset_id)
        if dataset is None or dataset.current_version is None:
            return None
        version = self._versions.find(tenant, dataset_id, dataset.current_version)
        return version.created_at if version is not None else None
