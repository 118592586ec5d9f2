"""Datasets over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.access import Scope
from app.domain.classifiers import Tried
from app.domain.contracts import Contract
from app.domain.datasets import Dataset, DatasetPatch, NewDataset, Tier
from app.domain.file_formats import FileFormat
from app.domain.files import Complaint
from app.domain.samples import HeaderSample, Sample
from app.domain.schema_versions import SchemaVersion
from app.domain.schemas import Column
from app.routers.deps import LakeDep, Limit, PageOf, PageToken, PrincipalDep, Revision, paged, tag
from app.routers.door import DoorRoute, needs
from app.services.datasets import Search

router = APIRouter(prefix="/v1", tags=["Datasets"], route_class=DoorRoute)


class DatasetSummary(BaseModel):
    """A dataset in a list: all but its columns."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="`namespace.name`, which is also its name in SQL.")
    namespace: str
    name: str
    tier: Tier
    description: str
    owner: str | None
    tags: dict[str, str]
    format: FileFormat | None
    primary_key: tuple[str, ...]
    order_by: str | None
    partition_by: tuple[str, ...]
    contract: Contract | None
    schema_version: int = Field(description="0 while nothing is known of the columns.")
    column_count: int
    current_version: str | None = Field(description="What readers see; null before the first file or run.")
    current_version_at: datetime | None = Field(description="When that version was made: how fresh the data is.")
    created_at: datetime
    created_by: str
    updated_at: datetime


class SchemaVersionView(BaseModel):
    """One version of a dataset's columns."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    origin: str = Field(description="declared, inferred or job.")
    created_at: datetime
    created_by: str
    columns: tuple[Column, ...]


class DatasetView(DatasetSummary):
    """A dataset and its columns."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)

    schema_: SchemaVersionView | None = Field(None, alias="schema", description="Null while it is not known.")


class InferredSchema(BaseModel):
    """What a sample says about itself."""

    model_config = ConfigDict(from_attributes=True)

    format: FileFormat
    encoding: str
    row_count: int | None
    columns: tuple[Column, ...]
    problems: tuple[Complaint, ...]
    left_out: Complaint | None = Field(None, description="Lines that the classifier made no rows of.")
    classifiers: tuple[Tried, ...] = Field(
        (),
        description="Those that were tried, the chosen one first; where none is, a built-in format is.",
    )


@router.post("/datasets", status_code=201, operation_id="register_dataset", openapi_extra=needs(Scope.DATASETS_WRITE))
def register_dataset(lake: LakeDep, principal: PrincipalDep, body: NewDataset, response: Response) -> DatasetView:
    """Register a dataset; with a schema its typed table is there at once, without one after the first good file."""
    dataset = lake.datasets.register(principal, body)
    response.headers["Location"] = f"/v1/datasets/{dataset.id}"
    return _shown(*lake.datasets.described(principal, dataset.id), response)


