import { queryOptions } from "@tanstack/react-query";
import { all, api, body } from "./client";

const KEPT_MS = 60_000;

/** Every dataset, without columns. */
export const tables = queryOptions({
  queryKey: ["datasets", "all"],
  queryFn: ({ signal }) =>
    all((page_token) => api.GET("/v1/datasets", { params: { query: { page_token, limit: 1000 } }, signal })),
});

/** One dataset with its columns. */
export const dataset = (dataset_id: string) =>
  queryOptions({
    queryKey: ["dataset", dataset_id],
    queryFn: ({ signal }) => body(api.GET("/v1/datasets/{dataset_id}", { params: { path: { dataset_id } }, signal })),
  });

/** For completion, where a minute's age does no harm. */
export const kept = { staleTime: KEPT_MS } as const;
