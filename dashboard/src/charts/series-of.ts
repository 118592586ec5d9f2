import type { Chart, ChartView, ResultView } from "../api/types";
import { isNumeric } from "../parts/results-table";

const isTime = (type: string) => type === "date" || type.startsWith("timestamp");

/** A day or a moment without a zone is UTC's, as the API's own charts have it. */
const moment = (text: string) => Date.parse(/\d[ T]\d/.test(text) ? `${text.replace(" ", "T")}Z` : text);

const numberOf = (value: unknown) => (value === null || value === undefined ? null : Number(value));

/** The columns that the API takes when a chart names none: x is the first, y the numbers among the rest. */
export function withDefaults(chart: Chart, columns: ResultView["columns"]): Chart & { x: string; y: string[] } {
  const x = chart.x ?? columns[0]?.name ?? "";
  const numbers = columns.filter(({ name, type }) => isNumeric(type) && name !== x && name !== chart.series);
  return { ...chart, x, y: chart.y?.length ? chart.y : numbers.map(({ name }) => name) };
}

/** Draws rows at hand before anything is saved; a saved chart's series are the API's. */
export function seriesOf(result: Pick<ResultView, "columns" | "rows">, given: Chart): ChartView {
  const chart = withDefaults(given, result.columns);
  const at = (name?: string | null) => result.columns.findIndex((column) => column.name === name);
  const [xAt, byAt] = [at(chart.x), at(chart.series)];
  const xType = result.columns[xAt]?.type ?? "varchar";
  const kind = isTime(xType) ? "datetime" : isNumeric(xType) ? "linear" : "category";
  const categories: string[] = [];
  const place = (value: unknown) => {
    if (kind === "linear") return Number(value);
    if (kind === "datetime") return moment(String(value));
    const name = String(value);
    if (!categories.includes(name)) categories.push(name);
    return categories.indexOf(name);
  };
  const lines = new Map<string, [number, number | null][]>();
  for (const row of result.rows) {
    if (row[xAt] === null) continue;
    for (const y of chart.y) {
      const group = byAt < 0 ? y : `${row[byAt] ?? "(null)"}${chart.y.length > 1 ? `: ${y}` : ""}`;
      const points = lines.get(group) ?? [];
      points.push([place(row[xAt]), numberOf(row[at(y)])]);
      lines.set(group, points);
    }
  }
  const series = [...lines].map(([name, data]) => ({ name, data: data.sort(([a], [b]) => a - b) }));
  return { series, meta: { x: { type: kind, categories } } };
}
