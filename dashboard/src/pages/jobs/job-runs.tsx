import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, body } from "../../api/client";
import { isRunOver } from "../../api/runs";
import type { RunView } from "../../api/types";
import { Empty } from "../../parts/empty";
import { bytes, count, dollars, duration } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { itemsOf, More, nextPage } from "../../parts/more";
import { StateBadge } from "../../parts/state-badge";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";

const LOOK_AGAIN_MS = 1500;

/** The runs of a job, newest first; looked at again while one is under way. */
export function JobRuns({ name }: { name: string }) {
  const runs = useInfiniteQuery({
    queryKey: ["runs", name],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { name }, query: { page_token: pageParam } };
      return body(api.GET("/v1/jobs/{name}/runs", { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextPage,
    refetchInterval: ({ state: { data } }) => (data && !itemsOf(data).every(isRunOver) ? LOOK_AGAIN_MS : false),
  });
  return (
    <>
      <Loaded of={runs}>
        {(pages) => {
          const found = itemsOf(pages);
          return found.length === 0 ? <NoRuns /> : <Runs runs={found} />;
        }}
      </Loaded>
      <More of={runs} />
    </>
  );
}

function Runs({ runs }: { runs: RunView[] }) {
  return (
    <Table
      label="Runs"
      columns={[
        "Run",
        "State",
        "Started by",
        { name: "Rows", isNumber: true },
        { name: "Scanned", isNumber: true },
        { name: "Cost", isNumber: true },
        { name: "Took", isNumber: true },
      ]}
    >
      {runs.map(({ id, state, trigger, statistics, created_at, ended_at }) => (
        <tr key={id}>
          <th scope="row" className="nowrap">
            <Link to={`/runs/${id}`}>
              <Time at={created_at} />
            </Link>
          </th>
          <td>
            <StateBadge state={state} />
          </td>
          <td>{trigger}</td>
          <td className="number">{statistics.rows == null ? "–" : count(statistics.rows)}</td>
          <td className="number">{bytes(statistics.bytes_scanned)}</td>
          <td className="number">{dollars(statistics.cost_usd)}</td>
          <td className="number nowrap">{ended_at && duration(Date.parse(ended_at) - Date.parse(created_at))}</td>
        </tr>
      ))}
    </Table>
  );
}

function NoRuns() {
  return (
    <Empty title="It has not run yet">
      <p>
        <Link to="?tab=sql">Look at its SQL and what it would cost</Link>, then press “Run now”.
      </p>
    </Empty>
  );
}
