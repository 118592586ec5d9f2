"""Classifiers over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.access import Scope
from app.domain.classifiers import NewClassifier
from app.domain.datasets import NewColumn
from app.routers.deps import LakeDep, Limit, PageOf, PageToken, PrincipalDep, Revision, RevisionIfAny, paged, tag
from app.routers.door import DoorRoute, needs

router = APIRouter(prefix="/v1", tags=["Classifiers"], route_class=DoorRoute)
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,127}$", max_length=128)]


class ClassifierView(BaseModel):
    """A classifier."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    description: str
    pattern: str
    groups: tuple[str, ...] = Field(description="The pattern's named groups, in their order: the columns of a file.")
    columns: tuple[NewColumn, ...]
    skip: str | None
    min_certainty: float
    automatic: bool
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


@router.get("/classifiers", operation_id="list_classifiers", openapi_extra=needs(Scope.DATASETS_READ))
def list_classifiers(
    lake: LakeDep,
    principal: PrincipalDep,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[ClassifierView]:
    """All classifiers, by name."""
    page = lake.classifiers.list(principal, limit, page_token)
    return PageOf[ClassifierView].model_validate(paged(page, request, response), from_attributes=True)


@router.put(
    "/classifiers/{name}",
    operation_id="put_classifier",
    responses={201: {"model": ClassifierView, "description": "It is new"}},
    openapi_extra=needs(Scope.DATASETS_WRITE),
)
def put_classifier(
    lake: LakeDep, principal: PrincipalDep, name: Name, body: NewClassifier, revision: RevisionIfAny, response: Response
) -> ClassifierView:
    """Create it, or replace it (with If-Match). The pattern is checked at once. Files taken in stay as they were."""
    classifier, is_new = lake.classifiers.put(principal, name, body, revision)
    response.status_code = 201 if is_new else 200
    tag(response, classifier.revision)
    return ClassifierView.model_validate(classifier)


@router.get("/classifiers/{name}", operation_id="get_classifier", openapi_extra=needs(Scope.DATASETS_READ))
def get_classifier(lake: LakeDep, principal: PrincipalDep, name: Name, response: Response) -> ClassifierView:
    """One classifier."""
    classifier = lake.classifiers.get(principal, name)
    tag(response, classifier.revision)
    return ClassifierView.model_validate(classifier)


@router.delete(
    "/classifiers/{name}",
    status_code=204,
    operation_id="delete_classifier",
    openapi_extra=needs(Scope.DATASETS_WRITE),
)
def delete_classifier(lake: LakeDep, principal: PrincipalDep, name: Name, revision: Revision) -> None:
    """Delete it. Files for datasets that name it are quarantined from then on, until it is there again."""
    lake.classifiers.delete(principal, name, revision)
