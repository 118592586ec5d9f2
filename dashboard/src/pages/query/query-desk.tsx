import { useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { isOver } from "../../api/queries";
import type { Opened } from "../../api/saved-queries";
import type { Chart, QueryView, SavedQueryView } from "../../api/types";
import { asBuilt } from "../../charts/defaults";
import { bytes, dollars, duration } from "../../parts/format";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem-note";
import { QueryFailure } from "../../parts/query-failure";
import { StateBadge } from "../../parts/state-badge";
import { SqlEditor } from "../../sql/sql-editor";
import { ChartBuilder } from "./chart-builder";
import { Estimate } from "./estimate";
import { ParameterFields, type Parameters, parametersOf } from "./parameters";
import { Rows } from "./rows";
import { SaveDialog } from "./save-dialog";
import { DeleteSaved, SavedMenu } from "./saved-menu";
import { useAsked } from "./use-asked";

function savedParameters(saved?: SavedQueryView): Parameters {
  const entries = Object.entries(saved?.parameters ?? {});
  return Object.fromEntries(
    entries.map(([name, { type, default: value }]) => [name, { type, value: String(value ?? "") }]),
  );
}

/** Write, estimate, run, look, draw, save. */
export function QueryDesk({ opened: openedFirst }: { opened?: Opened }) {
  const [address, setAddress] = useSearchParams();
  const [opened, setOpened] = useState(openedFirst); // what is read again meanwhile is not what one has changed
  const saved = opened?.saved;
  const [sql, setSql] = useState(address.get("sql") ?? saved?.sql ?? "");
  const [given, setGiven] = useState<Parameters>(() => ({
    ...savedParameters(saved),
    ...JSON.parse(address.get("parameters") ?? "{}"),
  }));
  const [chart, setChart] = useState<Chart | null>(saved?.chart ? asBuilt(saved.chart) : null);
  const [view, setView] = useState<"rows" | "chart">(saved?.chart ? "chart" : "rows");
  const dialog = useRef<HTMLDialogElement>(null);
  const parameters = parametersOf(sql, given);

  const share = (id: string) => {
    const shown: Record<string, string> = saved ? { saved: saved.name, id } : { id };
    if (sql !== saved?.sql) shown.sql = sql;
    if (Object.keys(parameters).length > 0) shown.parameters = JSON.stringify(parameters);
    setAddress(shown, { replace: true });
  };
  const { watch, ask, cancel } = useAsked(address.get("id"), share);
  const query = watch.data;
  const isUnderWay = ask.isPending || (query !== undefined && !isOver(query));
  const run = () => sql.trim() && ask.mutate({ sql, parameters });
  return (
    <Page
      title={saved?.name ?? "Query"}
      crumb={saved && NEW}
      lead={saved && <Served saved={saved} />}
      actions={<SavedMenu />}
    >
      <section className="panel" aria-label="SQL">
        <SqlEditor label="SQL" value={sql} onChange={setSql} onRun={run} />
        <ParameterFields of={parameters} onChange={setGiven} />
        <div className="row">
          <button type="button" className="primary" onClick={run} disabled={isUnderWay || !sql.trim()}>
            {isUnderWay ? "Running…" : "Run"} <kbd>Ctrl ⏎</kbd>
          </button>
          {isUnderWay && query && (
            <button type="button" onClick={() => cancel.mutate()}>
              Cancel
            </button>
          )}
          <Estimate sql={sql} parameters={parameters} />
          <span className="end row">
            <button type="button" disabled={!sql.trim()} onClick={() => dialog.current?.showModal()}>
              Save…
            </button>
            {saved && <DeleteSaved name={saved.name} />}
          </span>
        </div>
      </section>
      <ProblemNote error={ask.error ?? watch.error ?? cancel.error} />
      {query && <Answer query={query} view={view} onView={setView} chart={chart} onChart={setChart} />}
      <SaveDialog
        ref={dialog}
        sql={sql}
        parameters={parameters}
        chart={chart}
        opened={opened}
        onSaved={(now) => {
          setOpened(now);
          dialog.current?.close();
          const { name } = now.saved;
          setAddress(query ? { saved: name, id: query.id } : { saved: name }, { replace: true });
        }}
      />
    </Page>
  );
}

const NEW = { to: "/query", label: "Query" };

function Served({ saved: { name, chart, description } }: { saved: SavedQueryView }) {
  return (
    <>
      {description && `${description}. `}Served at <code>/v1/saved-queries/{name}/results</code>
      {chart && (
        <>
          {" "}
          and drawn among the <Link to="/">charts</Link>
        </>
      )}
    </>
  );
}

type AnswerProps = {
  query: QueryView;
  view: "rows" | "chart";
  onView: (view: "rows" | "chart") => void;
  chart: Chart | null;
  onChart: (chart: Chart) => void;
};

function Answer({ query, view, onView, chart, onChart }: AnswerProps) {
  return (
    <section className="panel" aria-label="Answer">
      <div className="row">
        {query.state === "succeeded" &&
          (["rows", "chart"] as const).map((name) => (
            <button key={name} type="button" aria-pressed={view === name} onClick={() => onView(name)}>
              {name === "rows" ? "Rows" : "Chart"}
            </button>
          ))}
        <StateBadge state={query.state} />
        <Cost query={query} />
      </div>
      <QueryFailure query={query} />
      {query.state === "succeeded" && view === "rows" && <Rows key={query.id} query={query} />}
      {query.state === "succeeded" && view === "chart" && (
        <ChartBuilder key={query.id} query={query} chart={chart} onChange={onChart} />
      )}
    </section>
  );
}

function Cost({ query: { statistics } }: { query: QueryView }) {
  const { bytes_scanned = 0, cost_usd = "0", engine_ms = 0, reused } = statistics;
  if (reused) return <small>A stored answer to the same question over the same data: nothing scanned, $0</small>;
  return (
    <small>
      {bytes(bytes_scanned)} scanned, {dollars(cost_usd)}, {duration(engine_ms)} in Athena
    </small>
  );
}
