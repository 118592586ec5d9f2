"""Charts over HTTP: of saved queries, which dashboards read, and of a query's answer before it is saved."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, RootModel

from app.bootstrap import Lake
from app.domain.access import LINK, Principal, Scope
from app.domain.charts import Chart, ChartType, Downsample, Fill, Shape, TimeZone, Width, drawing
from app.routers.answers import LINKED, RESULTS, Known, documented, pending
from app.routers.deps import LakeDep, PrincipalDep, Wait, settled
from app.routers.docs import PROBLEMS
from app.routers.door import DoorRoute, call, needs
from app.routers.queries import QueryId, waited
from app.routers.saved_queries import Arguments, Name, with_arguments
from app.services.chart_memory import Asking
from app.services.charts import Look


class ChartRoute(DoorRoute):
    """Sends a chart again that this process has drawn and that is still good, as soon as the caller is known."""

    async def early(self, lake: Lake, principal: Principal, request: Request) -> Response | None:
        asking, known = _asking(principal, request), request.headers.get("if-none-match", "")
        document = lake.charts.at_once(principal, asking, known) or await call(
            lake.charts.after_a_look, principal, asking, known
        )
        return None if document is None else documented(document, request, Response())


def _asking(principal: Principal, request: Request) -> Asking:
    pairs = request.scope["query_string"].decode("latin-1").split("&")
    kept = "&".join(pair for pair in pairs if not pair.startswith(f"{LINK}="))
    return Asking(principal.tenant, request.scope["path"], kept)


router = APIRouter(prefix="/v1", tags=["Saved queries"], route_class=ChartRoute)


class Series(BaseModel):
    """One line: `data` has `[x, y]` pairs, x sorted; y is a number or null."""

    name: str
    data: list[tuple[float | int, float | int | None]]


class ChartView(BaseModel):
    """A chart in the shape `series`, as Highcharts takes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "series": [{"name": "EU", "data": [[1767225600000, 12.5], [1767312000000, None]]}],
                    "meta": {
                        "x": {"type": "datetime", "unit": "ms", "timezone": "UTC"},
                        "columns": [{"name": "day", "type": "date"}, {"name": "mean", "type": "double"}],
                        "downsample": {"method": "none", "rows_in": 2, "rows_out": 2},
                        "precision_loss": False,
                        "truncated": False,
                        "stale": False,
                        "dataset_versions": {"flights.flights": "01j8z3k5v1m2n3p4q5r6s7t8v9"},
                    },
                }
            ]
        }
    )

    series: list[Series]
    meta: dict[str, Any]


class DrillPoint(BaseModel):
    """The total of an x (`name` where x is a category), and the id of the series behind it."""

    name: str | None = None
    x: float | int | None = None
    y: float | int | None
    drilldown: str | None = None


class UpperSeries(BaseModel):
    """The totals."""

    name: str
    data: list[DrillPoint]


class LowerSeries(BaseModel):
    """What is behind one point: `[value of drill, y]` pairs."""

    id: str
    name: str
    data: list[tuple[float | int | str, float | int | None]]


class LowerLevel(BaseModel):
    """All that a click can open."""

    series: list[LowerSeries]


class DrilldownView(BaseModel):
    """A chart in the shape `drilldown`, as Highcharts' drilldown module takes it."""

    series: list[UpperSeries]
    drilldown: LowerLevel
    meta: dict[str, Any]


class DataTableView(BaseModel):
    """A chart in the shape `datatable`: values by column."""

    columns: dict[str, list[Any]]
    meta: dict[str, Any]


class BareView(RootModel[list[list[Any]]]):
    """The shapes `rows` (the header first) and `columns` (each with its name first)."""


