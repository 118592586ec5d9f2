"""Versions of a dataset: what readers see, what they saw before, and the way back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.access import Scope
from app.domain.check_results import CheckResult
from app.domain.datasets import Dataset
from app.domain.versions import Version
from app.routers.deps import LakeDep, Limit, PageOf, PageToken, PrincipalDep, paged
from app.routers.door import DoorRoute, needs
from app.routers.run_views import RunInput

router = APIRouter(prefix="/v1", tags=["Versions"], route_class=DoorRoute)
DatasetName = Annotated[str, Path(max_length=260, description="`namespace.name`.")]
VersionId = Annotated[str, Path(pattern=r"^[0-9a-z]{26}$", description="The version's id.")]


class VersionView(BaseModel):
    """The manifest of one version. Sizes in bytes."""

    id: str
    dataset: str
    is_current: bool = Field(description="Readers see this one.")
    files: int
    bytes: int
    rows: int | None
    rejected_rows: int = Field(description="Rows that are none of the version's; `namespace.name__rejects` has them.")
    inputs: list[RunInput]
    checks: list[CheckResult] = Field(description="What the gate found before it was published, passed or not.")
    run_id: str | None
    job: str | None
    job_version: int | None = Field(description="The job's version that made it.")
    build: str | None = Field(description="rebuild, append, merge or replace (a back-fill); null for raw datasets.")
    base: str | None = Field(description="The version that it was built on.")
    is_partial: bool = Field(description="It lacks files that were committed when it was made; the next one has more.")
    is_staged: bool = Field(
        description="A part of a rebuild, which readers never saw; a later version completes it. No rollback to it."
    )
    schema_version: int
    created_at: datetime
    removed_at: datetime | None = Field(
        description="Since when readers cannot go back to it, being too old to keep; its files are deleted once no "
        "newer version refers to them."
    )

    @classmethod
    def of(cls, version: Version, dataset: Dataset) -> "VersionView":
        return cls(
            id=version.id,
            dataset=version.dataset_id,
            is_current=version.id == dataset.current_version,
            files=version.files,
            bytes=version.bytes,
            rows=version.rows,
            rejected_rows=version.rejected_rows,
            inputs=[RunInput.model_validate(one) for one in version.inputs],
            checks=list(version.checks),
            run_id=version.run_id,
            job=version.job,
            job_version=version.job_version,
            build=version.build,
            base=version.base,
            is_partial=version.is_partial,
            is_staged=version.is_staged,
            schema_version=version.schema_version,
            created_at=version.created_at,
            removed_at=version.removed_at,
        )


class Rollback(BaseModel):
    """Which version readers shall see."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"version": "01jq3v5x8e9k2m4n6p7q8r9s0t"}]}
    )

    version: str = Field(pattern=r"^[0-9a-z]{26}$")


@router.get("/datasets/{dataset_id}/versions", operation_id="list_versions", openapi_extra=needs(Scope.DATASETS_READ))
def list_versions(
    lake: LakeDep,
    principal: PrincipalDep,
    dataset_id: DatasetName,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[VersionView]:
    """The versions of a dataset, newest first."""
    found, dataset = lake.versions.list(principal, dataset_id, limit, page_token)
    page = paged(found, request, response)
    views = [VersionView.of(version, dataset) for version in page["items"]]
    return PageOf[VersionView](items=views, next_page_token=page["next_page_token"])


@router.get(
    "/datasets/{dataset_id}/versions/{version}",
    operation_id="get_version",
    openapi_extra=needs(Scope.DATASETS_READ),
)
def get_version(lake: LakeDep, principal: PrincipalDep, dataset_id: DatasetName, version: VersionId) -> VersionView:
    """The manifest of one version: files, bytes, rows, and from what it was made."""
    return VersionView.of(*lake.versions.get(principal, dataset_id, version))


@router.post(
    "/datasets/{dataset_id}/rollback",
    operation_id="rollback_dataset",
    openapi_extra=needs(Scope.DATASETS_WRITE),
)
def rollback_dataset(lake: LakeDep, principal: PrincipalDep, dataset_id: DatasetName, body: Rollback) -> VersionView:
    """Let readers see an older version, at once. The newer ones stay and can be rolled forward to."""
    return VersionView.of(*lake.versions.rollback(principal, dataset_id, body.version))
