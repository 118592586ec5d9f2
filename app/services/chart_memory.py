"""Charts that this process has drawn lately: the bytes, and what must still be true for them to be sent again."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from app.services.results import Document


class Asking(NamedTuple):
    """One request as it was written: same path and query string, same chart."""

    tenant: str
    path: str
    query: str


@dataclass(frozen=True)
class Remembered:
    """A drawn chart. Until `good_until` it may be sent without a look; later too, if it `is_latest`, while the saved
    query and its datasets have these `revisions`.
    """

    document: Document
    name: str
    datasets: tuple[str, ...]
    revisions: tuple[int, ...]
    is_latest: bool
    answered_at: datetime
    max_age: int
    good_until: datetime

    def age(self, now: datetime) -> int:
        return max(0, int((now - self.answered_at).total_seconds()))


class ChartMemory:
    """The charts asked for last, up to a number of bytes. For many threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[Asking, Remembered] = OrderedDict()
        self._lock = Lock()

    def find(self, asking: Asking) -> Remembered | None:
        with self._lock:
            found = self._kept.get(asking)
            if found is not None:
                self._kept.move_to_end(asking)
            return found

    def keep(self, asking: Asking, chart: Remembered) -> None:
        with self._lock:
            self._drop(asking)
            self._kept[asking] = chart
            self._size += len(chart.document.body or b"")
            while self._size > self._limit:
                self._drop(next(iter(self._kept)))

    def forget(self, tenant: str, name: str) -> None:
        """The saved query is another one now."""
        with self._lock:
            for asking in [one for one, chart in self._kept.items() if (one.tenant, chart.name) == (tenant, name)]:
                self._drop(asking)

    def _drop(self, asking: Asking) -> None:
        if asking in self._kept:
            self._size -= len(self._kept.pop(asking).document.body or b"")
