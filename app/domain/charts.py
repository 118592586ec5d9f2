"""What a chart shows of a result: which column is x, which are y, which one splits the series. Pure."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ColumnRef = Annotated[str, Field(min_length=1, max_length=256)]
Fill = Literal["null", "zero", "none"]
Shape = Literal["series", "datatable", "columns", "rows", "csv"]
Width = Annotated[int, Field(ge=1, le=100_000, description="Pixels to draw on.")]
TimeZone = Literal["UTC"]


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
    type: Literal["line", "spline", "area", "column", "bar", "scatter", "pie"] | None = Field(
        None, description="What to draw; for the page that draws it."
    )
    title: str | None = Field(None, max_length=256)
    fill: Fill = Field("none", description="What a series has at an x that only others have.")

    def over(self, *, x: str | None, y: tuple[str, ...], series: str | None, fill: Fill | None) -> "Chart":
        """The definition with a request's own choices in place of its own."""
        return self.model_copy(
            update={
                "x": x or self.x,
                "y": y or self.y,
                "series": series or self.series,
                "fill": fill or self.fill,
            }
        )
