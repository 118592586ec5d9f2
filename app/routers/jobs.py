"""Jobs: how published data is made from other datasets; and starting their runs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain import builds
from app.domain.access import Scope
from app.domain.checks import Check
from app.domain.job_records import Job, JobPatch
from app.domain.jobs import DatasetId, JobDefinition, Layout, Target
from app.domain.merges import Merge
from app.domain.transforms import Transform
from app.domain.triggers import JobName, Trigger
from app.routers.deps import LakeDep, Limit, PageOf, PageToken, PrincipalDep, Revision, Wait, paged, settled, tag
from app.routers.door import DoorRoute, call, needs
from app.routers.run_views import RunView, accepted

router = APIRouter(prefix="/v1", tags=["Jobs"], route_class=DoorRoute)
Name = Annotated[JobName, Path(description="The job's name.")]


class JobView(BaseModel):
    """A job as it is defined and how it stands."""

    name: str
    description: str | None
    sources: list[DatasetId]
    target: Target
    transform: Transform
    mode: str
    merge: Merge | None
    layout: Layout
    triggers: list[Trigger]
    checks: list[Check]
    max_bytes_scanned: int | None
    version: int = Field(description="Counts the changes of what decides the rows; each loads everything again.")
    paused: bool = Field(description="A paused job is started neither by its triggers nor by hand.")
    next_run_at: datetime | None = Field(description="When its schedules start it next.")
    created_at: datetime
    created_by: str
    updated_at: datetime

    @classmethod
    def of(cls, job: Job) -> "JobView":
        shown: dict[str, Any] = {name: getattr(job.definition, name) for name in JobDefinition.model_fields}
        stamps = {
            "version": job.version,
            "next_run_at": job.next_run_at,
            "created_at": job.created_at,
            "created_by": job.created_by,
            "updated_at": job.updated_at,
        }
        return cls.model_validate({**shown, **stamps, "paused": job.is_paused}, from_attributes=True)


class Reprocessing(BaseModel):
    """What the next run loads. A new `version` of the job loads everything again."""

    model_config = ConfigDict(from_attributes=True)

    build: builds.Build
    files: int
    bytes: int = Field(description="As stored.")


class ChangedJob(JobView):
    """A job as it is after the change."""

    reprocesses: Reprocessing | None = Field(None, description="Null while there is nothing to read.")


class Estimate(BaseModel):
    """How much the next run would read. Upper bounds, from the manifests, if the target keeps about as many partitions
    as it has; sizes in bytes.
    """

    model_config = ConfigDict(from_attributes=True)

    input_files: int
    input_bytes: int
    bytes_scanned: int
    cost_usd: str = Field(description="Decimal, in US dollars.", examples=["0.000091"])


class PreviewView(BaseModel):
    """The SQL of the next run; the version's name in it is a row of zeros."""

    statements: list[str]
    estimate: Estimate


