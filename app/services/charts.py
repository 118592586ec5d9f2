"""Charts of saved queries: the answer if it is there, else the last good one, marked as stale."""

from typing import Any

from app.domain.charts import Chart, drawing
from app.domain.queries import QueryState
from app.services.results import Document, Results
from app.services.saved_queries import Asked


class Charts:
    """What was asked, drawn from the results."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def document(self, asked: Asked, choices: dict[str, Any], known: str) -> Document:
        """Raises what the query failed with when there is no earlier answer."""
        drawn = drawing(asked.saved.chart or Chart(), choices)
        is_fresh = asked.query.state is QueryState.SUCCEEDED or asked.last is None
        meta: dict[str, Any] = {"stale": not is_fresh}
        if not is_fresh and asked.query.error is not None:
            meta["refresh_error"] = asked.query.error.code
        shown = asked.query if is_fresh or asked.last is None else asked.last
        document = self._results.chart(shown, drawn, meta, known)
        document.headers["Age"] = str(asked.age)
        return document
