import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queryChart } from "../../api/queries";
import type { Chart, ChartView, QueryView } from "../../api/types";
import { Drawing } from "../../charts/drawing";
import { optionsOf } from "../../charts/options";
import { count } from "../../parts/format";
import { Loaded } from "../../parts/loaded";

type Props = { query: QueryView; chart: Chart & { x: string; y: string[] } };

/** The whole answer, drawn and thinned by the API as the saved query's will be. */
export function ChartPreview({ query, chart }: Props) {
  const { title, ...choices } = chart;
  const drawn = useQuery({
    queryKey: ["query-chart", query.id, choices],
    enabled: chart.y.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => queryChart(query.id, choices, signal),
  });
  if (chart.y.length === 0)
    return <p className="hint">The result has no column of numbers to draw, or none is chosen.</p>;
  return <Loaded of={drawn}>{(view) => <Drawn view={view} chart={chart} label={title || "Preview"} />}</Loaded>;
}

function Drawn({ view, chart, label }: { view: ChartView; chart: Chart; label: string }) {
  const options = useMemo(() => optionsOf(chart, view, label), [chart, view, label]);
  return (
    <div>
      <Drawing options={options} />
      <Thinned meta={view.meta} />
    </div>
  );
}

function Thinned({ meta }: { meta: ChartView["meta"] }) {
  const { rows_in, rows_out } = meta.downsample as { rows_in: number; rows_out: number };
  return (
    <small>
      {rows_out < rows_in
        ? `All ${count(rows_in)} rows, thinned to ${count(rows_out)} that can be seen at this width.`
        : `All ${count(rows_in)} rows.`}
      {meta.truncated === true && " Cut at the query's limit: there are more."}
    </small>
  );
}
