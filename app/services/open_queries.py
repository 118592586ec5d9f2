"""Queries that are not over, looked after by the tick."""

import json
import logging
from datetime import timedelta

from app.adapters.dynamodb.queries import QueryStore
from app.domain.allowances import Allowance, Place
from app.domain.errors import HeadgateError
from app.domain.identifiers import Clock
from app.services.allowances import Allowances
from app.services.queries import Queries
from app.settings import Settings

log = logging.getLogger("headgate.queries")


class OpenQueries:
    """All principals' queries that wait or run."""

    def __init__(
        self, settings: Settings, store: QueryStore, queries: Queries, allowances: Allowances, clock: Clock
    ) -> None:
        self._lease = timedelta(seconds=settings.query_lease_seconds)
        self._store = store
        self._queries = queries
        self._allowances = allowances
        self._clock = clock

    def advance(self) -> None:
        """Those that no event woke go on; those that nobody waits for any more are stopped."""
        for allowance in self._allowances.asking():
            for place in allowance.places:
                try:
                    self._tend(allowance, place)
                except HeadgateError as error:  # the others go on; this one comes again with the next tick
                    log.warning(json.dumps({"event": "tick_failed", "query": place.query, "code": error.code}))

    def _tend(self, allowance: Allowance, place: Place) -> None:
        query = self._store.find(allowance.tenant, place.query)
        if query is None or query.created_by != allowance.principal:  # who took the place died before it asked
            if self._clock() - place.since > self._lease:
                self._allowances.forget(allowance.tenant, allowance.principal, place.query)
            return
        if query.is_over:  # who ended it died before it gave the place back
            self._queries.go_on_after(query)
            return
        if query.looked_at is not None and self._clock() - query.looked_at > self._lease:
            self._queries.stop(query.tenant, query.id, is_abandoned=True)
        self._queries.advance(query.tenant, query.id)
