"""A run as its readers see it."""

from datetime import datetime

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.builds import Build, PartitionRange
from app.domain.check_results import CheckResult
from app.domain.run_executions import RunStatistics, Step
from app.domain.run_problems import RunProblem
from app.domain.runs import Run, RunState, Trigger


class RunInput(BaseModel):
    """What the run reads of one dataset."""

    model_config = ConfigDict(from_attributes=True)

    dataset: str
    version: str | None = Field(description="The version that was current when the run claimed its inputs.")
    files: list[str] = Field(description="The claimed files of a raw dataset.")
    bytes: int


class Progress(BaseModel):
    """How far the writing is."""

    batches_done: int
    batches_expected: int | None = Field(description="Null while the partitions are not counted.")


class RunView(BaseModel):
    """A run. `version` is what it published, or the present one when `reused`."""

    id: str
    job: str
    target: str
    state: RunState
    step: Step | None
    trigger: Trigger
    retry_of: str | None
    build: Build = Field(description="rebuild: from nothing; append, merge, replace: on top of `base`.")
    base: str | None = Field(description="The version that this one builds on.")
    is_partial: bool = Field(description="More files waited than one run takes: the next, queued by itself, loads on.")
    is_staged: bool = Field(
        description="Its version is a part of a rebuild and has fewer files than readers see: they keep what they have "
        "until a later run completes it."
    )
    partitions: list[PartitionRange] = Field(description="The ranges of a back-fill.")
    job_version: int
    progress: Progress
    attempt: int = Field(
        description="How often the write was begun: three times at most because Athena failed, and again whenever a "
        "statement was too much for it or readers were moved off `base`."
    )
    version: str | None
    reused: bool = Field(description="The same inputs made the present version already; nothing was written.")
    inputs: list[RunInput]
    athena_execution_ids: list[str]
    statistics: RunStatistics
    checks: list[CheckResult] = Field(
        description="What the gate found, passed or not; empty before. A `reused` run shows the version's."
    )
    error: RunProblem | None
    waits_until: datetime | None = Field(
        description="Not before this is it worked on: its sources are not quiet yet, or a service did not answer."
    )
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, run: Run) -> "RunView":
        return cls(
            id=run.id,
            job=run.job,
            target=run.target,
            state=run.state,
            step=run.step,
            trigger=run.trigger,
            retry_of=run.retry_of,
            build=run.build,
            base=run.base,
            is_partial=run.is_partial,
            is_staged=run.is_staged,
            partitions=list(run.scope),
            job_version=run.job_version,
            progress=Progress(batches_done=run.batches_done, batches_expected=run.batches_expected),
            attempt=run.attempt,
            version=run.version if run.state is RunState.SUCCEEDED else None,
            reused=run.is_reused,
            inputs=[RunInput.model_validate(one) for one in run.inputs],
            athena_execution_ids=[one.id for one in run.executions],
            statistics=run.statistics,
            checks=list(run.checks),
            error=run.error,
            waits_until=None if run.is_over else run.not_before,
            created_at=run.created_at,
            created_by=run.created_by,
            started_at=run.started_at,
            ended_at=run.ended_at,
        )


def accepted(run: Run, response: Response) -> RunView:
    """The answer to a POST that made a run: 202 and where to look, 201 for who waited (`Prefer`) until it was over."""
    response.headers["Location"] = f"/v1/runs/{run.id}"
    if run.is_over and "preference-applied" in response.headers:
        response.status_code = 201
    else:
        response.headers["Retry-After"] = "1"
    return RunView.of(run)
