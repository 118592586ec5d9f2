"""Athena's quota of active queries, shared: runs take one of a few permits for each statement, so that the rest of the
quota is always there for people who wait for an answer. docs/decisions/0011-athena-permits.md says why it is so.
"""

from collections.abc import Callable
from datetime import timedelta

from app.adapters.athena import Athena
from app.adapters.dynamodb.permits import PermitStore
from app.adapters.dynamodb.runs import RunStore
from app.domain.errors import AlreadyExists, NotFound, PreconditionFailed, TooManyRequests
from app.domain.identifiers import Clock
from app.domain.permits import NoPermit, Permit, Permits, Place
from app.domain.run_executions import Step
from app.domain.runs import Run
from app.settings import Settings

_TRIES = 20


class AthenaPermits:
    """Who holds one, who waits, who is next. Every change is one conditional write."""

    def __init__(self, settings: Settings, store: PermitStore, runs: RunStore, athena: Athena, clock: Clock) -> None:
        self._limit = settings.athena_active_queries - settings.athena_reserved_queries
        self._lease = timedelta(seconds=settings.run_lease_seconds)
        self._store = store
        self._runs = runs
        self._athena = athena
        self._clock = clock

    def take(self, run: Run, token: str) -> None:
        """For one statement; NoPermit when the run has to wait. Taken twice, it is one permit."""
        after = self._changed(lambda permits: permits.asked(run, token, self._clock(), self._limit))
        if not after.has(run, token):
            raise NoPermit(run)

    def give_back(self, run: Run) -> None:
        """Its permit, or its place in line, if it has any."""
        self._changed(lambda permits: permits.left(run))

    def is_turn_of(self, run: Run) -> bool:
        """Whether a run that waits may come and ask."""
        return self._store.get().is_turn_of(run, self._limit)

    def next_in_line(self) -> tuple[Place, ...]:
        """Runs whose turn it is."""
        return self._store.get().next_in_line(self._limit)

    def evict_dead(self) -> None:
        """Permits and places of runs that will not give them back: their worker died at a bad moment."""
        permits = self._store.get()
        if not permits.waiting:
            return  # nobody misses them
        dead: list[Place] = [one for one in permits.taken if self._is_dead_holder(one)]
        dead += [one for one in permits.waiting if self._is_dead_waiter(one)]
        self._changed(lambda now: now.without(dead))

    def _is_dead_holder(self, permit: Permit) -> bool:
        """A run that starts a statement has a lease's time to do so; what Athena has ended needs no permit."""
        run = self._find(permit)
        if run is None or run.is_over:
            return True
        if self._clock() < permit.since + self._lease:
            return False
        waits_for = run.open_execution
        return waits_for is None or self._athena.get(waits_for.id).is_over

    def _is_dead_waiter(self, place: Place) -> bool:
        run = self._find(place)
        return run is None or run.step not in {Step.WRITE, Step.CHECK}

    def _find(self, place: Place) -> Run | None:
        try:
            return self._runs.get(place.tenant, place.run)
        except NotFound:
            return None

    def _changed(self, change: Callable[[Permits], Permits]) -> Permits:
        for _ in range(_TRIES):
            before = self._store.get()
            after = change(before)
            if after is before:
                return before
            try:
                return self._store.put(after)
            except (AlreadyExists, PreconditionFailed):
                continue
        raise TooManyRequests("Others keep taking and returning Athena's permits.", retry_after_seconds=1)
