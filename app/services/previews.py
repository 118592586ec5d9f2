"""What a job would do now: the SQL of its next run, and how much that would read. Starts nothing, costs nothing."""

from typing import NamedTuple

from app.adapters.dynamodb.jobs import JobStore
from app.domain.access import Principal
from app.domain.builds import Build
from app.domain.errors import NotReady
from app.domain.identifiers import Clock
from app.domain.job_records import Job
from app.domain.jobs import JobDefinition
from app.domain.run_problems import RunFailed
from app.domain.runs import Run
from app.services import prices
from app.services.datasets import Datasets
from app.services.run_inputs import RunInputs
from app.services.run_plans import RunPlans
from app.services.run_statements import RunStatements
from app.services.versions import Versions
from app.settings import Settings

_NO_VERSION = "0" * 26


class Preview(NamedTuple):
    """Sizes in bytes; `bytes_scanned` and `cost_usd` are upper bounds of what writing the version scans,
    as long as its partitions fit in as many statements as those of the present version.
    """

    statements: tuple[str, ...]
    input_files: int
    input_bytes: int
    bytes_scanned: int
    cost_usd: str


class Pending(NamedTuple):
    """What the next run of a job would load. Bytes as stored."""

    build: Build
    files: int
    bytes: int


class Previews:
    """Previews of jobs."""

    def __init__(
        self,
        settings: Settings,
        jobs: JobStore,
        datasets: Datasets,
        versions: Versions,
        inputs: RunInputs,
        plans: RunPlans,
        statements: RunStatements,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._datasets = datasets
        self._versions = versions
        self._plans = plans
        self._inputs = inputs
        self._statements = statements
        self._clock = clock

    def preview(self, principal: Principal, job_name: str) -> Preview:
        """NotReady while a source has no data. The version's name in the SQL is a row of zeros."""
        job = self._jobs.get(principal.tenant, job_name)
        try:
            run = self._imagined(principal, job.definition)
        except RunFailed as failed:
            raise NotReady(f"{failed.detail} A preview needs something to read.") from failed
        claimed = run.inputs
        batches = self._inputs.batches(principal.tenant, job.definition.target.dataset_id)
        first = self._statements.writing(run)
        writes = self._statements.write_statements(run, None)
        statements = (*([first.sql] if first and first.purpose == "partitions" else []), *writes)
        _, most = self._inputs.scanned_bytes(principal.tenant, job.definition, claimed, batches)
        cost = prices.of_scan(self._settings, most, statements=len(statements))
        return Preview(
            statements, sum(len(one.files) for one in claimed), sum(one.bytes for one in claimed), most, cost
        )

    def pending(self, principal: Principal, job: Job) -> Pending | None:
        """None while there is nothing to read."""
        try:
            run = self._imagined(principal, job.definition)
        except RunFailed:
            return None
        return Pending(run.build, sum(len(one.files) for one in run.inputs), sum(one.bytes for one in run.inputs))

    def _imagined(self, principal: Principal, definition: JobDefinition) -> Run:
        run = Run(
            id=_NO_VERSION,
            tenant=principal.tenant,
            job=definition.name,
            target=definition.target.dataset_id,
            trigger="manual",
            version=_NO_VERSION,
            created_at=self._clock(),
            created_by=principal.id,
        )
        target = self._datasets.get(principal, run.target)
        plan = self._plans.planned(run, definition, target, self._versions.find_current(target))
        return run.started(self._clock()).planned(plan)
