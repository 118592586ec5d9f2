import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";

/** Who the session is to the API. */
export const me = queryOptions({
  queryKey: ["me"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: ({ signal }) => body(api.GET("/v1/me", { signal })),
});

/** Who a key is, without signing in with it. */
export const whoHas = (apiKey: string) => body(api.GET("/v1/me", { headers: { "X-Api-Key": apiKey } }));
