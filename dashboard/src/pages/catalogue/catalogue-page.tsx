import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link, useSearchParams } from "react-router";
import { api, body } from "../../api/client";
import type { DatasetSummary, Tier } from "../../api/types";
import { Empty } from "../../parts/empty";
import { Loaded } from "../../parts/loaded";
import { itemsOf, More, nextPage } from "../../parts/more";
import { Page } from "../../parts/page";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";
import { RegisterDialog } from "./register-dialog";

const TIERS: Record<Tier, string> = { raw: "raw files", curated: "curated", business: "business" };

export default function CataloguePage() {
  const [parameters, setParameters] = useSearchParams();
  const q = parameters.get("q") ?? "";
  const tier = (parameters.get("tier") ?? "") as Tier | "";
  const dialog = useRef<HTMLDialogElement>(null);
  const found = useInfiniteQuery({
    queryKey: ["datasets", q, tier],
    queryFn: ({ pageParam, signal }) => {
      const query = { q: q || undefined, tier: tier || undefined, page_token: pageParam, limit: 100 };
      return body(api.GET("/v1/datasets", { params: { query }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  });
  const narrow = (name: string, value: string) =>
    setParameters(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );
  const register = () => dialog.current?.showModal();
  return (
    <Page
      title="Catalogue"
      actions={
        <button type="button" onClick={register}>
          Register a dataset
        </button>
      }
    >
      <search className="row">
        <input
          type="search"
          className="grow"
          aria-label="Search datasets"
          placeholder="Search names, descriptions, columns, tags  ( / )"
          value={q}
          onChange={(event) => narrow("q", event.target.value)}
        />
        <select aria-label="Tier" value={tier} onChange={(event) => narrow("tier", event.target.value)}>
          <option value="">All tiers</option>
          {Object.entries(TIERS).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </search>
      <Loaded of={found}>
        {(pages) => {
          const datasets = itemsOf(pages);
          if (datasets.length === 0) return q || tier ? <NothingFound /> : <FirstSteps onRegister={register} />;
          return (
            <>
              <Datasets datasets={datasets} />
              <More of={found} />
            </>
          );
        }}
      </Loaded>
      <RegisterDialog ref={dialog} />
    </Page>
  );
}

function Datasets({ datasets }: { datasets: DatasetSummary[] }) {
  return (
    <Table
      label="Datasets"
      columns={["Dataset", "Tier", "Description", { name: "Columns", isNumber: true }, "Owner", "Tags", "Data made"]}
    >
      {datasets.map((dataset) => (
        <tr key={dataset.id}>
          <th scope="row" className="name">
            <Link to={`/datasets/${dataset.id}`}>{dataset.id}</Link>
          </th>
          <td>{dataset.tier}</td>
          <td className="wide">{dataset.description}</td>
          <td className="number">{dataset.column_count || "–"}</td>
          <td>{dataset.owner}</td>
          <td className="tags">
            {Object.entries(dataset.tags).map(([key, value]) => (
              <span key={key} className="badge">
                {key}:{value}
              </span>
            ))}
          </td>
          <td className="nowrap">
            {dataset.current_version_at ? <Time at={dataset.current_version_at} /> : "no data yet"}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function NothingFound() {
  return (
    <Empty title="No dataset matches">
      <p>All words must match; names match by their beginning. Try fewer words, or another tier.</p>
    </Empty>
  );
}

function FirstSteps({ onRegister }: { onRegister: () => void }) {
  return (
    <Empty title="From a file to a chart, in four steps">
      <ol>
        <li>
          <strong>Register a dataset</strong>: a namespace and a name. Columns and types are found in the first file.
        </li>
        <li>
          <strong>Drop a file</strong> on its page. A good one is queryable at once; a bad one is quarantined, with a
          report.
        </li>
        <li>
          <strong>Define a job</strong> where raw files need cleaning: it writes typed, versioned Parquet.
        </li>
        <li>
          <strong>Ask in SQL</strong>, see what it costs before it runs, and save the answer as a chart.
        </li>
      </ol>
      <button type="button" className="primary" onClick={onRegister}>
        Register the first dataset
      </button>
    </Empty>
  );
}
