import { queryOptions } from "@tanstack/react-query";
import { all, api, body } from "./client";

export const savedQueries = queryOptions({
  queryKey: ["saved-queries"],
  queryFn: ({ signal }) =>
    all((page_token) => api.GET("/v1/saved-queries", { params: { query: { page_token, limit: 1000 } }, signal })),
});

/** The revision that a PUT or DELETE has to name. */
export async function revisionOf(name: string) {
  const { response } = await api.GET("/v1/saved-queries/{name}", { params: { path: { name } } });
  return { "if-match": response.headers.get("ETag") };
}

export const savedQuery = (name: string) =>
  queryOptions({
    queryKey: ["saved-queries", name],
    queryFn: ({ signal }) => body(api.GET("/v1/saved-queries/{name}", { params: { path: { name } }, signal })),
  });
