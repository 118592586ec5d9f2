"""What starts a job's runs. The wire shape, validated; no I/O."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

JobName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,127}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ManualTrigger(_Model):
    """Implied: every job can be started by `POST .../runs`."""

    type: Literal["manual"]


class ArrivalTrigger(_Model):
    """A file of a source was committed, or a source published a version."""

    type: Literal["arrival"]


class ScheduleTrigger(_Model):
    """EventBridge's cron(...) or rate(...), in UTC."""

    type: Literal["schedule"]
    expression: Annotated[str, StringConstraints(pattern=r"^(cron|rate)\([A-Za-z0-9 ,\-*/?#]{1,100}\)$")]


class RunTrigger(_Model):
    """A run of another job ended."""

    type: Literal["run"]
    job: JobName
    on: Literal["succeeded", "failed", "any"] = "succeeded"


Trigger = Annotated[ManualTrigger | ArrivalTrigger | ScheduleTrigger | RunTrigger, Field(discriminator="type")]
