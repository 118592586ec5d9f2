"""What a chart shows of a result: which column is x, which are y, which one splits the series. Pure."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

ColumnRef = Annotated[str, Field(min_length=1, max_length=256)]
Fill = Literal["null", "zero", "none"]
Downsample = Literal["m4", "lttb", "none"]
Shape = Literal["series", "drilldown", "datatable", "columns", "rows", "csv"]
ChartType = Literal["line", "spline", "area", "column", "bar", "scatter", "pie"]
Width = Annotated[int, Field(ge=1, le=100_000, description="Pixels to draw on.")]


def _known_zone(name: str) -> str:
    if name != "UTC":
        from app.domain.schedules import zone  # the database of time zones costs a cold start that needs none

        zone(name)
    return name


TimeZone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_known_zone)]
"""A name of the IANA database."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Chart(BaseModel):
    """A chart's definition, by column names of the result. By default x is the first column and y the numeric rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: ColumnRef | None = Field(None, description="Dates and timestamps make a time axis, text makes categories.")
    y: Annotated[tuple[ColumnRef, ...], BeforeValidator(_listed)] = Field(
        (), max_length=100, description="One column or more with the values."
    )
    series: ColumnRef | None = Field(None, description="The column whose values name the series.")
    drill: ColumnRef | None = Field(None, description="The column below x: what a click on a point opens.")
    type: ChartType | None = Field(None, description="What to draw; for the page that draws it.")
    title: str | None = Field(None, max_length=256)
    fill: Fill = Field("none", description="What a series has at an x that only others have.")
    downsample: Downsample | None = Field(
        None, description="How a chart of a `width` is thinned: m4 for lines and areas, lttb for splines by default."
    )


class Drawing(Chart):
    """A chart as one request wants it: the definition with the request's own choices in place of its own."""

    shape: Shape = "series"
    width: int | None = None
    tz: str = "UTC"

    @property
    def method(self) -> Downsample:
        """How lines are thinned. Columns, bars, slices and scattered points are not: each is seen by itself."""
        if self.width is None or self.type in {"column", "bar", "pie"}:
            return "none"
        by_type: dict[str | None, Downsample] = {"scatter": "none", "spline": "lttb"}
        return self.downsample or by_type.get(self.type, "m4")


def drawing(chart: Chart, choices: dict[str, Any]) -> Drawing:
    """What the request does not say (None or nothing), the definition does."""
    return Drawing.model_validate({**chart.model_dump(), **{name: value for name, value in choices.items() if value}})
