import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body, wait } from "../../api/client";
import { isOver } from "../../api/queries";
import { type Parameters, typed } from "./parameters";

const LOOK_AGAIN_MS = 200;

/** A query on its way: asking, watching, cancelling. `id` is the one in the page's address. */
export function useAsked(id: string | null, onAsked: (id: string) => void) {
  const client = useQueryClient();
  const watch = useQuery({
    queryKey: ["query", id],
    enabled: id !== null,
    queryFn: ({ signal }) => {
      const params = { path: { query_id: id ?? "" }, header: wait(5) };
      return body(api.GET("/v1/queries/{query_id}", { params, signal }));
    },
    refetchInterval: ({ state }) => (state.data && !isOver(state.data) ? LOOK_AGAIN_MS : false),
  });
  const ask = useMutation({
    mutationFn: ({ sql, parameters }: { sql: string; parameters: Parameters }) =>
      body(api.POST("/v1/queries", { params: { header: wait(1) }, body: { sql, parameters: typed(parameters) } })),
    onSuccess: (query) => {
      client.setQueryData(["query", query.id], query);
      onAsked(query.id);
    },
  });
  const cancel = useMutation({
    mutationFn: () => body(api.POST("/v1/queries/{query_id}/cancel", { params: { path: { query_id: id ?? "" } } })),
    onSuccess: (query) => client.setQueryData(["query", query.id], query),
  });
  return { watch, ask, cancel };
}
