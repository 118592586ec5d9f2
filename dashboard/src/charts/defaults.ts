import type { Chart, QueryView } from "../api/types";
import { isNumeric } from "../parts/results-table";

/** A saved chart as the builder takes it: the API says `[]` where y is left to it, and there that is "none chosen". */
export const asBuilt = (chart: Chart): Chart => ({ ...chart, y: chart.y?.length ? chart.y : undefined });

/** The columns that the API takes when a chart names none: x is the first, y the numbers among the rest. */
export function withDefaults(chart: Chart, columns: QueryView["columns"]): Chart & { x: string; y: string[] } {
  const x = chart.x ?? columns[0]?.name ?? "";
  const numbers = columns.filter(({ name, type }) => isNumeric(type) && name !== x && name !== chart.series);
  return { ...chart, x, y: chart.y ?? numbers.map(({ name }) => name) };
}

/** A second column of text that is not along x most likely names the series. */
export function firstGuess([x, ...others]: QueryView["columns"]): Chart {
  const series = others.find(({ type }) => type === "varchar")?.name;
  const numbers = others.filter(({ type }) => isNumeric(type)).map(({ name }) => name);
  return { x: x?.name, y: series ? numbers.slice(0, 1) : numbers, series };
}
