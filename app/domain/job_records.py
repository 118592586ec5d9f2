"""What is kept of a job, and what may be changed of it. Pure."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from app.domain.checks import Check
from app.domain.errors import FieldError, InvalidInput, pointer_to
from app.domain.jobs import DatasetId, JobDefinition, Layout
from app.domain.merges import Merge
from app.domain.packing import packed, unpacked
from app.domain.records import Record
from app.domain.transforms import Transform
from app.domain.triggers import Triggers

_Definition = Annotated[
    JobDefinition, BeforeValidator(unpacked), PlainSerializer(packed, return_type=str, when_used="json")
]


class Job(Record):
    """A stored job. A paused one is not started by its triggers nor by hand; runs that wait already still run.

    `version` counts the changes of what decides the rows: under a new one everything is loaded again.
    `next_run_at` is what its schedules' own items say; it is not in the document.
    """

    name: str
    tenant: str
    definition: _Definition
    version: int = 1
    is_paused: bool = False
    created_at: datetime
    created_by: str
    updated_at: datetime
    next_run_at: datetime | None = Field(None, exclude=True)


class JobPatch(BaseModel):
    """What to change of a job; what is left out stays. Its name and its target stay for good."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"checks": [{"type": "row_count", "min": 1}], "triggers": []}]},
    )

    description: Annotated[str, Field(max_length=4000)] | None = None
    sources: tuple[DatasetId, ...] | None = Field(None, min_length=1)
    transform: Transform | None = None
    mode: Literal["full", "incremental", "merge"] | None = None
    merge: Merge | None = Field(None, description="Null where the mode is not `merge`.")
    layout: Layout | None = None
    triggers: Triggers | None = None
    checks: tuple[Check, ...] | None = None
    max_bytes_scanned: int | None = Field(None, ge=10_000_000, description="Bytes; null removes the limit.")

    def applied(self, definition: JobDefinition) -> JobDefinition:
        """The changed definition. InvalidInput when its parts do not fit each other."""
        given: dict[str, Any] = self.model_dump(mode="json", by_alias=True, include=self.model_fields_set)
        for name in ("sources", "transform", "mode", "layout", "triggers", "checks"):
            if name in given and given[name] is None:
                raise InvalidInput(f"{name} cannot be null; leave it out to keep it.", (_null(name),))
        whole = {**definition.model_dump(mode="json", by_alias=True), **given}
        try:
            return JobDefinition.model_validate(whole)
        except ValidationError as error:
            fields = tuple(FieldError(pointer_to(one["loc"], whole), one["type"], one["msg"]) for one in error.errors())
            raise InvalidInput("The changed job is not valid; see errors.", fields) from error


def _null(name: str) -> FieldError:
    return FieldError(f"/{name}", "null", "It cannot be null.")