_CHART: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    200: {
        "model": ChartView | DrilldownView | DataTableView | BareView,
        "description": "The chart in the shape asked for; a stale one says so",
        "headers": {
            "X-Chart-Meta": {"schema": {"type": "string"}, "description": "`meta` of rows, columns and csv, as JSON"},
            "Age": {"schema": {"type": "integer"}, "description": "Saved queries: seconds since the answer was made"},
        },
        "content": {"text/csv": {}},
    },
    202: RESULTS[202],
    304: RESULTS[304],
}


async def _chart(
    x: Annotated[str | None, Query(max_length=256, description="Column of the x axis.")] = None,
    y: Annotated[tuple[Annotated[str, Query(max_length=256)], ...], Query(description="Columns of values.")] = (),
    series: Annotated[str | None, Query(max_length=256, description="Column that splits the series.")] = None,
    drill: Annotated[str | None, Query(max_length=256, description="drilldown: the column below x.")] = None,
    fill: Annotated[Fill | None, Query(description="What a series has at an x that only others have.")] = None,
    width: Annotated[
        Width | None, Query(description="Pixels to draw on: no more points are sent than can be seen on them.")
    ] = None,
    downsample: Annotated[
        Downsample | None, Query(description="How: m4 (lines and areas), lttb (splines), none; see docs/queries.md.")
    ] = None,
    tz: Annotated[
        TimeZone, Query(description="IANA time zone in which dates and timestamps without zone are wall time.")
    ] = "UTC",
    shape: Annotated[
        Shape, Query(description="`series` and `drilldown` for Highcharts; `columns`, `rows` and `csv` are bare.")
    ] = "series",
) -> dict[str, Any]:
    return dict(zip(_CHOICES, (x, y, series, drill, fill, width, downsample, tz, shape), strict=True))


_CHOICES = ("x", "y", "series", "drill", "fill", "width", "downsample", "tz", "shape")
Choices = Annotated[dict[str, Any], Depends(_chart)]


@router.get(
    "/saved-queries/{name}/chart",
    operation_id="get_saved_query_chart",
    response_class=Response,
    responses={**_CHART, **LINKED},
    openapi_extra=with_arguments(needs(Scope.QUERIES_READ, by_link=True)),
)
async def get_saved_query_chart(
    lake: LakeDep,
    principal: PrincipalDep,
    name: Name,
    arguments: Arguments,
    choices: Choices,
    known: Known,
    wait: Wait,
    request: Request,
    response: Response,
) -> Response:
    """The answer as a chart. While a new one is made, the last good one at once, with `Age` and `stale: true`."""
    seconds = wait if "prefer" in request.headers else lake.settings.max_wait_seconds
    fetch = lake.charts.asker(principal, name, arguments, choices, known)
    is_enough = _is_over if wait else _is_servable
    look = await settled(request, response, seconds, fetch, is_enough)
    if look.asked is not None and not look.is_servable:
        return pending(look.asked.answer(), request, response)
    document = await call(lake.charts.document, principal, look, known, _asking(principal, request))
    return documented(document, request, response)


@router.get(
    "/queries/{query_id}/chart",
    operation_id="get_query_chart",
    tags=["Queries"],
    response_class=Response,
    responses=_CHART,
    openapi_extra=needs(Scope.QUERIES_READ),
)
async def get_query_chart(
    lake: LakeDep,
    principal: PrincipalDep,
    query_id: QueryId,
    choices: Choices,
    known: Known,
    wait: Wait,
    request: Request,
    response: Response,
    type_: Annotated[ChartType | None, Query(alias="type", description="What is drawn: `width` thins by it.")] = None,
) -> Response:
    """The whole answer as the chart that a saved query with these choices would have."""
    query = await waited(lake, principal, query_id, wait, request, response)
    if not query.is_over:
        return pending(query, request, response)
    wanted = drawing(Chart(type=type_), choices)
    return documented(await call(lake.results.chart, query, wanted, {"stale": False}, known), request, response)


def _is_over(look: Look) -> bool:
    return look.is_over


def _is_servable(look: Look) -> bool:
    return look.is_servable
