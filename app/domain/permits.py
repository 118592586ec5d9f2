"""Who may have a statement of a run at Athena: a few permits, and a line of those who wait. Pure.

A permit is asked for by statement token, so that asking again is asking once. Whoever goes from one statement to the
next keeps the permit while nobody waits; else it goes to the end of the line, so that a run of a hundred statements
lets the others in between.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from app.domain.records import Record
from app.domain.runs import Run

LONGEST_LINE: Final = 1_000
"""Places in line: the item has 400 KB at most. Who finds it full comes again."""


class NoPermit(Exception):
    """All permits are taken; the run, as it is, waits for its turn."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"run {run.id} waits for a permit")
        self.run = run


class Place(BaseModel):
    """A run in line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    run: str
    since: datetime

    def is_of(self, run: Run) -> bool:
        return (self.tenant, self.run) == (run.tenant, run.id)


class Permit(Place):
    """A run that may have one statement at Athena."""

    token: str = Field(description="The statement's, as Athena knows it.")


class Permits(Record):
    """The permits that are taken, and the line of those who wait, first come first served."""

    taken: tuple[Permit, ...] = ()
    waiting: tuple[Place, ...] = ()

    def asked(self, run: Run, token: str, now: datetime, limit: int) -> "Permits":
        """With a permit for the statement, or a place in line. The same object when it has the permit already."""
        if self.has(run, token):
            return self
        others = tuple(one for one in self.taken if not one.is_of(run))
        line = tuple(one for one in self.waiting if not one.is_of(run))
        ahead = next((at for at, one in enumerate(self.waiting) if one.is_of(run)), len(line))
        if ahead < limit - len(others):
            mine = Permit(tenant=run.tenant, run=run.id, since=now, token=token)
            return self.model_copy(update={"taken": (*others, mine), "waiting": line})
        is_in_line = len(line) < len(self.waiting) or len(line) >= LONGEST_LINE
        waiting = self.waiting if is_in_line else (*line, Place(tenant=run.tenant, run=run.id, since=now))
        return self.model_copy(update={"taken": others, "waiting": waiting})

    def has(self, run: Run, token: str) -> bool:
        return any(one.is_of(run) and one.token == token for one in self.taken)

    def left(self, run: Run) -> "Permits":
        """Without the run. The same object when it is in neither."""
        return self.without([one for one in (*self.taken, *self.waiting) if one.is_of(run)])

    def without(self, gone: Collection[Place]) -> "Permits":
        """Without these permits and places; the same object when there are none."""
        if not gone:
            return self
        taken = tuple(one for one in self.taken if one not in gone)
        return self.model_copy(
            update={"taken": taken, "waiting": tuple(one for one in self.waiting if one not in gone)}
        )

    def next_in_line(self, limit: int) -> tuple[Place, ...]:
        """Those whose turn it is."""
        return self.waiting[: max(0, limit - len(self.taken))]

    def is_turn_of(self, run: Run, limit: int) -> bool:
        """Whether asking is of any use."""
        if any(one.is_of(run) for one in self.waiting):
            return any(one.is_of(run) for one in self.next_in_line(limit))
        return len(self.waiting) < LONGEST_LINE
