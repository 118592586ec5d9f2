"""What is kept of triggers: when a schedule is due, and which runs a job has seen end. Pure."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from app.domain.job_records import Job
from app.domain.records import Record
from app.domain.schedules import next_due
from app.domain.triggers import RunTrigger, ScheduleTrigger


class Schedule(Record):
    """One schedule of a job. `due` is None while the job is paused, and when it never comes again; `met` is the latest
    due time that was met. They only move forward, so that a due time is met once, whatever clocks do.
    """

    tenant: str
    job: str
    trigger: str
    expression: str
    timezone: str
    anchor: datetime
    due: datetime | None
    met: datetime | None = None

    @classmethod
    def of(cls, job: Job, trigger: ScheduleTrigger, now: datetime) -> "Schedule":
        new = cls(
            tenant=job.tenant,
            job=job.name,
            trigger=trigger.key,
            expression=trigger.expression,
            timezone=trigger.timezone,
            anchor=now,
            due=None,
        )
        return new if job.is_paused else new.after(now)

    def after(self, now: datetime) -> "Schedule":
        """Due next, after what is due now was met. Times that have passed are not made up for."""
        met = self.due or self.met
        due = next_due(self.expression, self.timezone, max(now, met) if met else now, self.anchor)
        return self.model_copy(update={"due": due, "met": met})

    def stopped(self) -> "Schedule":
        return self.model_copy(update={"due": None})


class Followed(Record):
    """Of each trigger that waits for all of several jobs: those that had a run since it last fired."""

    met: dict[str, tuple[str, ...]] = Field({}, description="Names of jobs, by the trigger's key.")

    def seeing(self, triggers: Iterable[RunTrigger], upstream: str, state: str) -> tuple["Followed", bool]:
        """What is known after a run of a job ended, and whether a trigger fires. Triggers that are gone are dropped."""
        met: dict[str, tuple[str, ...]] = {}
        is_fired = False
        for trigger in triggers:
            counts = upstream in trigger.upstreams and trigger.is_met_by(state)
            if trigger.require == "any":
                is_fired = is_fired or counts
                continue
            seen = {*self.met.get(trigger.key, ()), *([upstream] if counts else [])}
            if seen == set(trigger.upstreams):
                seen, is_fired = set(), True
            if seen:
                met[trigger.key] = tuple(sorted(seen))
        return self.model_copy(update={"met": met}), is_fired
