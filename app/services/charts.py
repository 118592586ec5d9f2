"""Charts of saved queries: the answer if it is there, else the last good one, marked as stale."""

from collections.abc import Mapping
from typing import Any

from app.domain.charts import Chart
from app.domain.queries import QueryState
from app.services.results import Document, Results
from app.services.saved_queries import Asked


class Charts:
    """What was asked, drawn from the results."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def document(self, asked: Asked, choices: Mapping[str, Any], shape: str, known: str) -> Document:
        """Raises what the query failed with when there is no earlier answer."""
        chart = (asked.saved.chart or Chart()).over(**choices)
        if asked.query.state is QueryState.SUCCEEDED or asked.last is None:
            document = self._results.chart(asked.query, chart, shape, {"stale": False}, known)
            document.headers["Age"] = str(asked.age)
            return document
        meta: dict[str, Any] = {"stale": True}
        if asked.query.error is not None:
            meta["refresh_error"] = asked.query.error.code
        document = self._results.chart(asked.last, chart, shape, meta, known)
        document.headers["Age"] = str(asked.age)
        return document
