import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "react-router";
import { api, body } from "../../api/client";
import { targetOf } from "../../api/jobs";
import type { JobView } from "../../api/types";
import { bytes, counted, dollars } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { ProblemNote } from "../../parts/problem-note";
import { StateBadge } from "../../parts/state-badge";
import { Tabs, useTab } from "../../parts/tabs";
import { JobRuns } from "./job-runs";
import { triggerText } from "./trigger-text";

const TABS = [
  { id: "runs", label: "Runs" },
  { id: "sql", label: "SQL and estimate" },
  { id: "definition", label: "Definition" },
];

export default function JobPage() {
  const { name = "" } = useParams();
  const job = useQuery({
    queryKey: ["job", name],
    queryFn: ({ signal }) => body(api.GET("/v1/jobs/{name}", { params: { path: { name } }, signal })),
  });
  const tab = useTab(TABS);
  return (
    <Page
      title={name}
      crumb={{ to: "/jobs", label: "Jobs" }}
      badge={job.data?.paused && <StateBadge state="paused" />}
      lead={job.data?.description}
      actions={job.data && <Actions job={job.data} />}
    >
      <Loaded of={job}>
        {(found) => (
          <>
            <Facts job={found} />
            <Tabs tabs={TABS} label={`About ${name}`} />
            {tab === "runs" && <JobRuns name={name} />}
            {tab === "sql" && <Preview name={name} />}
            {tab === "definition" && <pre>{JSON.stringify(found, null, 2)}</pre>}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Actions({ job: { name, paused } }: { job: JobView }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { name } };
  const start = useMutation({
    mutationFn: () => body(api.POST("/v1/jobs/{name}/runs", { params })),
    onSuccess: ({ id }) => navigate(`/runs/${id}`),
  });
  const pause = useMutation({
    mutationFn: () =>
      body(paused ? api.POST("/v1/jobs/{name}/resume", { params }) : api.POST("/v1/jobs/{name}/pause", { params })),
    onSuccess: (changed) => client.setQueryData(["job", name], changed),
  });
  return (
    <>
      <Link className="button" to={`/jobs/${name}/edit`}>
        Change
      </Link>
      <button type="button" onClick={() => pause.mutate()} disabled={pause.isPending}>
        {paused ? "Resume" : "Pause"}
      </button>
      <button type="button" className="primary" onClick={() => start.mutate()} disabled={start.isPending || paused}>
        Run now
      </button>
      <ProblemNote error={start.error ?? pause.error} />
    </>
  );
}

function Facts({ job }: { job: JobView }) {
  return (
    <dl className="facts">
      <div>
        <dt>From</dt>
        <dd>
          {job.sources.map((source) => (
            <Link key={source} className="stacked" to={`/datasets/${source}`}>
              {source}
            </Link>
          ))}
        </dd>
      </div>
      <div>
        <dt>To</dt>
        <dd>
          <Link to={`/datasets/${targetOf(job)}`}>{targetOf(job)}</Link>
        </dd>
      </div>
      <div>
        <dt>Mode</dt>
        <dd>{job.mode}</dd>
      </div>
      <div>
        <dt>Starts</dt>
        <dd>{job.triggers.map(triggerText).join("; ") || "by hand"}</dd>
      </div>
      <div>
        <dt>Checks</dt>
        <dd>{job.checks.length}</dd>
      </div>
    </dl>
  );
}

function Preview({ name }: { name: string }) {
  const preview = useQuery({
    queryKey: ["preview", name],
    queryFn: ({ signal }) => body(api.GET("/v1/jobs/{name}/preview", { params: { path: { name } }, signal })),
  });
  return (
    <Loaded of={preview}>
      {({ statements, estimate }) => (
        <section className="panel" aria-label="What a run would do">
          <p>
            A run now would read at most <strong>{bytes(estimate.bytes_scanned)}</strong> from{" "}
            {counted(estimate.input_files, "file")}, for at most <strong>{dollars(estimate.cost_usd)}</strong>.
          </p>
          {statements.map((statement) => (
            <pre key={statement}>{statement}</pre>
          ))}
        </section>
      )}
    </Loaded>
  );
}
