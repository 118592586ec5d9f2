"""The queue of a job: whose turn it is, and who waits. Pure."""

from pydantic import Field

from app.domain.records import Record
from app.domain.runs import Run


class JobQueue(Record):
    """The runs of a job that are not over: at most one works, so that a target has one writer."""

    active: str | None = None
    waiting: tuple[str, ...] = ()
    arrivals: tuple[str, ...] = Field((), description="Those of `waiting` that a trigger made.")

    def joined(self, run: Run) -> "JobQueue":
        arrivals = (*self.arrivals, run.id) if run.trigger == "arrival" else self.arrivals
        return self.model_copy(update={"waiting": (*self.waiting, run.id), "arrivals": arrivals})

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
            }
        )

    @property
    def is_idle(self) -> bool:
        return self.active is None and not self.waiting
