import type { Options, SeriesOptionsType } from "highcharts";
import type { Chart, ChartView } from "../api/types";

/** What the API says of the x axis (docs/queries.md). */
type Axis = { type: "datetime" | "category" | "linear"; categories?: string[] };

const axisOf = (view: ChartView) => (view.meta.x ?? { type: "linear" }) as Axis;

/** Highcharts reads every text as HTML: without this a value `<none>` vanishes, and one with `<a href>` is a link. */
const asText = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function slices(view: ChartView) {
  const { categories } = axisOf(view);
  return view.series.flatMap(({ name, data }) =>
    data.map(([x, y]) => ({ name: asText(categories?.[Number(x)] ?? (view.series.length > 1 ? name : String(x))), y })),
  );
}

/** A chart's definition and the API's series, as Highcharts takes them. */
export function optionsOf(chart: Chart, view: ChartView, label: string): Options {
  const type = chart.type ?? "line";
  const axis = axisOf(view);
  const series =
    type === "pie"
      ? [{ type, name: asText(label), data: slices(view) }]
      : view.series.map(({ name, data }) => ({ type, name: asText(name), data: data as [number, number | null][] }));
  return {
    chart: { type },
    accessibility: { description: asText(label) },
    xAxis: { type: axis.type, categories: axis.type === "category" ? axis.categories?.map(asText) : undefined },
    yAxis: { title: { text: chart.y?.length === 1 ? asText(chart.y[0] ?? "") : undefined } },
    legend: { enabled: series.length > 1 || type === "pie" },
    tooltip: { shared: type !== "pie" && type !== "scatter" },
    series: series as SeriesOptionsType[],
  };
}
