"""Runs: how they stand, cancel, retry."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.domain.access import Scope
from app.routers.deps import LakeDep, PrincipalDep, Wait, settled
from app.routers.door import DoorRoute, call, needs
from app.routers.run_views import RunView, accepted

router = APIRouter(prefix="/v1", tags=["Jobs"], route_class=DoorRoute)
RunId = Annotated[str, Path(pattern=r"^[0-9a-z]{26}$", description="The run's id.")]


@router.get("/runs/{run_id}", operation_id="get_run", openapi_extra=needs(Scope.JOBS_READ))
async def get_run(
    lake: LakeDep, principal: PrincipalDep, run_id: RunId, request: Request, response: Response, wait: Wait
) -> RunView:
    """How a run stands; with `Prefer: wait=N`, how it ended."""
    run = await settled(request, response, wait, lambda: lake.runs.look(principal, run_id), lambda one: one.is_over)
    return RunView.of(run)


@router.post("/runs/{run_id}/cancel", operation_id="cancel_run", openapi_extra=needs(Scope.JOBS_WRITE))
def cancel_run(lake: LakeDep, principal: PrincipalDep, run_id: RunId) -> RunView:
    """Stop a run and what it does in Athena. Refused once it has published."""
    return RunView.of(lake.runs.cancel(principal, run_id))


@router.post(
    "/runs/{run_id}/retry",
    status_code=202,
    operation_id="retry_run",
    openapi_extra=needs(Scope.JOBS_WRITE),
    responses={201: {"model": RunView, "description": "The new run is over (`Prefer: wait`)"}},
)
async def retry_run(
    lake: LakeDep, principal: PrincipalDep, run_id: RunId, request: Request, response: Response, wait: Wait
) -> RunView:
    """A new run of the same job, after one that failed or was cancelled. It claims what there is now."""
    new = await call(lake.runs.retry, principal, run_id)
    run = await settled(request, response, wait, lambda: lake.runs.look(principal, new.id), lambda one: one.is_over)
    return accepted(run, response)
