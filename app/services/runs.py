"""Runs: start, look, cancel, retry, and what arrivals start. What a run then does: services/run_engine.py."""

from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.runs import RunStore
from app.adapters.dynamodb.table import Page
from app.domain.access import Principal
from app.domain.builds import Scope
from app.domain.errors import Conflict, FieldError, InvalidInput, NotReady, PreconditionFailed
from app.domain.job_records import Job
from app.domain.runs import Run, RunState
from app.services.datasets import Datasets
from app.services.handover import Handover
from app.services.run_engine import CONFLICT, TRIES, RunEngine
from app.services.run_queues import RunQueues
from app.services.run_triggers import RunTriggers


class Runs:
    """The runs of all jobs."""

    def __init__(
        self,
        store: RunStore,
        jobs: JobStore,
        datasets: Datasets,
        queues: RunQueues,
        triggers: RunTriggers,
        engine: RunEngine,
        handover: Handover | None,
    ) -> None:
        """`handover`: who goes on with a run that a request started; None: the request itself."""
        self._store = store
        self._jobs = jobs
        self._datasets = datasets
        self._queues = queues
        self._triggers = triggers
        self._engine = engine
        self._handover = handover

    def start(self, principal: Principal, job_name: str, *, is_forced: bool = False, scope: Scope = ()) -> Run:
        """A queued run. NotReady while the job is paused. `scope`: the partitions to write anew, all without one."""
        job = self._startable(principal, job_name)
        self._check_scope(scope, job, is_forced=is_forced)
        return self._added(self._queues.add(job, "manual", principal.id, is_forced=is_forced, scope=scope))

    def retry(self, principal: Principal, run_id: str) -> Run:
        """A new run of the same job, after one that failed or was cancelled."""
        run = self._store.get(principal.tenant, run_id)
        if run.state not in {RunState.FAILED, RunState.CANCELLED}:
            raise Conflict(f"The run is {run.state}; only a failed or cancelled run can be retried.")
        job = self._startable(principal, run.job)
        return self._added(
            self._queues.add(job, "retry", principal.id, is_forced=run.is_forced, scope=run.scope, retry_of=run.id)
        )

    def _check_scope(self, scope: Scope, job: Job, *, is_forced: bool) -> None:
        """InvalidInput for ranges of other columns than the target's partition columns, or of other values than theirs.
        Types are known once there is a version; without one the run says so (no_base).
        """
        if scope and is_forced:
            detail = "A back-fill writes anew in any case, on the version that is there; `force` would take none."
            raise InvalidInput("Give `partitions` or `force`.", (FieldError("/force", "with_partitions", detail),))
        names = job.definition.layout.partition_by
        wrong = [
            FieldError(
                f"/partitions/{at}/column", "unknown_column", f"The target is partitioned by: {', '.join(names)}."
            )
            for at, one in enumerate(scope)
            if one.column not in names
        ]
        target = self._datasets.find(job.tenant, job.definition.target.dataset_id) if scope else None
        schema = self._datasets.schema_of(target) if target is not None else None
        types = {column.name: column.type for column in schema.columns} if schema is not None else {}
        for at, one in enumerate(scope):
            if one.column in names and one.column in types and not one.is_of(types[one.column]):
                detail = f"{one.column} is of type {types[one.column]}: give two such values, the lower one first."
                wrong.append(FieldError(f"/partitions/{at}", "not_of_type", detail))
        if wrong:
            raise InvalidInput("A range has values of a partition column of the target; see errors.", tuple(wrong))

    def _added(self, run: Run) -> Run:
        if self._handover is not None:
            self._handover.run(run)
        return run

    def _startable(self, principal: Principal, job_name: str) -> Job:
        job = self._jobs.get(principal.tenant, job_name)
        if job.is_paused:
            raise NotReady(f"The job {job.name} is paused; resume it first.")
        return job

    def list(self, principal: Principal, job_name: str, limit: int, page_token: str | None) -> Page[Run]:
        """Newest first."""
        self._jobs.get(principal.tenant, job_name)
        return self._store.list(principal.tenant, job_name, limit, page_token)

    def look(self, principal: Principal, run_id: str) -> Run:
        """A run as it is, after its next step if one is due and a request may take it."""
        run = self._store.get(principal.tenant, run_id)
        return run if run.is_over or self._handover is not None else self.advance(run.tenant, run.id)

    def cancel(self, principal: Principal, run_id: str) -> Run:
        """Stop it. Conflict when it is over, or has published already. Cancelling twice is cancelling once."""
        for _ in range(TRIES):
            run = self._store.get(principal.tenant, run_id)
            if run.state is RunState.CANCELLED or run.is_cancelling:
                return self.look(principal, run_id)
            if run.is_over or run.is_published:
                raise Conflict("The run is over or has published already; roll the dataset back instead.")
            try:
                if run.state is RunState.QUEUED:
                    self._engine.end(run)
                    return self._gone_on(run)  # for those who waited behind it
                self._store.put(run.cancelling())
            except CONFLICT:
                continue
            return self._gone_on(run)
        raise PreconditionFailed("The run keeps changing; try again.")

    def on_arrival(self, tenant: str, dataset_id: str) -> tuple[Run, ...]:
        """A file was committed, or a version published: the jobs that wait for it are queued. A run that is queued
        already and has not begun will read the news as well, so there is no other.
        """
        return self._triggers.arrived(tenant, dataset_id)

    def on_arrival_of_file(self, tenant: str, dataset_id: str) -> None:
        """As `on_arrival`, and the runs begin."""
        for run in self.on_arrival(tenant, dataset_id):
            self.advance(tenant, run.id)

    def catch_up(self, job: Job) -> None:
        """A job that was paused reads what arrived meanwhile."""
        if job.definition.is_triggered_by_arrival and not job.is_paused:
            run = self._triggers.catch_up(job)
            self._gone_on(run)

    def _gone_on(self, run: Run) -> Run:
        """The run after its next step, or as it is when another takes that."""
        if self._handover is None:
            return self.advance(run.tenant, run.id)
        self._handover.run(run)
        return self._store.get(run.tenant, run.id)

    def advance(self, tenant: str, run_id: str) -> Run:
        """As far as it goes without waiting: services/run_engine.py."""
        return self._engine.advance(tenant, run_id)

    def advance_open(self) -> None:
        """The tick."""
        self._engine.advance_open()
