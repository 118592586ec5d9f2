import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "react-router";
import { api, body } from "../../api/client";
import { isRunOver } from "../../api/runs";
import type { RunView } from "../../api/types";
import { bytes, count, counted, dollars, duration } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem-note";
import { StateBadge } from "../../parts/state-badge";
import { Time } from "../../parts/time";
import { Checks } from "./checks";
import { Steps } from "./steps";

const LOOK_AGAIN_MS = 800;

/** A run, live until it is over. */
export default function RunPage() {
  const { id = "" } = useParams();
  const run = useQuery({
    queryKey: ["run", id],
    queryFn: ({ signal }) => body(api.GET("/v1/runs/{run_id}", { params: { path: { run_id: id } }, signal })),
    refetchInterval: ({ state: { data } }) => (data && !isRunOver(data) ? LOOK_AGAIN_MS : false),
  });
  const job = run.data?.job;
  return (
    <Page
      title={job ? `Run of ${job}` : "Run"}
      crumb={job ? { to: `/jobs/${job}`, label: job } : { to: "/jobs", label: "Jobs" }}
      badge={run.data && <StateBadge state={run.data.state} />}
      actions={run.data && <Actions run={run.data} />}
    >
      <Loaded of={run}>{(found) => <Run run={found} />}</Loaded>
    </Page>
  );
}

function Actions({ run }: { run: RunView }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { run_id: run.id } };
  const cancel = useMutation({
    mutationFn: () => body(api.POST("/v1/runs/{run_id}/cancel", { params })),
    onSuccess: (changed) => client.setQueryData(["run", run.id], changed),
  });
  const retry = useMutation({
    mutationFn: () => body(api.POST("/v1/runs/{run_id}/retry", { params })),
    onSuccess: ({ id }) => navigate(`/runs/${id}`),
  });
  const canRetry = run.state === "failed" || run.state === "cancelled";
  return (
    <>
      {!isRunOver(run) && (
        <button type="button" className="danger" onClick={() => cancel.mutate()} disabled={cancel.isPending}>
          Cancel
        </button>
      )}
      {canRetry && (
        <button type="button" className="primary" onClick={() => retry.mutate()} disabled={retry.isPending}>
          Retry
        </button>
      )}
      <ProblemNote error={cancel.error ?? retry.error} />
    </>
  );
}

function Run({ run }: { run: RunView }) {
  const { batches_done, batches_expected } = run.progress;
  return (
    <>
      <Steps run={run} />
      {!isRunOver(run) && batches_expected !== null && batches_expected > 1 && (
        <progress aria-label="Statements done" max={batches_expected} value={batches_done} />
      )}
      {run.waits_until && (
        <div className="note">
          Waits until <Time at={run.waits_until} />: its sources are not quiet yet, or a service did not answer.
        </div>
      )}
      {run.error && <Failure error={run.error} />}
      <Outcome run={run} />
      <Statistics run={run} />
      <Checks checks={run.checks} />
      <Inputs run={run} />
    </>
  );
}

function Failure({ error }: { error: NonNullable<RunView["error"]> }) {
  return (
    <div className="note bad" role="alert">
      <strong>{error.title}</strong> <code>{error.code}</code> <small>in step {error.step}</small>
      <p>{error.detail}</p>
      <p>{error.remedy}</p>
      {error.athena_execution_id && <small>Athena execution {error.athena_execution_id}</small>}
    </div>
  );
}

function Outcome({ run }: { run: RunView }) {
  if (run.state !== "succeeded") return null;
  const target = <Link to={`/datasets/${run.target}?tab=rows`}>{run.target}</Link>;
  return (
    <div className="note">
      {run.reused ? (
        <>Nothing to do: the present version of {target} was made from the same inputs.</>
      ) : (
        <>
          Published version <code>{run.version}</code> of {target}.
        </>
      )}
    </div>
  );
}

function Statistics({
  run: { statistics, created_at, ended_at, trigger, retry_of, created_by, build },
}: {
  run: RunView;
}) {
  const end = ended_at ? Date.parse(ended_at) : Date.now();
  const facts = [
    ["Rows", statistics.rows === null ? "–" : count(statistics.rows)],
    ["Rejected rows", count(statistics.rejected_rows)],
    ["Scanned", bytes(statistics.bytes_scanned)],
    ["Written", bytes(statistics.bytes_written)],
    ["Files", count(statistics.files)],
    ["Cost", dollars(statistics.cost_usd)],
    ["In Athena", duration(statistics.engine_ms)],
    ["Took", duration(end - Date.parse(created_at))],
    ["Build", build],
    ["Started by", trigger === "manual" ? created_by : trigger],
  ];
  return (
    <section className="panel" aria-label="Statistics">
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {retry_of && (
          <div>
            <dt>Retry of</dt>
            <dd>
              <Link to={`/runs/${retry_of}`}>an earlier run</Link>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function Inputs({ run: { inputs } }: { run: RunView }) {
  if (inputs.length === 0) return null;
  return (
    <section>
      <h2>Inputs</h2>
      <ul className="plain">
        {inputs.map(({ dataset, version, files, bytes: size }) => (
          <li key={dataset}>
            <Link to={`/datasets/${dataset}`}>{dataset}</Link>, {bytes(size)}
            {files.length > 0 && ` in ${counted(files.length, "file")}`} {version && <code>{version}</code>}
          </li>
        ))}
      </ul>
    </section>
  );
}
