"""What one principal's queries may take: some at Athena at once, a line of those who wait, and bytes a day. Pure.

A query's bytes are reserved when it is asked, at most what it may scan, and settled with what it scanned when it is
over; so a principal cannot spend a day's bytes twice by asking fast.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field

from app.domain.errors import DailyBudgetExceeded, TooManyRequests
from app.domain.records import Record

_WAIT_SECONDS = 5


@dataclass(frozen=True)
class Limits:
    """Of each principal. Bytes are a day's (UTC)."""

    active: int
    waiting: int
    daily_bytes: int


class Place(BaseModel):
    """A query that is not over, and the bytes that it may scan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str
    bytes: int
    since: datetime


class Allowance(Record):
    """One principal's queries that are not over: `active` may be at Athena, `waiting` come next, in this order."""

    tenant: str
    principal: str
    day: date = date.min
    spent_bytes: int = Field(0, description="Scanned since the day began by queries that are over.")
    active: tuple[Place, ...] = ()
    waiting: tuple[Place, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        return (*self.active, *self.waiting)

    def may_start(self, query_id: str) -> bool:
        """Whether it need not wait; one that is not known here is not held up."""
        return all(one.query != query_id for one in self.waiting)

    def asked(self, query_id: str, may_scan: int, now: datetime, limits: Limits) -> "Allowance":
        """With a place for the query; the same object when it has one. DailyBudgetExceeded, or TooManyRequests when the
        line is full.
        """
        if any(one.query == query_id for one in self.places):
            return self
        today = self._on(now)
        today.check_bytes(may_scan, now, limits)
        place = Place(query=query_id, bytes=may_scan, since=now)
        if len(today.active) < limits.active and not today.waiting:
            return today.model_copy(update={"active": (*today.active, place)})
        if len(today.waiting) >= limits.waiting:
            raise TooManyRequests(
                f"You have {len(today.places)} queries that are not over; wait for some of them, or cancel them.",
                retry_after_seconds=_WAIT_SECONDS,
            )
        return today.model_copy(update={"waiting": (*today.waiting, place)})

    def left(self, query_id: str, scanned: int, now: datetime, limits: Limits) -> "Allowance":
        """Without a query that is over, and those who may start now among the active. The same object without it."""
        if all(one.query != query_id for one in self.places):
            return self
        today = self._on(now)
        active = [one for one in today.active if one.query != query_id]
        waiting = [one for one in today.waiting if one.query != query_id]
        room = max(0, limits.active - len(active))
        return today.model_copy(
            update={
                "spent_bytes": today.spent_bytes + scanned,
                "active": (*active, *waiting[:room]),
                "waiting": tuple(waiting[room:]),
            }
        )

    def started_since(self, before: "Allowance") -> tuple[str, ...]:
        """Queries that waited before and are active now."""
        waited = {one.query for one in before.waiting}
        return tuple(one.query for one in self.active if one.query in waited)

    def _on(self, now: datetime) -> "Allowance":
        today = now.astimezone(UTC).date()
        return self if self.day >= today else self.model_copy(update={"day": today, "spent_bytes": 0})

    def check_bytes(self, may_scan: int, now: datetime, limits: Limits) -> None:
        """DailyBudgetExceeded when the rest of the day's bytes is less."""
        taken = self.spent_bytes + sum(one.bytes for one in self.places)
        if taken + may_scan > limits.daily_bytes:
            raise DailyBudgetExceeded(
                f"It may scan {may_scan:,} bytes, and {max(0, limits.daily_bytes - taken):,} of your "
                f"{limits.daily_bytes:,} a day are left. Read less, lower max_bytes_scanned, or come back "
                "tomorrow (UTC).",
                retry_after_seconds=_until_midnight(now),
            )


def _until_midnight(now: datetime) -> int:
    here = now.astimezone(UTC)
    tomorrow = datetime.combine(here.date() + timedelta(days=1), time(), UTC)
    return int((tomorrow - here).total_seconds()) + 1
