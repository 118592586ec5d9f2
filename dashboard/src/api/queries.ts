import { api, body, wait } from "./client";
import type { Chart, ChartView, QueryView, ResultView } from "./types";

const UNDER_WAY = ["queued", "running"];
export const isOver = (query: QueryView) => !UNDER_WAY.includes(query.state);

/** Looks until the query is over; `seen` hears of each look, and aborting the signal only stops looking. */
export async function settled(query: QueryView, signal?: AbortSignal, seen?: (query: QueryView) => void) {
  let now = query;
  const params = { path: { query_id: query.id }, header: wait(5) };
  while (!isOver(now)) {
    seen?.(now);
    now = await body(api.GET("/v1/queries/{query_id}", { params, signal }));
  }
  return now;
}

export function resultPage(query_id: string, limit: number, page_token?: string, signal?: AbortSignal) {
  const query = { format: "json", int64: "string", limit, page_token } as const;
  const params = { path: { query_id }, query };
  return body(api.GET("/v1/queries/{query_id}/results", { params, signal })) as Promise<ResultView>;
}

const DRAWN_PIXELS = 900;

/** The whole answer as a chart with these choices. */
export function queryChart(query_id: string, { x, y, series, type }: Chart, signal?: AbortSignal) {
  const named = { x: x ?? undefined, y, series: series ?? undefined, type: type ?? undefined };
  const params = { path: { query_id }, query: { ...named, width: DRAWN_PIXELS } };
  return body(api.GET("/v1/queries/{query_id}/chart", { params, signal })) as Promise<ChartView>;
}

/** Asks and waits. What failed comes back too, with its `error`. */
export async function ask(sql: string, signal?: AbortSignal): Promise<QueryView> {
  const params = { header: wait(10) };
  return settled(await body(api.POST("/v1/queries", { params, body: { sql }, signal })), signal);
}