class NewRun(BaseModel):
    """How to run it this time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"force": True}, {"partitions": [{"column": "month", "from": 1, "to": 12}]}]},
    )

    partitions: builds.Scope = Field(
        (), description="A back-fill: write only the partitions in these ranges anew, in one version."
    )
    force: bool = Field(default=False, description="Write a new version even if the same inputs made the present one.")


@router.post("/jobs", status_code=201, operation_id="create_job", openapi_extra=needs(Scope.JOBS_WRITE))
def create_job(lake: LakeDep, principal: PrincipalDep, body: JobDefinition, response: Response) -> JobView:
    """Define a job; its target is registered with it. Refused when the definition does not fit its sources."""
    job = lake.jobs.create(principal, body)
    response.headers["Location"] = f"/v1/jobs/{job.name}"
    tag(response, job.revision)
    return JobView.of(job)


@router.get("/jobs", operation_id="list_jobs", openapi_extra=needs(Scope.JOBS_READ))
def list_jobs(
    lake: LakeDep,
    principal: PrincipalDep,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[JobView]:
    """All jobs, by name."""
    page = paged(lake.jobs.list(principal, limit, page_token), request, response)
    return PageOf[JobView](items=[JobView.of(job) for job in page["items"]], next_page_token=page["next_page_token"])


@router.get("/jobs/{name}", operation_id="get_job", openapi_extra=needs(Scope.JOBS_READ))
def get_job(lake: LakeDep, principal: PrincipalDep, name: Name, response: Response) -> JobView:
    """One job."""
    job = lake.jobs.get(principal, name)
    tag(response, job.revision)
    return JobView.of(job)


@router.patch("/jobs/{name}", operation_id="change_job", openapi_extra=needs(Scope.JOBS_WRITE))
def change_job(
    lake: LakeDep, principal: PrincipalDep, name: Name, revision: Revision, body: JobPatch, response: Response
) -> ChangedJob:
    """Change a job, and see what its next run will load. A run that has claimed its inputs keeps the old definition."""
    job = lake.jobs.change(principal, name, body, revision)
    tag(response, job.revision)
    pending = lake.previews.pending(principal, job)
    loads = Reprocessing.model_validate(pending) if pending else None
    return ChangedJob(**dict(JobView.of(job)), reprocesses=loads)


@router.delete("/jobs/{name}", status_code=204, operation_id="delete_job", openapi_extra=needs(Scope.JOBS_WRITE))
def delete_job(lake: LakeDep, principal: PrincipalDep, name: Name, revision: Revision) -> None:
    """Delete a job. Its datasets, versions and past runs stay."""
    lake.jobs.delete(principal, name, revision)


@router.post("/jobs/{name}/pause", operation_id="pause_job", openapi_extra=needs(Scope.JOBS_WRITE))
def pause_job(lake: LakeDep, principal: PrincipalDep, name: Name, response: Response) -> JobView:
    """Start no runs until it is resumed."""
    job = lake.jobs.pause(principal, name, is_paused=True)
    tag(response, job.revision)
    return JobView.of(job)


@router.post("/jobs/{name}/resume", operation_id="resume_job", openapi_extra=needs(Scope.JOBS_WRITE))
def resume_job(lake: LakeDep, principal: PrincipalDep, name: Name, response: Response) -> JobView:
    """Start runs again. A job with an arrival trigger catches up with what came meanwhile."""
    job = lake.jobs.pause(principal, name, is_paused=False)
    lake.runs.catch_up(job)
    tag(response, job.revision)
    return JobView.of(job)


@router.get("/jobs/{name}/preview", operation_id="preview_job", openapi_extra=needs(Scope.JOBS_READ))
def preview_job(lake: LakeDep, principal: PrincipalDep, name: Name) -> PreviewView:
    """The SQL that a run would send to Athena now, and how much it would read."""
    preview = lake.previews.preview(principal, name)
    return PreviewView(statements=list(preview.statements), estimate=Estimate.model_validate(preview))


@router.post(
    "/jobs/{name}/runs",
    status_code=202,
    operation_id="start_run",
    openapi_extra=needs(Scope.JOBS_WRITE),
    responses={201: {"model": RunView, "description": "The run is over (`Prefer: wait`)"}},
)
async def start_run(
    lake: LakeDep,
    principal: PrincipalDep,
    name: Name,
    request: Request,
    response: Response,
    wait: Wait,
    body: NewRun | None = None,
) -> RunView:
    """Run a job. Runs of one job follow each other; the same inputs again write no new version."""
    new_run = body or NewRun()
    new = await call(lake.runs.start, principal, name, is_forced=new_run.force, scope=new_run.partitions)
    run = await settled(request, response, wait, lambda: lake.runs.look(principal, new.id), lambda one: one.is_over)
    return accepted(run, response)


@router.get("/jobs/{name}/runs", operation_id="list_runs", openapi_extra=needs(Scope.JOBS_READ))
def list_runs(
    lake: LakeDep,
    principal: PrincipalDep,
    name: Name,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[RunView]:
    """The runs of a job, newest first."""
    page = paged(lake.runs.list(principal, name, limit, page_token), request, response)
    return PageOf[RunView](items=[RunView.of(run) for run in page["items"]], next_page_token=page["next_page_token"])
