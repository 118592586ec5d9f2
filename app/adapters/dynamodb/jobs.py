"""Jobs, and which datasets they read and write."""

from collections.abc import Iterable

from app.adapters.dynamodb import keys
from app.adapters.dynamodb.keys import Key
from app.adapters.dynamodb.records import Records, writing
from app.adapters.dynamodb.table import Page, Write, every
from app.domain.errors import InvalidInput
from app.domain.job_records import Job
from app.domain.triggers import upstreams_of

_PAGE = 1000
_MOST_WRITES = 100  # of one transaction


class JobStore(Records[Job]):
    """A job is stored with one item per dataset that it uses, one that makes it the target's only writer, and one with
    each job whose runs it waits for.
    """

    model = Job
    noun = "job"

    def find(self, tenant: str, name: str) -> Job | None:
        return self._find(keys.job(tenant, name))

    def get(self, tenant: str, name: str) -> Job:
        return self._get(keys.job(tenant, name), name)

    def list(self, tenant: str, limit: int, page_token: str | None) -> Page[Job]:
        """By name; one request."""
        return self._page(self.table.query(_listed(tenant), index="gsi1", limit=limit, page_token=page_token))

    def writer_of(self, tenant: str, dataset_id: str) -> str | None:
        """The job that writes a dataset."""
        item = self.table.get(keys.writer(tenant, dataset_id))
        return item.doc if item else None

    def readers_of(self, tenant: str, dataset_id: str) -> tuple[Job, ...]:
        """The jobs that read a dataset."""
        return self._named_below(tenant, keys.use(tenant, dataset_id, "reads", ""))

    def listeners_of(self, tenant: str, name: str) -> tuple[Job, ...]:
        """The jobs that wait for the end of runs of this one."""
        return self._named_below(tenant, keys.listener(tenant, name, ""))

    def _named_below(self, tenant: str, prefix: Key) -> tuple[Job, ...]:
        """The jobs whose names end the sort keys that begin so."""
        found = every(lambda token: self.table.query(prefix.pk, sk_prefix=prefix.sk, limit=_PAGE, page_token=token))
        names = [item.key.sk.removeprefix(prefix.sk) for item in found]
        return self._many([keys.job(tenant, name) for name in names])

    def add(self, job: Job, *others: Write) -> Job:
        """AlreadyExists when the name or the target is taken. With other writes, all or nothing."""
        target = job.definition.target.dataset_id
        self.table.transact(
            [
                self._write(job),
                Write(keys.writer(job.tenant, target), job.name),
                Write(keys.use(job.tenant, target, "writes", job.name), "{}"),
                *_reads(job, job.definition.sources),
                *_listens(job, upstreams_of(job.definition.triggers)),
                *others,
            ]
        )
        return job.model_copy(update={"revision": 1})

    def change(self, job: Job, before: Job, *others: Write) -> Job:
        """Conditional on the revision; what it reads and waits for changes with it. With other writes, all or nothing.
        InvalidInput when that is too much for one transaction.
        """
        old, new = set(before.definition.sources), set(job.definition.sources)
        heard, hears = set(upstreams_of(before.definition.triggers)), set(upstreams_of(job.definition.triggers))
        more = [*_reads(job, sorted(new - old)), *_listens(job, sorted(hears - heard)), *others]
        more += _gone([*_reads(job, sorted(old - new)), *_listens(job, sorted(heard - hears))])
        if len(more) >= _MOST_WRITES:
            raise InvalidInput("So many sources and triggers cannot change at once; change them in two steps.")
        if more:
            self.table.transact([self._write(job), *more])
        else:
            self.table.write(self._write(job))
        return job.model_copy(update={"revision": job.revision + 1})

    def remove(self, job: Job, *others: Write) -> None:
        """Conditional on the revision; with other writes, all or nothing."""
        target = job.definition.target.dataset_id
        own = [
            Write(keys.writer(job.tenant, target), job.name),
            Write(keys.use(job.tenant, target, "writes", job.name), "{}"),
            *_reads(job, job.definition.sources),
            *_listens(job, upstreams_of(job.definition.triggers)),
        ]
        self.table.transact([Write(keys.job(job.tenant, job.name), None, job.revision), *_gone(own), *others])

    def _write(self, job: Job) -> Write:
        indexes = {"gsi1pk": _listed(job.tenant), "gsi1sk": job.name}
        return writing(keys.job(job.tenant, job.name), job, indexes)


def _listed(tenant: str) -> str:
    return f"T#{tenant}#JOBS"


def _reads(job: Job, sources: Iterable[str]) -> list[Write]:
    return [Write(keys.use(job.tenant, source, "reads", job.name), "{}") for source in sources]


def _listens(job: Job, upstreams: Iterable[str]) -> list[Write]:
    return [Write(keys.listener(job.tenant, upstream, job.name), "{}") for upstream in upstreams]


def _gone(written: list[Write]) -> list[Write]:
    """Their deletion: these items are written once and never changed."""
    return [Write(write.key, None, 1) for write in written]
