"""Scheduled triggers: the tick finds what is due and starts it."""

import json
import logging
from collections.abc import Callable

from app.adapters.dynamodb.jobs import JobStore
from app.adapters.dynamodb.table import every
from app.adapters.dynamodb.triggers import TriggerStore
from app.domain.errors import AlreadyExists, PreconditionFailed
from app.domain.identifiers import Clock
from app.domain.runs import Run
from app.domain.trigger_records import Schedule
from app.services.run_queues import RunQueues

log = logging.getLogger("headgate.schedules")

_TRIES = 20


class Schedules:
    """One transaction moves a schedule to its next due time and queues the run: a due time is met once, however many
    tick and whatever their clocks say. What came due while nothing ticked is met once, together.
    """

    def __init__(
        self,
        store: TriggerStore,
        jobs: JobStore,
        queues: RunQueues,
        advance: Callable[[str, str], Run],
        clock: Clock,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._queues = queues
        self._advance = advance
        self._clock = clock

    def fire_due(self) -> None:
        """Start what is due, of every tenant."""
        for schedule in every(lambda token: self._store.due(self._clock(), token)):
            try:
                run = self._fired(schedule)
                if run is not None:
                    self._advance(run.tenant, run.id)
            except Exception as error:  # noqa: BLE001 - the others are due as well; this one comes with the next tick
                job = {"tenant": schedule.tenant, "job": schedule.job}
                log.warning(json.dumps({"event": "not_fired", **job, "type": type(error).__name__}))

    def _fired(self, found: Schedule) -> Run | None:
        """None when another ticker was faster, or the job is paused, changed or gone."""
        for _ in range(_TRIES):
            now = self._clock()
            schedule = self._store.find(found.tenant, found.job, found.trigger)
            job = self._jobs.find(found.tenant, found.job)
            if job is None or schedule is None or schedule.due is None or schedule.due > now:
                return None
            joining = self._queues.fired(job, "schedule")
            try:
                self._store.commit([self._store.write(schedule.after(now)), *joining.writes])
            except (PreconditionFailed, AlreadyExists):
                continue
            return joining.run
        return None
