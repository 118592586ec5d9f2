import { useQuery } from "@tanstack/react-query";
import { ask, resultPage } from "../../api/queries";
import type { DatasetView } from "../../api/types";
import { Empty } from "../../parts/empty";
import { bytes, dollars } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { QueryFailure } from "../../parts/query-failure";
import { ResultsTable } from "../../parts/results-table";

const ROWS = 50;

/** The first rows. The answer is stored: looking again costs nothing until the dataset has a new version. */
export function RowsTab({ dataset }: { dataset: DatasetView }) {
  const preview = useQuery({
    queryKey: ["rows", dataset.id, dataset.current_version],
    enabled: dataset.current_version !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const query = await ask(`SELECT * FROM ${dataset.id} LIMIT ${ROWS}`, signal);
      return {
        query,
        result: query.state === "succeeded" ? await resultPage(query.id, ROWS, undefined, signal) : null,
      };
    },
  });
  if (dataset.current_version === null) {
    return (
      <Empty title="No rows yet">
        <p>They come with the first {dataset.tier === "raw" ? "good file" : "run that succeeds"}.</p>
      </Empty>
    );
  }
  return (
    <Loaded of={preview}>
      {({ query, result }) =>
        result ? (
          <>
            <ResultsTable result={result} />
            <small>
              The first {result.row_count} rows; {bytes(query.statistics.bytes_scanned ?? 0)} scanned for{" "}
              {dollars(query.statistics.cost_usd ?? 0)}
              {query.statistics.reused && " (a stored answer)"}
            </small>
          </>
        ) : (
          <QueryFailure query={query} />
        )
      }
    </Loaded>
  );
}
