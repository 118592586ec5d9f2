"""What endpoints ask for: the lake, the principal, paging, preconditions, `Prefer: wait`."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from app.adapters.dynamodb.table import Page
from app.bootstrap import Lake
from app.domain.access import Principal
from app.domain.errors import PreconditionRequired
from app.routers.door import call

T = TypeVar("T")
_LONGEST_POLL = 1.0  # many who wait long must not use up Athena's rate of GetQueryExecution (100 a second by default)


async def _lake(request: Request) -> Lake:
    lake: Lake = request.app.state.lake
    return lake


async def _principal(request: Request) -> Principal:
    principal: Principal = request.scope["headgate.principal"]
    return principal


async def _if_match(
    if_match: Annotated[str | None, Header(description="The ETag of what you read; required.")] = None,
) -> int:
    """The revision in If-Match. PreconditionRequired without one; a tag that cannot be ours matches nothing."""
    if if_match is None:
        raise PreconditionRequired("Read the resource and send its ETag as If-Match.")
    match = re.fullmatch(r'(?:W/)?"(\d{1,15})"', if_match.strip())
    return int(match.group(1)) if match else -1


async def _if_match_if_any(
    if_match: Annotated[str | None, Header(description="The ETag of what you read; required to replace it.")] = None,
) -> int | None:
    """For a PUT that may create: None without If-Match."""
    return None if if_match is None else await _if_match(if_match)


async def _wait(
    request: Request,
    prefer: Annotated[
        str | None, Header(description="`wait=N`: wait up to N seconds (25 at most) for the end.")
    ] = None,
) -> float:
    match = re.search(r"(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])", prefer or "")
    limit: int = request.app.state.lake.settings.max_wait_seconds
    return min(int(match.group(1)), limit) if match else 0


LakeDep = Annotated[Lake, Depends(_lake)]
PrincipalDep = Annotated[Principal, Depends(_principal)]
Revision = Annotated[int, Depends(_if_match)]
RevisionIfAny = Annotated[int | None, Depends(_if_match_if_any)]
Wait = Annotated[float, Depends(_wait)]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most items on a page.")]
PageToken = Annotated[str | None, Query(max_length=4000, description="`next_page_token` of the page before.")]


class PageOf(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_page_token: str | None = None


def paged(page: Page[T], request: Request, response: Response) -> dict[str, Any]:
    """The body of a page; sets `Link: rel="next"` (RFC 8288)."""
    if page.next_page_token:
        following = request.url.include_query_params(page_token=page.next_page_token)
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return {"items": page.items, "next_page_token": page.next_page_token}


def tag(response: Response, revision: int) -> None:
    """Set the ETag of a resource."""
    response.headers["ETag"] = f'"{revision}"'


async def settled(
    request: Request, response: Response, seconds: float, fetch: Callable[[], T], is_over: Callable[[T], bool]
) -> T:
    """What `fetch` gives once it is over, or when the seconds are; says so in Preference-Applied."""
    poll = request.app.state.lake.settings.wait_poll_ms / 1000
    deadline = time.monotonic() + seconds
    value = await call(fetch)
    while not is_over(value) and time.monotonic() < deadline:
        await asyncio.sleep(min(poll, max(0.0, deadline - time.monotonic())))
        value = await call(fetch)
        poll = min(poll * 1.5, _LONGEST_POLL)
    if seconds:
        response.headers["Preference-Applied"] = f"wait={int(seconds)}"
    return value
