"""How a query ends: what it took, why it failed, and its record of usage, in one transaction."""

from datetime import timedelta

from app.adapters.athena import Execution
from app.adapters.dynamodb.queries import QueryStore
from app.domain.identifiers import Clock
from app.domain.queries import Query, QueryError, QueryState, Statistics
from app.services import prices
from app.services.usage import Usage
from app.settings import Settings


class QueryEnds:
    """Ends are conditional writes: AlreadyExists or PreconditionFailed when somebody else was faster."""

    def __init__(self, settings: Settings, store: QueryStore, usage: Usage, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._usage = usage
        self._clock = clock

    def ended(
        self, query: Query, state: QueryState, execution: Execution | None = None, error: QueryError | None = None
    ) -> Query:
        """Over, with what its execution took; Athena charges nothing for one that failed."""
        lease = timedelta(seconds=self._settings.query_lease_seconds)
        return self._stored(
            query.model_copy(
                update={
                    "state": state,
                    "statement": None,
                    "ended_at": self._clock(),
                    "statistics": self._statistics(execution),
                    "error": error or (_abandoned(lease) if query.is_abandoned else None),
                }
            )
        )

    def answered(self, query: Query, earlier: Query) -> Query:
        """Over, with the result of another that asked the same of the same data; nothing was scanned for it."""
        return self._stored(
            query.model_copy(
                update={
                    "state": QueryState.SUCCEEDED,
                    "statement": None,
                    "ended_at": self._clock(),
                    "execution_id": earlier.execution_id,
                    "columns": earlier.columns,
                    "result": earlier.result,
                    "statistics": Statistics(reused=True),
                }
            )
        )

    def _stored(self, ended: Query) -> Query:
        return self._store.put(ended, self._usage.of_query(ended))

    def _statistics(self, execution: Execution | None) -> Statistics:
        if execution is None:
            return Statistics()
        return Statistics(
            bytes_scanned=execution.bytes_scanned,
            cost_usd=prices.of_execution(self._settings, execution),
            queue_ms=execution.queue_ms,
            engine_ms=execution.engine_ms,
        )


def _abandoned(lease: timedelta) -> QueryError:
    return QueryError(
        code="query_cancelled",
        title="The query was cancelled",
        detail=f"Nobody looked at it for {lease.total_seconds():g} seconds, so it was stopped.",
        remedy="Ask it again, and look at it while it runs.",
    )
