"""Usage over HTTP: what queries and runs took."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.domain.access import Scope
from app.domain.usage import GroupBy
from app.routers.deps import LakeDep, PrincipalDep
from app.routers.door import DoorRoute, needs

router = APIRouter(prefix="/v1", tags=["Access"], route_class=DoorRoute)


class SumsView(BaseModel):
    """Sums of queries and runs. Bytes and cost of one over several datasets are shared among them by their sizes."""

    model_config = ConfigDict(from_attributes=True)

    queries: int
    runs: int
    failed: int
    cache_hits: int = Field(
        description="Answered from a stored result (saved queries and charts too), or a run with nothing to do."
    )
    bytes_scanned: int
    cost_usd: str
    engine_ms: int
    estimates: int = Field(description="Queries that scanned and whose bytes were estimated before.")
    estimated_bytes: int = Field(description="Upper bounds of those, added up.")
    estimate_ratio: float | None = Field(description="Estimated bytes per byte scanned, of those; 1 is exact.")


class GroupView(SumsView):
    """The sums of one day, dataset, principal or job."""

    key: str


class UsageView(BaseModel):
    """What queries and runs took, by `group_by`: days in order, others by cost, the most expensive first."""

    group_by: GroupBy
    from_: date = Field(serialization_alias="from")
    to: date
    items: list[GroupView]
    total: SumsView


@router.get("/usage", operation_id="get_usage", openapi_extra=needs(Scope.JOBS_READ))
def get_usage(
    lake: LakeDep,
    principal: PrincipalDep,
    group_by: Annotated[GroupBy, Query(description="What the sums are of.")] = "day",
    from_: Annotated[date | None, Query(alias="from", description="First day (UTC); 30 days back by default.")] = None,
    to: Annotated[date | None, Query(description="Last day (UTC); today by default. 92 days at most.")] = None,
) -> UsageView:
    """Queries, runs, bytes and cost, by day, dataset, principal or job; and how good the estimates were."""
    used = lake.usage.used(principal, group_by, from_, to)
    items = [GroupView(key=key, **SumsView.model_validate(sums).model_dump()) for key, sums in used.groups.items()]
    items.sort(key=lambda item: item.key if group_by == "day" else (-float(item.cost_usd), item.key))
    return UsageView(
        group_by=group_by, from_=used.first, to=used.last, items=items, total=SumsView.model_validate(used.total)
    )
