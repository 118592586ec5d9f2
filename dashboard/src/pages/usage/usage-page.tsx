import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import type { UsageView } from "../../api/types";
import { expectCharts } from "../../charts/drawing";
import { Empty } from "../../parts/empty";
import { bytes, count, dollars } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { Table } from "../../parts/table";
import { Tabs, useTab } from "../../parts/tabs";
import { DailyCost } from "./daily-cost";
import { Freshness } from "./freshness";

const TABS = [
  { id: "cost", label: "Cost" },
  { id: "freshness", label: "Freshness" },
];
const GROUPS = { dataset: "Dataset", job: "Job", principal: "Principal" } as const;
type Group = keyof typeof GROUPS;

expectCharts();

/** What the lake costs, and how fresh it is. */
export default function UsagePage() {
  const tab = useTab(TABS);
  return (
    <Page title="Usage">
      <Tabs tabs={TABS} label="Usage" />
      {tab === "cost" ? <Cost /> : <Freshness />}
    </Page>
  );
}

function useUsage(group_by: Group | "day") {
  return useQuery({
    queryKey: ["usage", group_by],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => body(api.GET("/v1/usage", { params: { query: { group_by } }, signal })),
  });
}

function Cost() {
  const [group, setGroup] = useState<Group>("dataset");
  const days = useUsage("day");
  const groups = useUsage(group);
  return (
    <Loaded of={days}>
      {(usage) =>
        usage.total.queries + usage.total.runs === 0 ? (
          <NothingUsed />
        ) : (
          <>
            <Total usage={usage} />
            <section className="panel" aria-label="Cost by day">
              <DailyCost usage={usage} />
            </section>
            <div className="row">
              {Object.entries(GROUPS).map(([name, label]) => (
                <button key={name} type="button" aria-pressed={group === name} onClick={() => setGroup(name as Group)}>
                  By {label.toLowerCase()}
                </button>
              ))}
            </div>
            <Loaded of={groups}>{(found) => <Groups usage={found} />}</Loaded>
          </>
        )
      }
    </Loaded>
  );
}

function Total({ usage: { total, from, to } }: { usage: UsageView }) {
  const hits = total.queries + total.runs === 0 ? 0 : total.cache_hits / (total.queries + total.runs);
  const facts = [
    ["Cost", dollars(total.cost_usd)],
    ["Scanned", bytes(total.bytes_scanned)],
    ["Queries", count(total.queries)],
    ["Runs", count(total.runs)],
    ["Failed", count(total.failed)],
    ["Answered from store", `${Math.round(hits * 100)} %`],
    ["Estimates", total.estimate_ratio == null ? "–" : `${total.estimate_ratio.toFixed(1)} × what was scanned`],
    ["Days (UTC)", `${from} to ${to}`],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const NUMBERS = ["Cost", "Scanned", "Queries", "Runs", "Failed", "From store"];

function Groups({ usage }: { usage: UsageView }) {
  const columns = NUMBERS.map((name) => ({ name, isNumber: true as const }));
  return (
    <Table label="Cost by group" columns={[GROUPS[usage.group_by as Group], ...columns]}>
      {usage.items.map((item) => (
        <tr key={item.key}>
          <th scope="row" className="name">
            {item.key}
          </th>
          <td className="number">{dollars(item.cost_usd)}</td>
          <td className="number">{bytes(item.bytes_scanned)}</td>
          <td className="number">{count(item.queries)}</td>
          <td className="number">{count(item.runs)}</td>
          <td className="number">{count(item.failed)}</td>
          <td className="number">{count(item.cache_hits)}</td>
        </tr>
      ))}
    </Table>
  );
}

function NothingUsed() {
  return (
    <Empty title="Nothing was asked in the last 30 days">
      <p>
        Each query and run is counted here with the bytes that Athena scanned for it, by day, dataset, job and who
        asked. An answer from store scans nothing and costs nothing.
      </p>
    </Empty>
  );
}
