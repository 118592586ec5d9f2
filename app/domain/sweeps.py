"""How far the search for lost files has come. Pure.

One pass after the other over the intake bucket, in the order of its keys, a bounded stretch at a time. Whoever stores
`begun` first has the next stretch to himself.
"""

from datetime import datetime, timedelta
from typing import Final

from app.domain.records import Record

_LEASE: Final = timedelta(minutes=5)
_MARGIN: Final = timedelta(hours=1)  # our clock and S3's, and a stretch of a pass that took long


class Sweep(Record):
    """`started_at` is when the pass began, `after` the (key, version id) where its next stretch begins, None before
    the first; `is_clean` whether nothing failed in it. Objects older than `seen_before` were all looked at.
    """

    started_at: datetime | None = None
    is_under_way: bool = False
    after: tuple[str, str] | None = None
    is_clean: bool = True
    seen_before: datetime | None = None
    held_until: datetime | None = None

    def is_due(self, now: datetime, interval: timedelta) -> bool:
        if self.held_until is not None and now < self.held_until <= now + _LEASE:
            return False  # a hold that ends later than any could is of a clock that jumped
        return self.is_under_way or self.started_at is None or not now - interval < self.started_at <= now

    def begun(self, now: datetime) -> "Sweep":
        """Held for one stretch; of a new pass when none is under way."""
        held = self.model_copy(update={"held_until": now + _LEASE})
        if self.is_under_way:
            return held
        return held.model_copy(update={"started_at": now, "is_under_way": True, "after": None, "is_clean": True})

    def paused(self, after: tuple[str, str] | None, *, is_clean: bool) -> "Sweep":
        """Given back before the end of the bucket."""
        return self.model_copy(update={"after": after, "is_clean": self.is_clean and is_clean, "held_until": None})

    def finished(self, *, is_clean: bool, age: timedelta) -> "Sweep":
        """Given back at the end. What was older than `age` when the pass began need not be looked at again, unless
        something failed.
        """
        is_clean = self.is_clean and is_clean
        seen = self.started_at - age - _MARGIN if is_clean and self.started_at else self.seen_before
        changes = {"after": None, "is_under_way": False, "is_clean": is_clean, "held_until": None}
        return self.model_copy(update={**changes, "seen_before": seen})
