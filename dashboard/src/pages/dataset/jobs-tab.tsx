import { Link } from "react-router";
import { targetOf, useJobs } from "../../api/jobs";
import type { DatasetView, JobView } from "../../api/types";
import { Empty } from "../../parts/empty";
import { Loaded } from "../../parts/loaded";
import { Table } from "../../parts/table";

/** Lineage, one step each way. */
export function JobsTab({ dataset }: { dataset: DatasetView }) {
  const jobs = useJobs();
  return (
    <Loaded of={jobs}>
      {(all) => {
        const writing = all.filter((job) => targetOf(job) === dataset.id);
        const reading = all.filter((job) => job.sources.includes(dataset.id));
        if (writing.length + reading.length === 0) return <NoJobs dataset={dataset.id} />;
        return (
          <Table label="Jobs" columns={["Job", "Does", "From", "To"]}>
            {writing.map((job) => (
              <JobRow key={job.name} job={job} does="writes it" />
            ))}
            {reading.map((job) => (
              <JobRow key={job.name} job={job} does="reads it" />
            ))}
          </Table>
        );
      }}
    </Loaded>
  );
}

function JobRow({ job, does }: { job: JobView; does: string }) {
  return (
    <tr>
      <th scope="row">
        <Link to={`/jobs/${job.name}`}>{job.name}</Link>
      </th>
      <td>{does}</td>
      <td>
        {job.sources.map((source) => (
          <Link key={source} className="stacked" to={`/datasets/${source}`}>
            {source}
          </Link>
        ))}
      </td>
      <td>
        <Link to={`/datasets/${targetOf(job)}`}>{targetOf(job)}</Link>
      </td>
    </tr>
  );
}

function NoJobs({ dataset }: { dataset: string }) {
  return (
    <Empty title="No job reads or writes it">
      <p>A job casts, cleans, joins and deduplicates, and writes typed Parquet as a new version of another dataset.</p>
      <Link className="button" to={`/jobs/new?source=${dataset}`}>
        Define a job that reads it
      </Link>
    </Empty>
  );
}
