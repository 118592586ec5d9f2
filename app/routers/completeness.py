"""Completeness over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.domain.access import Scope
from app.domain.contracts import Completeness, Wholeness
from app.routers.deps import LakeDep, PrincipalDep, Wait, settled
from app.routers.door import DoorRoute, needs

router = APIRouter(prefix="/v1/datasets/{dataset_id}", tags=["Files"], route_class=DoorRoute)


@router.get("/completeness", operation_id="get_completeness", openapi_extra=needs(Scope.DATASETS_READ))
async def get_completeness(
    lake: LakeDep,
    principal: PrincipalDep,
    dataset_id: str,
    request: Request,
    response: Response,
    preferred: Wait,
    partition: Annotated[
        str | None, Query(max_length=4096, description="`year=2013,month=3`; left out, the whole dataset.")
    ] = None,
    wait: Annotated[int, Query(ge=0, le=25, description="Seconds to wait until it is complete.")] = 0,
) -> Completeness:
    """Whether a partition is whole, by the dataset's contract. `wait=N`, or `Prefer: wait=N`, waits for it."""
    fetch = partial(lake.completeness.partition, principal, dataset_id, partition)
    seconds = max(preferred, min(wait, lake.settings.max_wait_seconds))
    return await settled(request, response, seconds, fetch, lambda found: found.state is Wholeness.COMPLETE)
