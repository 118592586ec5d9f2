"""A clock that tests move, and what they ask of jobs' runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app import events


class MovedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)  # a Monday

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)

    def set(self, text: str) -> None:
        self.now = datetime.fromisoformat(text).replace(tzinfo=UTC)


def tick(lake: Any, times: int = 200) -> None:
    """Ticks until every run is over that can be."""
    for _ in range(times):
        before = [(one.id, one.revision) for one in lake.runs._store.open(1000, None).items]
        events.tick(lake)
        after = [(one.id, one.revision) for one in lake.runs._store.open(1000, None).items]
        if after == before and not any(one.open_execution for one in lake.runs._store.open(1000, None).items):
            return
    raise AssertionError("it does not come to rest")


def runs(api: Any, job: str) -> list[tuple[str, str]]:
    """(trigger, state) of each, oldest first."""
    items = api.get(f"/v1/jobs/{job}/runs").json()["items"]
    return [(one["trigger"], one["state"]) for one in sorted(items, key=lambda one: one["id"])]


def count(api: Any, job: str) -> int:
    return len(runs(api, job))