@router.get("/datasets", operation_id="list_datasets", openapi_extra=needs(Scope.DATASETS_READ))
def list_datasets(
    lake: LakeDep,
    principal: PrincipalDep,
    request: Request,
    response: Response,
    q: Annotated[
        str | None, Query(min_length=1, max_length=256, description="Words; all must match. Names by their beginning.")
    ] = None,
    namespace: Annotated[str | None, Query(max_length=128, pattern=r"^[a-z][a-z0-9_]*$")] = None,
    tier: Tier | None = None,
    owner: Annotated[str | None, Query(min_length=1, max_length=256)] = None,
    tag: Annotated[str | None, Query(max_length=330, description="`key:value`", pattern="^[A-Za-z0-9_.-]+:")] = None,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[DatasetSummary]:
    """List and search. A page may be short and still have a next one when several conditions are given."""
    page = lake.datasets.list(principal, Search(q, namespace, tier, owner, tag), limit, page_token)
    return PageOf[DatasetSummary].model_validate(paged(page, request, response), from_attributes=True)


@router.get("/datasets/{dataset_id}", operation_id="get_dataset", openapi_extra=needs(Scope.DATASETS_READ))
def get_dataset(lake: LakeDep, principal: PrincipalDep, dataset_id: str, response: Response) -> DatasetView:
    """One dataset with its columns: type, certainty, evidence, original name."""
    return _shown(*lake.datasets.described(principal, dataset_id), response)


@router.patch("/datasets/{dataset_id}", operation_id="change_dataset", openapi_extra=needs(Scope.DATASETS_WRITE))
def change_dataset(
    lake: LakeDep,
    principal: PrincipalDep,
    dataset_id: str,
    revision: Revision,
    body: DatasetPatch,
    response: Response,
) -> DatasetView:
    """Change what is given. A new schema is a new schema version."""
    lake.datasets.change(principal, dataset_id, body, revision)
    return _shown(*lake.datasets.described(principal, dataset_id), response)


@router.delete(
    "/datasets/{dataset_id}",
    status_code=204,
    operation_id="delete_dataset",
    openapi_extra=needs(Scope.DATASETS_WRITE),
)
def delete_dataset(lake: LakeDep, principal: PrincipalDep, dataset_id: str, revision: Revision) -> None:
    """Take it out of lists and SQL; its files are kept. Refused while a job reads or writes it."""
    lake.datasets.delete(principal, dataset_id, revision)


@router.post(
    "/datasets/{dataset_id}/restore", operation_id="restore_dataset", openapi_extra=needs(Scope.DATASETS_WRITE)
)
def restore_dataset(lake: LakeDep, principal: PrincipalDep, dataset_id: str, response: Response) -> DatasetView:
    """Bring a deleted dataset back, with its files and versions. What was dropped meanwhile was rejected: replay it.

    Of a dataset that is not deleted it makes anew what Glue has lost of it, before it answers 409.
    """
    lake.versions.restore(principal, dataset_id)
    return _shown(*lake.datasets.described(principal, dataset_id), response)


@router.get(
    "/datasets/{dataset_id}/schema-versions",
    operation_id="list_schema_versions",
    openapi_extra=needs(Scope.DATASETS_READ),
)
def list_schema_versions(
    lake: LakeDep,
    principal: PrincipalDep,
    dataset_id: str,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[SchemaVersionView]:
    """All versions of the columns, newest first."""
    page = lake.datasets.schema_versions(principal, dataset_id, limit, page_token)
    return PageOf[SchemaVersionView].model_validate(paged(page, request, response), from_attributes=True)


@router.post(
    "/datasets/{dataset_id}/schema/infer", operation_id="infer_schema", openapi_extra=needs(Scope.DATASETS_READ)
)
def infer_schema(lake: LakeDep, principal: PrincipalDep, dataset_id: str, body: Sample) -> InferredSchema:
    """Read the beginning of a file: columns with type, certainty and evidence. Nothing is stored."""
    return InferredSchema.model_validate(lake.inference.infer(principal, dataset_id, body))


@router.put(
    "/datasets/{dataset_id}/header-sample", operation_id="agree_on_header", openapi_extra=needs(Scope.DATASETS_WRITE)
)
def agree_on_header(
    lake: LakeDep,
    principal: PrincipalDep,
    dataset_id: str,
    revision: Revision,
    body: HeaderSample,
    response: Response,
) -> DatasetView:
    """Take a sample's header for the one that every file must have (`format.agreed_header`)."""
    lake.header_samples.agree(principal, dataset_id, body, revision)
    return _shown(*lake.datasets.described(principal, dataset_id), response)


def _shown(dataset: Dataset, schema: SchemaVersion | None, response: Response) -> DatasetView:
    tag(response, dataset.revision)
    summary = DatasetSummary.model_validate(dataset).model_dump()
    shown = SchemaVersionView.model_validate(schema) if schema else None
    return DatasetView(**summary, schema_=shown)
