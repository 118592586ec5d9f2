"""Charts of saved queries: the answer if it is there, else the last good one, marked as stale."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.domain.access import Principal
from app.domain.charts import Chart, Drawing, drawing
from app.domain.identifiers import Clock
from app.domain.queries import Query
from app.services.cache_hits import CacheHits
from app.services.chart_memory import Asking, ChartMemory, Remembered
from app.services.flights import Flights
from app.services.results import Document, Results, chart_tag
from app.services.saved_queries import Asked, Question, SavedQueries
from app.settings import Settings


@dataclass(frozen=True)
class Look:
    """What there is to see of a chart now. `asked` None: the caller has the present one already. `is_own`: this
    caller's, not one that another shares with him.
    """

    question: Question
    drawing: Drawing
    asked: Asked | None
    is_own: bool = True

    @property
    def is_over(self) -> bool:
        return self.asked is None or self.asked.is_over

    @property
    def is_servable(self) -> bool:
        return self.asked is None or self.asked.is_over or self.asked.last is not None


class Charts:
    """What was asked, drawn from the results; drawn once while neither the question nor the data changes."""

    def __init__(
        self,
        settings: Settings,
        saved_queries: SavedQueries,
        results: Results,
        memory: ChartMemory,
        hits: CacheHits,
        clock: Clock,
    ) -> None:
        self._trust = timedelta(seconds=settings.saved_query_cache_seconds)
        self._saved_queries = saved_queries
        self._results = results
        self._memory = memory
        self._hits = hits
        self._flights = Flights()
        self._clock = clock

    def at_once(self, principal: Principal, asking: Asking, known: str) -> Document | None:
        """A chart that may be sent without any look: one with a max_age that is not over."""
        chart = self._memory.find(asking)
        if chart is None or self._clock() >= chart.good_until:
            return None
        return self._again(principal, chart, known)

    def after_a_look(self, principal: Principal, asking: Asking, known: str) -> Document | None:
        """A chart of which one read says that nothing has changed since it was drawn."""
        chart = self._memory.find(asking)
        if chart is None:
            return None
        now = self._clock()
        is_young = chart.age(now) < chart.max_age
        if not (chart.is_latest or is_young):
            return None
        place = (asking.tenant, chart.name, chart.datasets)
        if self._flights.share(place, lambda: self._saved_queries.revisions(*place)) != chart.revisions:
            return None
        if is_young:
            self._memory.keep(asking, replace(chart, good_until=self._good_until(chart)))
        return self._again(principal, chart, known)

    def asker(
        self, principal: Principal, name: str, arguments: dict[str, str], choices: dict[str, Any], known: str
    ) -> Callable[[], Look]:
        """A look that may be repeated until it is over."""
        key = (principal.tenant, principal.id, name, *arguments.items(), repr(choices), known)
        own: Look | None = None

        def look() -> Look:
            nonlocal own
            question = self._saved_queries.question(principal, name, arguments)
            drawn = drawing(question.saved.chart or Chart(), choices)
            is_known = question.saved.is_deterministic and chart_tag(question.fingerprint, drawn, _FRESH) in known
            own = Look(question, drawn, None if is_known else self._saved_queries.ask(principal, question))
            return own

        def shared() -> Look:
            found = self._flights.share(key, look)
            return found if found is own else replace(found, is_own=False)

        return shared

    def document(self, principal: Principal, look: Look, known: str, asking: Asking) -> Document:
        """Raises what the query failed with when there is no earlier answer. Of those who read one query's answer the
        first is counted with the query, the others as cache hits.
        """
        document, asked = self._document(look, known, asking), look.asked
        if asked is None or asked.is_stored or asked.last is not None or not look.is_own:
            self._hits.count(principal, look.question.saved.datasets)
        return document

    def _document(self, look: Look, known: str, asking: Asking) -> Document:
        asked, max_age = look.asked, look.question.saved.max_age
        if asked is None:
            return Document(None, "", chart_tag(look.question.fingerprint, look.drawing, _FRESH), _cached(max_age))
        if asked.is_good or asked.last is None:
            query = asked.answer()
            tag = chart_tag(query.etag_seed, look.drawing, _FRESH)
            document = self._flights.share((asking, tag, known), lambda: self._drawn(look, query, known, asking))
        else:
            error = asked.error_code
            meta = {"stale": True, **({"refresh_error": error} if error else {})}
            document = self._results.chart(asked.last, look.drawing, meta, known)
            document.headers.update(_cached(0))
        return replace(document, headers={**document.headers, "Age": str(asked.age)})

    def _drawn(self, look: Look, query: Query, known: str, asking: Asking) -> Document:
        """Drawn now, or by whoever asked for the same a moment ago."""
        before = self._memory.find(asking)
        if before is not None and before.document.etag == chart_tag(query.etag_seed, look.drawing, _FRESH):
            document = before.document
        else:
            document = self._results.chart(query, look.drawing, _FRESH, known)
            document.headers.update(_cached(look.question.saved.max_age))
        self._remember(asking, look, query, document)
        return replace(document, body=None if document.etag in known else document.body)

    def _again(self, principal: Principal, chart: Remembered, known: str) -> Document:
        self._hits.count(principal, chart.datasets)
        headers = {**chart.document.headers, "Age": str(chart.age(self._clock()))}
        is_known = chart.document.etag in known
        return replace(chart.document, body=None if is_known else chart.document.body, headers=headers)

    def _remember(self, asking: Asking, look: Look, query: Query, document: Document) -> None:
        if document.body is None or query.ended_at is None:
            return
        saved = look.question.saved
        chart = Remembered(
            document=replace(document, headers=dict(document.headers)),
            name=saved.name,
            datasets=saved.datasets,
            revisions=look.question.revisions,
            is_latest=saved.is_deterministic and query.fingerprint == look.question.fingerprint,
            answered_at=query.ended_at,
            max_age=saved.max_age,
            good_until=query.ended_at,
        )
        self._memory.keep(asking, replace(chart, good_until=self._good_until(chart)))

    def _good_until(self, chart: Remembered) -> datetime:
        """Not longer than an API key is trusted: the saved query may be replaced by another process meanwhile."""
        return min(chart.answered_at + timedelta(seconds=chart.max_age), self._clock() + self._trust)


_FRESH: dict[str, Any] = {"stale": False}


def _cached(max_age: int) -> dict[str, str]:
    """A browser may keep what the owner calls good enough, and asks after the rest with its ETag."""
    rule = f"private, max-age={max_age}" if max_age else "private, no-cache"
    return {"Cache-Control": rule, "Vary": "X-Api-Key, Authorization"}
