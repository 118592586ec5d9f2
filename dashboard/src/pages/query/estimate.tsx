import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useState } from "react";
import { api, body, Refusal } from "../../api/client";
import { bytes, counted, dollars } from "../../parts/format";
import { type Parameters, typed } from "./parameters";

const PAUSE_MS = 350;

function usePaused<T>(value: T): T {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return useDeferredValue(paused);
}

/** What the text would read and cost at most, or why it may not be asked; while it is typed, and for free. */
export function Estimate({ sql, parameters }: { sql: string; parameters: Parameters }) {
  const asked = usePaused(sql.trim() && JSON.stringify({ sql, parameters: typed(parameters) }));
  const estimate = useQuery({
    queryKey: ["estimate", asked],
    enabled: asked !== "",
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => body(api.POST("/v1/queries/estimate", { body: JSON.parse(asked), signal })),
  });
  if (!asked) return <p className="estimate">Write a SELECT; the estimate comes as you type and costs nothing.</p>;
  if (estimate.error) return <Reason error={estimate.error} />;
  if (!estimate.data) return <p className="estimate">Estimating…</p>;
  const { bytes_upper_bound, cost_usd_upper_bound, datasets, is_reusable } = estimate.data;
  const files = datasets.reduce((sum, dataset) => sum + dataset.files, 0);
  return (
    <p className="estimate" role="status">
      Reads at most <strong>{bytes(bytes_upper_bound)}</strong> in {counted(files, "file")} of{" "}
      {datasets.map(({ id }) => id).join(", ") || "no dataset"}: at most{" "}
      <strong>{dollars(cost_usd_upper_bound)}</strong>
      {!is_reusable && "; never answered from store, as its functions change with time"}
    </p>
  );
}

function Reason({ error }: { error: Error }) {
  const fields = error instanceof Refusal ? (error.problem.errors ?? []) : [];
  return (
    <p className="estimate bad" role="status">
      {fields.length > 0 ? fields.map(({ detail }) => detail).join(" ") : error.message}
    </p>
  );
}
