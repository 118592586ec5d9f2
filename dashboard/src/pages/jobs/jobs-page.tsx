import { Link } from "react-router";
import { targetOf, useJobs } from "../../api/jobs";
import type { JobView } from "../../api/types";
import { Empty } from "../../parts/empty";
import { Loaded } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { StateBadge } from "../../parts/state-badge";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";
import { triggerText } from "./trigger-text";

export default function JobsPage() {
  const jobs = useJobs();
  return (
    <Page
      title="Jobs"
      actions={
        <Link className="button" to="/jobs/new">
          Define a job
        </Link>
      }
    >
      <Loaded of={jobs}>{(all) => (all.length === 0 ? <NoJobs /> : <Jobs jobs={all} />)}</Loaded>
    </Page>
  );
}

function Jobs({ jobs }: { jobs: JobView[] }) {
  return (
    <Table label="Jobs" columns={["Job", "From", "To", "Mode", "Starts", "Next"]}>
      {jobs.map((job) => (
        <tr key={job.name}>
          <th scope="row" className="name">
            <Link to={`/jobs/${job.name}`}>{job.name}</Link> {job.paused && <StateBadge state="paused" />}
          </th>
          <td>{job.sources.join(", ")}</td>
          <td>
            <Link to={`/datasets/${targetOf(job)}`}>{targetOf(job)}</Link>
          </td>
          <td>{job.mode}</td>
          <td>{job.triggers.map(triggerText).join("; ") || "by hand"}</td>
          <td className="nowrap">{job.next_run_at && <Time at={job.next_run_at} />}</td>
        </tr>
      ))}
    </Table>
  );
}

function NoJobs() {
  return (
    <Empty title="No jobs yet">
      <p>
        A job makes one dataset from others: it casts, filters, joins and deduplicates in Athena and writes Parquet.
        Each run makes a whole new version, checks it, and publishes it in one step; a run that fails changes nothing
        that readers see.
      </p>
      <Link className="button primary" to="/jobs/new">
        Define the first job
      </Link>
    </Empty>
  );
}
