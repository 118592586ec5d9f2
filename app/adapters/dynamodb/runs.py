"""Runs, and the queue of each job."""

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.records import Records, writing
from app.adapters.dynamodb.table import Page, Table, Write
from app.domain.job_queues import JobQueue
from app.domain.runs import Run

_OPEN = "T#~#OPEN"


class QueueStore(Records[JobQueue]):
    model = JobQueue
    noun = "queue"

    def get(self, tenant: str, job: str) -> JobQueue:
        """An empty one before the first run."""
        return self._find(keys.job_queue(tenant, job)) or JobQueue()

    def write(self, tenant: str, job: str, queue: JobQueue) -> Write:
        return writing(keys.job_queue(tenant, job), queue)


class RunStore(Records[Run]):
    model = Run
    noun = "run"

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.queues = QueueStore(table)

    def get(self, tenant: str, run_id: str) -> Run:
        return self._get(keys.run(tenant, run_id), run_id)

    def write(self, run: Run) -> Write:
        """The conditional write that stores a run; one that is over leaves the list of open runs."""
        indexes = {"gsi1pk": _runs_of(run.tenant, run.job), "gsi1sk": run.id}
        if not run.is_over:
            indexes |= {"gsi2pk": _OPEN, "gsi2sk": f"{run.tenant}#{run.id}"}
        return writing(keys.run(run.tenant, run.id), run, indexes)

    def put(self, run: Run, *others: Write) -> Run:
        """Conditional on the revision; with other writes, all or nothing."""
        if others:
            self.table.transact([self.write(run), *others])
        else:
            self.table.write(self.write(run))
        return run.model_copy(update={"revision": run.revision + 1})

    def list(self, tenant: str, job: str, limit: int, page_token: str | None) -> Page[Run]:
        """Newest first; one request."""
        found = self.table.query(
            _runs_of(tenant, job), index="gsi1", limit=limit, page_token=page_token, is_descending=True
        )
        return self._page(found)

    def open(self, limit: int, page_token: str | None) -> Page[Run]:
        """Every tenant's runs that are not over, oldest first within a tenant."""
        return self._page(self.table.query(_OPEN, index="gsi2", limit=limit, page_token=page_token))


def _runs_of(tenant: str, job: str) -> str:
    return f"T#{tenant}#JOB#{job}#RUNS"
