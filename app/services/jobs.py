"""Jobs: define, change, pause, delete, preview."""

from typing import TYPE_CHECKING

from app.adapters.athena import Athena
from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.runs import RunStore
from app.adapters.dynamodb.table import Page, Write
from app.domain.access import Principal
from app.domain.builds import logic_of
from app.domain.datasets import Dataset, NewDataset, Tier
from app.domain.errors import AlreadyExists, FieldError, InUse, InvalidInput, PreconditionFailed, TooManyRequests
from app.domain.identifiers import Clock
from app.domain.job_records import Job, JobPatch
from app.domain.jobs import JobDefinition
from app.services import modes
from app.services.commits import back_off
from app.services.datasets import Datasets
from app.services.job_definitions import check_against, check_alone
from app.services.job_triggers import JobTriggers

if TYPE_CHECKING:
    from app.sql.relations import Relation

_TRIES = 10
_CONFLICT = (PreconditionFailed, AlreadyExists)
_BUSY = "Others keep defining jobs; try again."
_CHANGED = "The job changed since you read it; read it again and repeat the change."


class Jobs:
    """The definitions. A job, its target and what it reads are registered in one transaction."""

    def __init__(
        self,
        store: JobStore,
        runs: RunStore,
        triggers: JobTriggers,
        datasets: Datasets,
        athena: Athena,
        clock: Clock,
    ) -> None:
        self._store = store
        self._triggers = triggers
        self._runs = runs
        self._datasets = datasets
        self._athena = athena
        self._clock = clock

    def create(self, principal: Principal, definition: JobDefinition) -> Job:
        """AlreadyExists when the name is taken or another job writes the target; InvalidInput with places."""
        for attempt in range(_TRIES):
            turn = self._triggers.turn(principal.tenant, definition)
            job = self._new(principal, self._checked(principal.tenant, definition))
            self._refuse_second_writer(principal.tenant, definition)
            target = definition.target
            new = NewDataset(namespace=target.namespace, name=target.name, tier=Tier(target.tier))
            self._datasets.ensure_target(principal.tenant, principal.id, new)
            try:
                return self._triggers.shown(self._store.add(job, *self._triggers.writes(job), *turn))
            except _CONFLICT as error:
                self._refuse_second_writer(principal.tenant, definition)
                if not turn or self._store.find(principal.tenant, job.name) is not None:
                    detail = f"There is a job {job.name} already; change it or choose another name."
                    raise AlreadyExists(detail) from error
                back_off(attempt)
        raise TooManyRequests(_BUSY)

    def get(self, principal: Principal, name: str) -> Job:
        return self._triggers.shown(self._store.get(principal.tenant, name))

    def list(self, principal: Principal, limit: int, page_token: str | None) -> Page[Job]:
        return self._triggers.page(self._store.list(principal.tenant, limit, page_token))

    def change(self, principal: Principal, name: str, patch: JobPatch, revision: int) -> Job:
        """PreconditionFailed when it changed since. Runs that have claimed their inputs keep the old definition."""
        for attempt in range(_TRIES):
            job = self._expected(principal, name, revision)
            wanted = patch.applied(job.definition)
            turn = self._triggers.turn(principal.tenant, wanted, job.definition)
            changed = self._after(job, self._checked(principal.tenant, wanted))
            try:
                return self._stored(changed, job, *turn)
            except _CONFLICT:  # of a schedule that fired meanwhile, or of another definition
                back_off(attempt)
        raise TooManyRequests(_BUSY)

    def pause(self, principal: Principal, name: str, *, is_paused: bool) -> Job:
        """Pausing what is paused changes nothing. Retried against other writers: it does not depend on what they do."""
        for _ in range(_TRIES):
            job = self._store.get(principal.tenant, name)
            if job.is_paused is is_paused:
                return self._triggers.shown(job)
            changed = job.model_copy(update={"is_paused": is_paused, "updated_at": self._clock()})
            try:
                return self._stored(changed, job)
            except _CONFLICT:
                continue
        raise PreconditionFailed("Others keep changing the job; try again.")

    def delete(self, principal: Principal, name: str, revision: int) -> None:
        """Its datasets and past runs stay. InUse while a run is not over, or another job waits for its runs."""
        for _ in range(_TRIES):
            job = self._expected(principal, name, revision)
            if listeners := self._store.listeners_of(principal.tenant, name):
                raise InUse(f"The job {listeners[0].name} waits for runs of {name}; change its triggers first.")
            queue = self._runs.queues.get(principal.tenant, name)
            if not queue.is_idle:
                raise InUse(f"A run of {name} is not over; cancel it or wait for its end.")
            gone = self._runs.queues.write(principal.tenant, name, queue)
            # Conditional on the queue as read: a run that is started meanwhile wins.
            others = [Write(gone.key, None, queue.revision)] if queue.revision else []
            try:
                return self._store.remove(job, *others, *self._triggers.removals(job))
            except _CONFLICT:
                continue
        raise PreconditionFailed("Others keep changing the job; try again.")

    def _stored(self, job: Job, before: Job, *others: Write) -> Job:
        """With its schedules."""
        return self._triggers.shown(self._store.change(job, before, *self._triggers.writes(job, before), *others))

    def _new(self, principal: Principal, definition: JobDefinition) -> Job:
        now = self._clock()
        return Job(
            name=definition.name,
            tenant=principal.tenant,
            definition=definition,
            created_at=now,
            created_by=principal.id,
            updated_at=now,
        )

    def _after(self, job: Job, definition: JobDefinition) -> Job:
        """Under another definition; another version if that decides other rows."""
        is_other = logic_of(definition, {}) != logic_of(job.definition, {})
        is_other |= set(definition.sources) != set(job.definition.sources)
        changes = {"definition": definition, "version": job.version + is_other, "updated_at": self._clock()}
        return job.model_copy(update=changes)

    def _expected(self, principal: Principal, name: str, revision: int) -> Job:
        job = self._store.get(principal.tenant, name)
        if job.revision != revision:
            raise PreconditionFailed(_CHANGED)
        return job

    def _refuse_second_writer(self, tenant: str, definition: JobDefinition) -> None:
        target = definition.target.dataset_id
        writer = self._store.writer_of(tenant, target)
        if writer is not None and writer != definition.name:
            raise AlreadyExists(f"The job {writer} writes {target}; a dataset has one writer.")

    def _checked(self, tenant: str, definition: JobDefinition) -> JobDefinition:
        """The definition with what its source says of keys and order. InvalidInput with the place of every mistake."""
        datasets = [self._datasets.find(tenant, source) for source in definition.sources]
        missing = tuple(
            FieldError(f"/sources/{at}", "unknown_dataset", f"There is no dataset {source}; register it first.")
            for at, (source, found) in enumerate(zip(definition.sources, datasets, strict=True))
            if found is None
        )
        if missing:
            raise InvalidInput("The job reads datasets that are not there; see errors.", missing)
        self._triggers.check(tenant, definition)
        definition = modes.completed(definition, [one for one in datasets if one is not None])
        known = {one.id: self._described(one) for one in datasets if one is not None}
        relations = {name: relation for name, relation in known.items() if relation is not None}
        if len(relations) == len(known):
            check_against(definition, relations, self._athena.dialect)
        else:
            check_alone(definition)
        return definition

    def _described(self, dataset: Dataset) -> "Relation | None":
        """The dataset as SQL sees it, whether or not there is data; None while its columns are unknown."""
        schema = self._datasets.schema_of(dataset)
        if schema is None:
            return None
        from app.sql.relations import Relation

        is_text = dataset.is_raw and not dataset.is_parquet
        is_parquet = dataset.is_raw and dataset.is_parquet
        return Relation(dataset.namespace, dataset.name, schema.columns, is_text=is_text, is_parquet=is_parquet)
