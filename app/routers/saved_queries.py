"""Saved queries over HTTP: what dashboards read."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.domain.access import Scope
from app.domain.charts import Chart
from app.domain.links import NewLink
from app.domain.saved_queries import RESERVED, NewSavedQuery, SavedParameter
from app.routers.answers import LINKED, RESULTS, WantedDep, documented, page_of
from app.routers.deps import (
    LakeDep,
    Limit,
    PageOf,
    PageToken,
    PrincipalDep,
    Revision,
    RevisionIfAny,
    Wait,
    paged,
    settled,
    tag,
)
from app.routers.door import DoorRoute, needs
from app.services.saved_queries import Asked

router = APIRouter(prefix="/v1", tags=["Saved queries"], route_class=DoorRoute)
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,127}$", max_length=128)]
VersionId = Annotated[str, Path(pattern=r"^[0-9a-z]{26}$", description="The version's id.")]
_ARGUMENTS: dict[str, Any] = {
    "name": "arguments",
    "in": "query",
    "required": False,
    "style": "form",
    "explode": True,
    "description": "The saved query's own parameters, each under its name: `?since=2013-01-01`.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}


class SavedQueryView(BaseModel):
    """A saved query."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    version: str = Field(description="Each PUT makes one.")
    description: str
    sql: str
    parameters: dict[str, SavedParameter]
    row_limit: int
    max_bytes_scanned: int
    max_age: int
    chart: Chart | None
    datasets: tuple[str, ...]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class SignedLink(BaseModel):
    """An address that needs no header. Who has it can read what it names until it expires: treat it as a secret."""

    url: str
    expires_at: datetime


async def _arguments(request: Request) -> dict[str, str]:
    """What of the query string belongs to the saved query."""
    return {name: value for name, value in request.query_params.items() if name not in RESERVED}


Arguments = Annotated[dict[str, str], Depends(_arguments)]


def with_arguments(extra: dict[str, Any]) -> dict[str, Any]:
    return {**extra, "parameters": [_ARGUMENTS]}


@router.get("/saved-queries", operation_id="list_saved_queries", openapi_extra=needs(Scope.QUERIES_READ))
def list_saved_queries(
    lake: LakeDep,
    principal: PrincipalDep,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[SavedQueryView]:
    """All saved queries, by name."""
    page = lake.saved_queries.list(principal, limit, page_token)
    return PageOf[SavedQueryView].model_validate(paged(page, request, response), from_attributes=True)


@router.put(
    "/saved-queries/{name}",
    operation_id="put_saved_query",
    responses={201: {"model": SavedQueryView, "description": "It is new"}},
    openapi_extra=needs(Scope.QUERIES_WRITE),
)
def put_saved_query(
    lake: LakeDep, principal: PrincipalDep, name: Name, body: NewSavedQuery, revision: RevisionIfAny, response: Response
) -> SavedQueryView:
    """Create it, or replace it (with If-Match). The SQL is checked against the datasets at once."""
    saved, is_new = lake.saved_queries.put(principal, name, body, revision)
    response.status_code = 201 if is_new else 200
    tag(response, saved.revision)
    return SavedQueryView.model_validate(saved)


@router.get("/saved-queries/{name}", operation_id="get_saved_query", openapi_extra=needs(Scope.QUERIES_READ))
def get_saved_query(lake: LakeDep, principal: PrincipalDep, name: Name, response: Response) -> SavedQueryView:
    """One saved query."""
    saved = lake.saved_queries.get(principal, name)
    tag(response, saved.revision)
    return SavedQueryView.model_validate(saved)


@router.get(
    "/saved-queries/{name}/versions",
    operation_id="list_saved_query_versions",
    openapi_extra=needs(Scope.QUERIES_READ),
)
def list_saved_query_versions(
    lake: LakeDep,
    principal: PrincipalDep,
    name: Name,
    request: Request,
    response: Response,
    limit: Limit = 50,
    page_token: PageToken = None,
) -> PageOf[SavedQueryView]:
    """What it was, newest first. PUT one of them to go back to it."""
    page = lake.saved_queries.versions(principal, name, limit, page_token)
    return PageOf[SavedQueryView].model_validate(paged(page, request, response), from_attributes=True)


@router.get(
    "/saved-queries/{name}/versions/{version}",
    operation_id="get_saved_query_version",
    openapi_extra=needs(Scope.QUERIES_READ),
)
def get_saved_query_version(lake: LakeDep, principal: PrincipalDep, name: Name, version: VersionId) -> SavedQueryView:
    """One version, as it was put."""
    return SavedQueryView.model_validate(lake.saved_queries.version(principal, name, version))


@router.delete(
    "/saved-queries/{name}",
    status_code=204,
    operation_id="delete_saved_query",
    openapi_extra=needs(Scope.QUERIES_WRITE),
)
def delete_saved_query(lake: LakeDep, principal: PrincipalDep, name: Name, revision: Revision) -> None:
    """Delete it. Results that were read of it stay readable under /v1/queries until they expire."""
    lake.saved_queries.delete(principal, name, revision)


@router.post(
    "/saved-queries/{name}/links",
    status_code=201,
    operation_id="create_saved_query_link",
    openapi_extra=needs(Scope.QUERIES_READ),
)
def create_saved_query_link(
    lake: LakeDep, principal: PrincipalDep, name: Name, body: NewLink, request: Request
) -> SignedLink:
    """A signed address of its chart or results with these arguments and no others, for clients without headers."""
    address = lake.links.create(principal, name, body)
    base = lake.settings.link_base_url or str(request.base_url)
    return SignedLink(url=f"{base.rstrip('/')}{address.path}", expires_at=address.expires_at)


@router.get(
    "/saved-queries/{name}/results",
    operation_id="get_saved_query_results",
    response_class=Response,
    responses={**RESULTS, **LINKED},
    openapi_extra=with_arguments(needs(Scope.QUERIES_READ, by_link=True)),
)
async def get_saved_query_results(
    lake: LakeDep,
    principal: PrincipalDep,
    name: Name,
    arguments: Arguments,
    wait: Wait,
    wanted: WantedDep,
    request: Request,
    response: Response,
) -> Response:
    """The stored answer if it is good, else a new one: waits for it (25 s, or as `Prefer` says), then 202."""
    seconds = wait if "prefer" in request.headers else lake.settings.max_wait_seconds
    fetch = lake.saved_queries.asker(principal, name, arguments, wanted)
    asked = await settled(request, response, seconds, fetch, _is_over)
    if asked.known is not None:
        return documented(asked.known, request, response)
    return await page_of(asked.answer(), lake.results, wanted, request, response)


def _is_over(asked: Asked) -> bool:
    return asked.is_over
