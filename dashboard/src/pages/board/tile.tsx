import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { api } from "../../api/client";
import type { ChartView, SavedQueryView } from "../../api/types";
import { Drawing } from "../../charts/drawing";
import { optionsOf } from "../../charts/options";
import { counted } from "../../parts/format";
import { ProblemNote } from "../../parts/problem-note";
import { TileParameters } from "./tile-parameters";

const WIDTH = 640; // pixels; the API thins out what would not be seen
const FRESH_MS = 60_000;
const AGAIN_MS = 1_000;

/** The chart's series; null while the first answer is computed. */
async function chartOf(name: string, given: Record<string, string>, signal: AbortSignal): Promise<ChartView | null> {
  const query = { shape: "series" as const, width: WIDTH, arguments: given };
  const { data, response } = await api.GET("/v1/saved-queries/{name}/chart", {
    params: { path: { name }, query },
    signal,
  });
  return response.status === 202 ? null : (data as ChartView);
}

/** A newer chart is made now. Not where that failed: soon again would ask Athena again, and fail again. */
const isOnItsWay = (view?: ChartView | null) =>
  view === null || (view?.meta.stale === true && !view.meta.refresh_error);

export function Tile({ saved }: { saved: SavedQueryView }) {
  const { name, description } = saved;
  const definition = saved.chart ?? {};
  const [given, setGiven] = useState<Record<string, string>>({});
  const missing = Object.entries(saved.parameters).filter(([key, { default: usual }]) => usual == null && !given[key]);
  const chart = useQuery({
    queryKey: ["chart", name, saved.updated_at, given],
    enabled: missing.length === 0,
    staleTime: FRESH_MS,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => chartOf(name, given, signal),
    refetchInterval: ({ state: { data, error } }) => (!error && isOnItsWay(data) ? AGAIN_MS : FRESH_MS),
  });
  const title = definition.title || description || name;
  return (
    <article className="panel tile" aria-labelledby={`tile-${name}`}>
      <div className="row">
        <h2 id={`tile-${name}`}>{title}</h2>
        {chart.data && isOnItsWay(chart.data) && <span className="badge busy">being renewed</span>}
        <Link className="end" to={`/query?saved=${name}`} aria-label={`Open ${name}`}>
          Open
        </Link>
      </div>
      <TileParameters of={saved.parameters} given={given} onGiven={setGiven} />
      {chart.error && <ProblemNote error={chart.error} onRetry={() => chart.refetch()} />}
      {missing.length > 0 && <p className="hint drawing">Give {missing.map(([key]) => key).join(", ")} to draw it.</p>}
      {missing.length === 0 && !chart.error && <Drawn saved={saved} view={chart.data ?? null} label={title} />}
      {chart.data && !chart.error && <Reservations meta={chart.data.meta} rowLimit={saved.row_limit} />}
    </article>
  );
}

/** What one has to know of a chart before one believes it. */
function Reservations({ meta, rowLimit }: { meta: ChartView["meta"]; rowLimit: number }) {
  return (
    <>
      {meta.truncated === true && (
        <p className="note warn">Cut at {counted(rowLimit, "row")}, the query's limit. There are more.</p>
      )}
      {meta.refresh_error != null && (
        <p className="note warn">
          The last good answer: a newer one could not be made (<code>{String(meta.refresh_error)}</code>). It is tried
          again each minute.
        </p>
      )}
    </>
  );
}

function Drawn({ saved, view, label }: { saved: SavedQueryView; view: ChartView | null; label: string }) {
  const options = useMemo(() => (view ? optionsOf(saved.chart ?? {}, view, label) : null), [saved.chart, view, label]);
  if (!options) {
    return (
      <p className="hint drawing" role="status">
        Computing…
      </p>
    );
  }
  if (view?.series.length === 0) return <p className="hint drawing">The query has no rows.</p>;
  return <Drawing options={options} />;
}
