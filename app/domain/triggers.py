"""What starts a job's runs. The wire shape, validated; no I/O."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.domain.schedules import parsed, zone

MAX_UPSTREAMS = 20
"""Jobs whose runs one job may wait for. With its sources and schedules they are stored in one transaction of 100."""

JobName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,127}$")]


def _schedule(expression: str) -> str:
    parsed(expression)
    return expression


def _timezone(name: str) -> str:
    zone(name)
    return name


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ManualTrigger(_Model):
    """Implied: every job can be started by `POST .../runs`."""

    type: Literal["manual"]


class ArrivalTrigger(_Model):
    """A file of a source was committed, or a source published a version. With a quiet period the run waits until no
    other has come for so long, so that many files make one run.
    """

    type: Literal["arrival"]
    quiet_seconds: int = Field(0, ge=0, le=3600, description="How long nothing must have come before the run begins.")
    max_wait_seconds: int | None = Field(
        None, ge=1, le=36_000, description="The longest wait after the first arrival; null: ten times quiet_seconds."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.max_wait_seconds is not None and self.max_wait_seconds < max(self.quiet_seconds, 1):
            raise ValueError("`max_wait_seconds` is below `quiet_seconds`")
        if self.max_wait_seconds is not None and self.quiet_seconds == 0:
            raise ValueError("`max_wait_seconds` needs a `quiet_seconds` above 0")
        return self

    @property
    def quiet(self) -> timedelta:
        return timedelta(seconds=self.quiet_seconds)

    @property
    def longest_wait(self) -> timedelta:
        return timedelta(seconds=self.max_wait_seconds or 10 * self.quiet_seconds)


class ScheduleTrigger(_Model):
    """EventBridge's `cron(minutes hours day-of-month month day-of-week year)` or `rate(value unit)`. A cron is read in
    the time zone; a time that a clock change skips is due right after the gap, one that it repeats is due once.
    """

    type: Literal["schedule"]
    expression: Annotated[str, StringConstraints(min_length=1, max_length=256), AfterValidator(_schedule)]
    timezone: Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_timezone)] = "UTC"

    @property
    def key(self) -> str:
        """Names this schedule among those of its job."""
        return _key(self.expression, self.timezone)


class RunTrigger(_Model):
    """Runs of other jobs ended. `any`: one of them; `all`: each of them since this trigger last fired."""

    type: Literal["run"]
    jobs: Annotated[tuple[JobName, ...], Field(max_length=MAX_UPSTREAMS)] = ()
    job: JobName | None = Field(None, description="Short for `jobs` with one name.")
    on: Literal["succeeded", "failed", "finished", "any"] = Field(
        "succeeded", description="How the run must have ended; `finished` (or `any`): however."
    )
    require: Literal["any", "all"] = "any"

    @model_validator(mode="after")
    def _named(self) -> Self:
        if bool(self.jobs) == (self.job is not None):
            raise ValueError("give `jobs` or `job`")
        if len(set(self.jobs)) < len(self.jobs):
            raise ValueError("each of `jobs` may appear once")
        return self

    @property
    def upstreams(self) -> tuple[str, ...]:
        return self.jobs or (str(self.job),)

    @property
    def key(self) -> str:
        """Names this trigger among those of its job."""
        return _key(self.on, self.require, *sorted(self.upstreams))

    def place_of(self, upstream: str) -> str:
        """Where it names a job, as a pointer below the trigger."""
        return f"/jobs/{self.jobs.index(upstream)}" if self.jobs else "/job"

    def is_met_by(self, state: str) -> bool:
        """Whether a run that ended in a state counts."""
        return self.on in {"finished", "any", state}


Trigger = Annotated[ManualTrigger | ArrivalTrigger | ScheduleTrigger | RunTrigger, Field(discriminator="type")]


def arrival_of(triggers: Iterable[Trigger]) -> ArrivalTrigger | None:
    return next((one for one in triggers if isinstance(one, ArrivalTrigger)), None)


def schedules_of(triggers: Iterable[Trigger]) -> tuple[ScheduleTrigger, ...]:
    return tuple(one for one in triggers if isinstance(one, ScheduleTrigger))


def run_triggers_of(triggers: Iterable[Trigger]) -> tuple[RunTrigger, ...]:
    return tuple(one for one in triggers if isinstance(one, RunTrigger))


def upstreams_of(triggers: Iterable[Trigger]) -> tuple[str, ...]:
    """The jobs whose runs start this one, each once, sorted."""
    return tuple(sorted({name for one in run_triggers_of(triggers) for name in one.upstreams}))


def _consistent(triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    if sum(one.type == "arrival" for one in triggers) > 1:
        raise ValueError("a job has one arrival trigger; it is for all its sources")
    keys = [one.key for one in triggers if isinstance(one, ScheduleTrigger | RunTrigger)]
    if len(set(keys)) < len(keys):
        raise ValueError("each schedule and each run trigger may appear once")
    if len(upstreams_of(triggers)) > MAX_UPSTREAMS:
        raise ValueError(f"a job waits for the runs of {MAX_UPSTREAMS} others at most")
    return triggers


Triggers = Annotated[tuple[Trigger, ...], Field(max_length=20), AfterValidator(_consistent)]


def _key(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:12]
