"""The ledger of a dataset's files over HTTP."""

from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.access import Scope
from app.domain.files import File, FileReport, FileState
from app.routers.deps import LakeDep, Limit, PageOf, PageToken, PrincipalDep, Wait, paged, settled, tag
from app.routers.door import DoorRoute, needs

router = APIRouter(prefix="/v1/datasets/{dataset_id}", tags=["Files"], route_class=DoorRoute)


class FileView(BaseModel):
    """One file: where it is on its way in, and what was found in it."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    file_id: str = Field(validation_alias="id")
    dataset: str = Field(validation_alias="dataset_id")
    state: FileState
    file_name: str | None = Field(description="The sender's own name for it.")
    size_bytes: int
    sha256: str | None
    partition: dict[str, str]
    row_count: int | None = Field(validation_alias="rows", description="Null until it is counted.")
    report: FileReport | None = Field(
        description="What verification found; problems name line, column, expected, found."
    )
    schema_version: int | None
    committed_version: str | None = Field(description="The dataset's version that the file made.")
    duplicate_of: str | None = Field(description="The file that brought the same content before.")
    created_at: datetime
    created_by: str
    updated_at: datetime


@router.get("/files", operation_id="list_files", openapi_extra=needs(Scope.DATASETS_READ))
def list_files(
    lake: LakeDep,
    principal: PrincipalDep,
    dataset_id: str,
    request: Request,
    response: Response,
    state: FileState | None = None,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[FileView]:
    """Files by arrival, of one state or of all."""
    page = lake.files.list(principal, dataset_id, state, limit, page_token)
    return PageOf[FileView].model_validate(paged(page, request, response), from_attributes=True)


@router.get("/files/{file_id}", operation_id="get_file", openapi_extra=needs(Scope.DATASETS_READ))
async def get_file(
    lake: LakeDep,
    principal: PrincipalDep,
    dataset_id: str,
    file_id: str,
    request: Request,
    response: Response,
    wait: Wait,
) -> FileView:
    """One file. `Prefer: wait=N` waits until it is committed, a duplicate, quarantined or rejected."""
    fetch = partial(lake.files.get, principal, dataset_id, file_id)
    file = await settled(request, response, wait, fetch, lambda found: found.is_settled)
    return shown(file, response)


@router.post("/files/{file_id}/replay", operation_id="replay_file", openapi_extra=needs(Scope.FILES_WRITE))
def replay_file(lake: LakeDep, principal: PrincipalDep, dataset_id: str, file_id: str, response: Response) -> FileView:
    """Verify a quarantined or rejected file again, after the schema or the format was corrected."""
    return shown(lake.ingestion.replay(principal, dataset_id, file_id), response)


def shown(file: File, response: Response) -> FileView:
    """The file as callers see it, with its ETag set."""
    tag(response, file.revision)
    return FileView.model_validate(file)
