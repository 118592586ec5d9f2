"""The triggers of a definition: do they fit the other jobs, and what is stored of them with the job."""

from collections import deque
from collections.abc import Iterator

from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.table import Page, Write
from app.adapters.dynamodb.triggers import TriggerStore
from app.domain.errors import FieldError, InvalidInput
from app.domain.identifiers import Clock
from app.domain.job_records import Job
from app.domain.jobs import JobDefinition
from app.domain.trigger_records import Schedule
from app.domain.triggers import schedules_of, upstreams_of

_MAX_CHAIN = 1000


class JobTriggers:
    """What `Jobs` asks before it stores a definition, and stores along with it."""

    def __init__(self, store: TriggerStore, jobs: JobStore, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock

    def turn(self, tenant: str, definition: JobDefinition, before: JobDefinition | None = None) -> list[Write]:
        """To be read before `check` and stored with the job, since the circle that two definitions close together is
        in neither's sight: the later one conflicts. Nothing for a definition that no run starts, or as before.
        """
        is_started = definition.is_triggered_by_arrival or upstreams_of(definition.triggers)
        is_same = before is not None and (before.triggers, before.sources) == (definition.triggers, definition.sources)
        return [self._store.turn(tenant)] if is_started and not is_same else []

    def check(self, tenant: str, definition: JobDefinition) -> None:
        """InvalidInput for unknown jobs, and for jobs that would start each other without end."""
        known = {name for name in upstreams_of(definition.triggers) if self._jobs.find(tenant, name) is not None}
        unknown = tuple(
            FieldError(f"/triggers/{at}{trigger.place_of(name)}", "unknown_job", f"There is no job {name}.")
            for at, trigger in enumerate(definition.triggers)
            if trigger.type == "run"
            for name in trigger.upstreams
            if name not in known
        )
        if unknown:
            raise InvalidInput("A trigger waits for runs of jobs that are not there; see errors.", unknown)
        self._refuse_circle(tenant, definition)

    def writes(self, job: Job, before: Job | None = None) -> list[Write]:
        """What changes of its schedules when the job is stored."""
        now = self._clock()
        wanted = {trigger.key: trigger for trigger in schedules_of(job.definition.triggers)}
        stored = self._stored(*([before, job] if before is not None else [job]))
        found = [Schedule.of(job, trigger, now) for key, trigger in wanted.items() if key not in stored]
        if before is not None and job.is_paused is not before.is_paused:
            kept = [one for key, one in stored.items() if key in wanted]
            found += [one.stopped() if job.is_paused else one.after(now) for one in kept]
        gone = [self._store.removal(one) for key, one in stored.items() if key not in wanted]
        return [*(self._store.write(one) for one in found), *gone]

    def removals(self, job: Job) -> list[Write]:
        """What goes with the job."""
        gone = [self._store.removal(one) for one in self._stored(job).values()]
        followed = self._store.followed.find(job.tenant, job.name)
        if followed.revision:
            key = self._store.followed.write(job.tenant, job.name, followed).key
            gone.append(Write(key, None, followed.revision))
        return gone

    def shown(self, job: Job) -> Job:
        """With the time of its next scheduled run."""
        return self._shown(job, self._stored(job))

    def page(self, page: Page[Job]) -> Page[Job]:
        """As `shown`, all of a page with one read."""
        named = [_names(job) for job in page.items]
        found = iter(self._store.many([name for names in named for name in names]))
        known = {(one.job, one.trigger): one for one in found}
        items = (
            self._shown(job, {key: known[name, key] for _, name, key in names if (name, key) in known})
            for job, names in zip(page.items, named, strict=True)
        )
        return Page(tuple(items), page.next_page_token)

    def _shown(self, job: Job, stored: dict[str, Schedule]) -> Job:
        return job.model_copy(
            update={"next_run_at": min((one.due for one in stored.values() if one.due), default=None)}
        )

    def _stored(self, *jobs: Job) -> dict[str, Schedule]:
        named = [name for job in jobs for name in _names(job)]
        return {one.trigger: one for one in self._store.many(dict.fromkeys(named))} if named else {}

    def _refuse_circle(self, tenant: str, definition: JobDefinition) -> None:
        """Follows what a run of this job would start, until it would start this job again."""
        name = definition.name
        ahead: deque[tuple[str, str, tuple[str, ...]]] = deque([(name, definition.target.dataset_id, (name,))])
        seen = {name}
        while ahead and len(seen) < _MAX_CHAIN:
            before, target, path = ahead.popleft()
            for job in self._started_by(tenant, before, target):
                if job.name in seen:
                    continue
                seen.add(job.name)
                way = (*path, job.name)
                for place in _places(definition, job):
                    detail = f"{' -> '.join(way)} -> {name}: each would start the next."
                    raise InvalidInput(
                        "Jobs would start each other without end.", (FieldError(place, "circle", detail),)
                    )
                ahead.append((job.name, job.definition.target.dataset_id, way))

    def _started_by(self, tenant: str, name: str, target: str) -> Iterator[Job]:
        """Jobs that start when a run of this one publishes or ends, as they are stored."""
        yield from (job for job in self._jobs.readers_of(tenant, target) if job.definition.is_triggered_by_arrival)
        yield from self._jobs.listeners_of(tenant, name)


def _names(job: Job) -> list[tuple[str, str, str]]:
    return [(job.tenant, job.name, trigger.key) for trigger in schedules_of(job.definition.triggers)]


def _places(definition: JobDefinition, job: Job) -> Iterator[str]:
    """Where a definition says that a job starts it, as pointers."""
    target = job.definition.target.dataset_id
    if definition.is_triggered_by_arrival and target in definition.sources:
        yield f"/sources/{definition.sources.index(target)}"
    for at, trigger in enumerate(definition.triggers):
        if trigger.type == "run" and job.name in trigger.upstreams:
            yield f"/triggers/{at}{trigger.place_of(job.name)}"
