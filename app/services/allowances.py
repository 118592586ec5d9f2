"""What each principal's queries may take: admitted, kept in line, settled. Every change is one conditional write."""

from collections.abc import Callable, Iterator

from app.adapters.dynamodb.allowances import AllowanceStore
from app.adapters.dynamodb.table import every
from app.domain.allowances import Allowance, Limits
from app.domain.errors import AlreadyExists, PreconditionFailed, TooManyRequests
from app.domain.identifiers import Clock
from app.domain.queries import Query
from app.settings import Settings

_TRIES = 50
_PAGE = 100


class Allowances:
    """Who may start a query now, and who waits."""

    def __init__(self, settings: Settings, store: AllowanceStore, clock: Clock) -> None:
        self._limits = Limits(
            active=settings.principal_active_queries,
            waiting=settings.principal_waiting_queries,
            daily_bytes=settings.principal_daily_bytes,
        )
        self._store = store
        self._clock = clock

    def ask(self, query: Query) -> bool:
        """Take a place, and whether the query may start. DailyBudgetExceeded or TooManyRequests: it is not admitted."""
        may_scan = min(query.max_bytes_scanned, query.estimated_bytes or 0)
        _, after = self._changed(query, lambda one: one.asked(query.id, may_scan, self._clock(), self._limits))
        return after.may_start(query.id)

    def may_start(self, query: Query) -> bool:
        return self._store.get(query.tenant, query.created_by).may_start(query.id)

    def leave(self, query: Query) -> tuple[str, ...]:
        """Give the place of a query that is over to those who wait: their ids."""
        scanned = query.statistics.bytes_scanned
        before, after = self._changed(query, lambda one: one.left(query.id, scanned, self._clock(), self._limits))
        return after.started_since(before)

    def forget(self, tenant: str, principal: str, query_id: str) -> None:
        """A place whose query was never stored, or is another's."""
        self._change(tenant, principal, lambda one: one.left(query_id, 0, self._clock(), self._limits))

    def asking(self) -> Iterator[Allowance]:
        """All principals who have queries that are not over."""
        return every(lambda token: self._store.asking(_PAGE, token))

    def _changed(self, query: Query, change: Callable[[Allowance], Allowance]) -> tuple[Allowance, Allowance]:
        return self._change(query.tenant, query.created_by, change)

    def _change(
        self, tenant: str, principal: str, change: Callable[[Allowance], Allowance]
    ) -> tuple[Allowance, Allowance]:
        for _ in range(_TRIES):
            before = self._store.get(tenant, principal)
            after = change(before)
            if after is before:
                return before, before
            try:
                return before, self._store.put(after)
            except (AlreadyExists, PreconditionFailed):
                continue
        raise TooManyRequests("Too many of your queries begin and end at once.", retry_after_seconds=1)
