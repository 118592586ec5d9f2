"""Results and charts as HTTP answers: a document with its ETag and Link, or 202 while its query runs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from app.domain import queries
from app.domain.queries import QueryError, QueryState, ResultColumn, Statistics, TypedValue
from app.routers.docs import PROBLEMS
from app.routers.door import call
from app.services.results import Document, Results, Wanted


class QueryView(BaseModel):
    """A query and what became of it. Its rows are under `/results`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: QueryState
    sql: str
    parameters: dict[str, TypedValue]
    row_limit: int
    max_bytes_scanned: int
    tags: dict[str, str]
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    columns: tuple[ResultColumn, ...] = Field(description="Known when it has succeeded.")
    row_count: int | None = Field(description="Rows of the answer; null until known.")
    truncated: bool | None = Field(description="There were more rows than row_limit; null until known.")
    dataset_versions: dict[str, str | None]
    athena_execution_id: str | None
    statistics: Statistics
    error: QueryError | None


class AwaitedView(BaseModel):
    """A query that still runs, for who has a signed link: not what it asks, nor whose it is."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: QueryState


class Link(BaseModel):
    """Rows as a file: all of them as CSV with a header (NULL is an empty field without quotes), or `delivery=link`."""

    url: str
    row_offset: int
    row_count: int | None
    byte_count: int
    expires_at: datetime


class Warned(BaseModel):
    """Values that JSON has no number for (`not_finite`): they are null in `rows`."""

    code: str
    column: str
    count: int


class ResultStatistics(BaseModel):
    """What the query took."""

    bytes_scanned: int
    cost_usd: str
    engine_ms: int
    reused: bool


class ResultView(BaseModel):
    """One page of a result. Integers are exact numbers, decimals text, dates and timestamps ISO 8601 text."""

    columns: list[ResultColumn]
    rows: list[list[Any] | dict[str, Any]] = Field(description="Arrays; objects when asked for, with unique names.")
    row_count: int = Field(description="Rows on this page.")
    truncated: bool | None = Field(
        description="The answer was cut at row_limit; null where that is not known before the last page (results of "
        "more than 256 MB)."
    )
    next_page_token: str | None
    dataset_versions: dict[str, str | None]
    statistics: ResultStatistics
    links: list[Link] = Field([], description="Where it is as a file: too large for one answer, or asked for.")
    warnings: list[Warned] = []


RESULTS: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    200: {
        "model": ResultView,
        "description": "A page of the result",
        "headers": {
            "X-Truncated": {
                "schema": {"type": "boolean"},
                "description": "The answer was cut at row_limit; absent while unknown",
            }
        },
        "content": {
            "application/x-ndjson": {},
            "text/csv": {},
            "application/vnd.apache.parquet": {},
            "application/vnd.apache.arrow.stream": {},
        },
    },
    202: {"model": QueryView, "description": "The query still runs; ask again at Location after Retry-After"},
    304: {"description": "You have this answer already"},
}

LINKED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": QueryView | AwaitedView,
        "description": "The query still runs; ask again at Location after Retry-After. By a signed link: `id` and "
        "`state` only, and Location is the link",
    },
}
"""What operations that signed links open answer besides."""


async def _known(
    if_none_match: Annotated[str | None, Header(description="ETags of answers you have; 304 if one is good.")] = None,
) -> str:
    return if_none_match or ""


async def _wanted(
    known: Annotated[str, Depends(_known)],
    format_: Annotated[queries.ResultFormat, Query(alias="format", description="arrow: an IPC stream.")] = "json",
    limit: Annotated[int | None, Query(ge=1, le=1_000_000, description="Most rows on a page.")] = None,
    page_token: Annotated[str | None, Query(max_length=4000, description="Of the page before.")] = None,
    int64: Annotated[queries.Int64, Query(description="`string`: bigint as text, for JavaScript.")] = "number",
    neutralise: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(description="csv: cells that a spreadsheet would run as formulas get an apostrophe in front.")
    ] = False,
    rows: Annotated[queries.Rows, Query(description="json: each row an array, or an object.")] = "arrays",
    delivery: Annotated[
        queries.Delivery, Query(description="`link`: no rows, but `links` to the page as a file of up to 32 MB.")
    ] = "inline",
) -> Wanted:
    is_objects, is_link = rows == "objects", delivery == "link"
    return Wanted(format_, limit, page_token, int64 == "string", neutralise, known, is_objects, is_link)


Known = Annotated[str, Depends(_known)]
WantedDep = Annotated[Wanted, Depends(_wanted)]


def view(query: queries.Query) -> QueryView:
    result = query.result
    values = {name: getattr(query, name) for name in QueryView.model_fields if hasattr(query, name)}
    return QueryView(
        **values,
        row_count=result.row_count if result else None,
        truncated=result.is_truncated if result else None,
        athena_execution_id=query.execution_id,
    )


def watched(query: queries.Query, response: Response) -> QueryView:
    """The query itself: 201 when it is over, else 202 with where and when to look again."""
    response.headers["Location"] = f"/v1/queries/{query.id}"
    response.headers["ETag"] = f'"{query.revision}"'
    response.status_code = 201
    if not query.is_over:
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    return view(query)


def pending(query: queries.Query, request: Request, sent: Response) -> Response:
    """202: the query, where it is, and when to look again. By a signed link, that is the link."""
    seen: BaseModel = watched(query, sent)
    if request.scope["headgate.principal"].is_link:
        seen = AwaitedView.model_validate(query)
        sent.headers["Location"] = f"{request.url.path}?{request.url.query}"
    body = seen.model_dump_json().encode()
    headers = {name: value for name, value in _carried(sent).items() if name != "etag"}
    return Response(body, 202, headers, media_type="application/json")


async def page_of(query: queries.Query, results: Results, wanted: Wanted, request: Request, sent: Response) -> Response:
    """A page of the result once the query is over."""
    if not query.is_over:
        return pending(query, request, sent)
    return documented(await call(results.document, query, wanted), request, sent)


def documented(document: Document, request: Request, sent: Response) -> Response:
    """The document, or 304. `sent` has the headers that are set already. Once it is sent, cache hits are written if it
    is time.
    """
    hits = request.app.state.lake.cache_hits
    after = BackgroundTask(call, hits.write) if hits.is_due else None
    headers = {**_carried(sent), **document.headers, "ETag": document.etag}
    if document.body is None:
        return Response(status_code=304, headers=headers, background=after)
    if document.next_page_token is not None:
        following = request.url.include_query_params(page_token=document.next_page_token)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return Response(document.body, 200, headers, media_type=document.media_type, background=after)


def _carried(sent: Response) -> dict[str, str]:
    """Headers set on the injected response: FastAPI drops them when an endpoint answers with its own."""
    return {name: value for name, value in sent.headers.items() if not name.startswith("content-")}
