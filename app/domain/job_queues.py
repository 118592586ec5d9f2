"""The queue of a job: whose turn it is, and who waits. Pure."""

from pydantic import Field

from app.domain.records import Record
from app.domain.runs import Run


class JobQueue(Record):
    """The runs of a job that are not over: at most one works, so that a target has one writer."""

    active: str | None = None
    waiting: tuple[str, ...] = ()
    arrivals: tuple[str, ...] = Field((), description="Those of `waiting` that an arrival made.")
    fired: dict[str, str] = Field({}, description="Those that another trigger made, by its kind: one of each.")

    def waiting_of(self, trigger: str) -> str | None:
        """The run that an earlier firing of this kind of trigger made and that has not begun."""
        return self.arrivals[0] if trigger == "arrival" and self.arrivals else self.fired.get(trigger)

    def joined(self, run: Run, before: str | None = None) -> "JobQueue":
        """At the end, or before one that is not ready to begin."""
        place = self.waiting.index(before) if before in self.waiting else len(self.waiting)
        arrivals = (*self.arrivals, run.id) if run.trigger == "arrival" else self.arrivals
        fired = self.fired | {run.trigger: run.id} if run.trigger in {"schedule", "run"} else self.fired
        waiting = (*self.waiting[:place], run.id, *self.waiting[place:])
        return self.model_copy(update={"waiting": waiting, "arrivals": arrivals, "fired": fired})

    def postponed(self, run: Run) -> "JobQueue":
        """It goes to the end."""
        others = tuple(one for one in self.waiting if one != run.id)
        return self.model_copy(update={"waiting": (*others, run.id)})

    def is_turn_of(self, run: Run) -> bool:
        return self.active is None and self.waiting[:1] == (run.id,)

    def entered(self, run: Run) -> "JobQueue":
        return self.left(run).model_copy(update={"active": run.id})

    def left(self, run: Run) -> "JobQueue":
        return self.model_copy(
            update={
                "active": None if self.active == run.id else self.active,
                "waiting": tuple(one for one in self.waiting if one != run.id),
                "arrivals": tuple(one for one in self.arrivals if one != run.id),
                "fired": {kind: one for kind, one in self.fired.items() if one != run.id},
            }
        )

    @property
    def is_idle(self) -> bool:
        return self.active is None and not self.waiting
