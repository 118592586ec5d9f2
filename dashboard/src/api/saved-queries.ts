import { queryOptions } from "@tanstack/react-query";
import { all, api, Refusal } from "./client";
import type { SavedQueryView } from "./types";

export const savedQueries = queryOptions({
  queryKey: ["saved-queries"],
  queryFn: ({ signal }) =>
    all((page_token) => api.GET("/v1/saved-queries", { params: { query: { page_token, limit: 1000 } }, signal })),
});

/** A saved query as somebody opened or saved it; to replace it one says which one that was. */
export type Opened = { saved: SavedQueryView; revision: string | null };

export const savedQuery = (name: string) =>
  queryOptions({
    queryKey: ["saved-queries", name],
    gcTime: 0, // a desk begins with what is there now
    queryFn: async ({ signal }): Promise<Opened> => {
      const { data, response } = await api.GET("/v1/saved-queries/{name}", { params: { path: { name } }, signal });
      return { saved: data as SavedQueryView, revision: response.headers.get("ETag") };
    },
  });

/** The present revision, for who wants whatever is there replaced or deleted; null when nothing is there any more. */
export async function presentRevision(name: string): Promise<string | null> {
  try {
    const { response } = await api.GET("/v1/saved-queries/{name}", { params: { path: { name } } });
    return response.headers.get("ETag");
  } catch (error) {
    if (error instanceof Refusal && error.problem.status === 404) return null;
    throw error;
  }
}
