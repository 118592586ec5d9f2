"""Queries over HTTP: ask, look, cancel, estimate, read."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.bootstrap import Lake
from app.domain.access import Principal, Scope
from app.domain.queries import NewQuery, Query
from app.routers.answers import RESULTS, QueryView, WantedDep, page_of, view, watched
from app.routers.deps import LakeDep, PrincipalDep, Wait, settled, tag
from app.routers.door import DoorRoute, call, needs

router = APIRouter(prefix="/v1", tags=["Queries"], route_class=DoorRoute)
QueryId = Annotated[str, Path(max_length=64)]
_WATCHED: dict[int | str, dict[str, Any]] = {
    201: {"model": QueryView, "description": "The query is over"},
    202: {"model": QueryView, "description": "The query runs; look at Location after Retry-After"},
}


class DatasetEstimateView(BaseModel):
    """What the query may read of one dataset, at most."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    version: str | None
    columns: tuple[str, ...] = Field(description="Columns that may be read; more than are, never fewer.")
    reads: int = Field(description="How often it is read: a WITH clause named twice reads its datasets twice.")
    bytes: int = Field(description="Bytes of these columns in these partitions, for each read; a query reads no more.")
    files: int
    partitions: int | None = Field(description="Partitions that the WHERE leaves; null where there are none.")
    partitions_in_all: int | None
    is_measured: bool = Field(description="False: `bytes` is of whole files, whatever is read of them.")


class EstimateView(BaseModel):
    """An upper bound from the manifests; Athena is not asked and charges nothing."""

    model_config = ConfigDict(from_attributes=True)

    is_valid: bool = Field(default=True, description="Always true: SQL that may not be asked is answered with 422.")
    datasets: tuple[DatasetEstimateView, ...]
    columns: tuple[str, ...] | None = Field(description="Names of the result's columns; null where `*` hides them.")
    bytes_upper_bound: int
    cost_usd_upper_bound: str
    is_reusable: bool = Field(description="The same question over the same data is answered from a stored result.")


async def waited(
    lake: Lake, principal: Principal, query_id: str, seconds: float, request: Request, response: Response
) -> Query:
    """The query when it is over, or as it is after so many seconds."""
    return await settled(request, response, seconds, lambda: lake.queries.get(principal, query_id), lambda q: q.is_over)


@router.post(
    "/queries", status_code=202, responses=_WATCHED, operation_id="create_query", openapi_extra=needs(Scope.QUERIES_RUN)
)
async def create_query(
    lake: LakeDep, principal: PrincipalDep, body: NewQuery, wait: Wait, request: Request, response: Response
) -> QueryView:
    """Ask. Answers 202 at once, or 201 when it is over (at once with a stored result, or within `Prefer: wait`)."""
    query = await call(lake.queries.ask, principal, body)
    return watched(await waited(lake, principal, query.id, wait, request, response), response)


@router.post("/queries/estimate", operation_id="estimate_query", openapi_extra=needs(Scope.QUERIES_RUN))
def estimate_query(lake: LakeDep, principal: PrincipalDep, body: NewQuery) -> EstimateView:
    """What a query would read and cost at most, without running it. 422 says why SQL is not accepted."""
    return EstimateView.model_validate(lake.queries.estimate(principal, body))


@router.get("/queries/{query_id}", operation_id="get_query", openapi_extra=needs(Scope.QUERIES_READ))
async def get_query(
    lake: LakeDep, principal: PrincipalDep, query_id: QueryId, wait: Wait, request: Request, response: Response
) -> QueryView:
    """A query as it is now; with `Prefer: wait=N` when it is over, or after N seconds."""
    query = await waited(lake, principal, query_id, wait, request, response)
    tag(response, query.revision)
    return view(query)


@router.post("/queries/{query_id}/cancel", operation_id="cancel_query", openapi_extra=needs(Scope.QUERIES_RUN))
def cancel_query(lake: LakeDep, principal: PrincipalDep, query_id: QueryId, response: Response) -> QueryView:
    """Stop a query; one that is over stays as it is. What it scanned until then is charged."""
    query = lake.queries.cancel(principal, query_id)
    tag(response, query.revision)
    return view(query)


@router.get(
    "/queries/{query_id}/results",
    operation_id="get_query_results",
    response_class=Response,
    responses=RESULTS,
    openapi_extra=needs(Scope.QUERIES_READ),
)
async def get_query_results(
    lake: LakeDep,
    principal: PrincipalDep,
    query_id: QueryId,
    wait: Wait,
    wanted: WantedDep,
    request: Request,
    response: Response,
) -> Response:
    """A page of the answer. NULL and '' stay apart in every format (csv: an empty field, and `""`)."""
    query = await waited(lake, principal, query_id, wait, request, response)
    return await page_of(query, lake.results, wanted, request, response)
