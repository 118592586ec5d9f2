"""Work that many ask for at once, done once in this process."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from threading import Lock
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Flights:
    """Who asks while the same is under way waits for the next flight, which begins after all who share it asked: nobody
    sees less than was there when they came.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[Hashable, Future[Any]] = {}
        self._next: dict[Hashable, Future[Any]] = {}

    def share(self, key: Hashable, work: Callable[[], T]) -> T:
        """What `work` gives, or raises, to all who share it."""
        with self._lock:
            running, following = self._running.get(key), self._next.get(key)
            mine: Future[Any] | None = None
            if running is None:
                mine = self._running[key] = Future()
            elif following is None:
                mine = self._next[key] = Future()
        if mine is None:
            return cast("T", cast("Future[Any]", following).result())
        if running is not None:
            wait([running])
            with self._lock:
                self._running[key] = self._next.pop(key)
        return self._flown(key, mine, work)

    def _flown(self, key: Hashable, flight: "Future[Any]", work: Callable[[], T]) -> T:
        try:
            found = work()
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(found)
            return found
        finally:
            with self._lock:
                if key not in self._next:
                    del self._running[key]
