import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { resultPage } from "../../api/queries";
import type { QueryView } from "../../api/types";
import { count } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { ProblemNote } from "../../parts/problem-note";
import { ResultsTable } from "../../parts/results-table";
import { useDownload } from "./use-download";

const ROWS = 100;

/** The result's pages. The tokens that led here are kept, so that one can go back. */
export function Rows({ query }: { query: QueryView }) {
  const [tokens, setTokens] = useState<string[]>([]);
  const token = tokens.at(-1);
  const page = useQuery({
    queryKey: ["results", query.id, token],
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => resultPage(query.id, ROWS, token, signal),
  });
  const csv = useDownload(query.id);
  const first = tokens.length * ROWS + 1;
  return (
    <Loaded of={page}>
      {(result) => (
        <>
          <ResultsTable result={result} first={first} />
          <div className="row">
            <span>
              {result.row_count === 0 ? "No rows" : `Rows ${count(first)} to ${count(first + result.rows.length - 1)}`}
              {query.row_count !== null && query.row_count > 0 && ` of ${count(query.row_count)}`}
            </span>
            <button type="button" disabled={tokens.length === 0} onClick={() => setTokens(tokens.slice(0, -1))}>
              Previous
            </button>
            <button
              type="button"
              disabled={!result.next_page_token || page.isPlaceholderData}
              onClick={() => result.next_page_token && setTokens([...tokens, result.next_page_token])}
            >
              Next
            </button>
            <button type="button" className="end" onClick={() => csv.mutate()} disabled={csv.isPending}>
              {csv.isPending ? "Fetching…" : "Download CSV"}
            </button>
          </div>
          {result.truncated && (
            <div className="note warn">Cut at {count(query.row_limit)} rows, the query's limit. There are more.</div>
          )}
          <ProblemNote error={csv.error} />
        </>
      )}
    </Loaded>
  );
}
