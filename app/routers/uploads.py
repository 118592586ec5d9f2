"""Drop-off over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.access import Scope
from app.domain.files import MAX_PARTS, NewUpload
from app.routers.deps import LakeDep, PrincipalDep
from app.routers.door import DoorRoute, needs
from app.routers.files import FileView, shown
from app.services.uploads import Upload

router = APIRouter(prefix="/v1/datasets/{dataset_id}/uploads", tags=["Files"], route_class=DoorRoute)


class Completion(BaseModel):
    """What S3 answered to each part."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"etags": ["5d41402abc4b2a76b9719d911017c592"]}]}
    )

    etags: list[Annotated[str, Field(min_length=1, max_length=128)]] = Field(
        min_length=1, max_length=MAX_PARTS, description="The ETag of every part, in order."
    )


@router.post("", status_code=201, operation_id="request_upload", openapi_extra=needs(Scope.FILES_WRITE))
def request_upload(
    lake: LakeDep, principal: PrincipalDep, dataset_id: str, body: NewUpload, response: Response
) -> Upload:
    """Announce a file and get a URL to PUT it at; above 5 GB, or with `parts`, one URL per part."""
    upload = lake.uploads.request(principal, dataset_id, body)
    response.headers["Location"] = f"/v1/datasets/{dataset_id}/files/{upload.file_id}"
    return upload


@router.post("/{file_id}/complete", operation_id="complete_upload", openapi_extra=needs(Scope.FILES_WRITE))
def complete_upload(
    lake: LakeDep, principal: PrincipalDep, dataset_id: str, file_id: str, body: Completion, response: Response
) -> FileView:
    """All parts are sent: put them together. Repeating it changes nothing."""
    return shown(lake.uploads.complete(principal, dataset_id, file_id, body.etags), response)
