import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { dataset } from "../../api/datasets";
import type { DatasetView } from "../../api/types";
import { Loaded } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { Tabs, useTab } from "../../parts/tabs";
import { FilesTab } from "./files-tab";
import { JobsTab } from "./jobs-tab";
import { RowsTab } from "./rows-tab";
import { SchemaTab } from "./schema-tab";
import { VersionsTab } from "./versions-tab";

export default function DatasetPage() {
  const { id = "" } = useParams();
  const found = useQuery(dataset(id));
  return (
    <Page
      title={id}
      crumb={{ to: "/catalogue", label: "Catalogue" }}
      badge={found.data && <span className="badge">{found.data.tier}</span>}
      lead={found.data?.description}
      actions={
        <Link className="button" to={`/query?sql=${encodeURIComponent(`SELECT *\nFROM ${id}\nLIMIT 100`)}`}>
          Query it
        </Link>
      }
    >
      <Loaded of={found}>{(data) => <Dataset key={data.id} dataset={data} />}</Loaded>
    </Page>
  );
}

function Dataset({ dataset }: { dataset: DatasetView }) {
  const tabs = [
    { id: "schema", label: "Schema", count: dataset.column_count },
    ...(dataset.tier === "raw" ? [{ id: "files", label: "Files" }] : []),
    { id: "rows", label: "Rows" },
    { id: "versions", label: "Versions" },
    { id: "jobs", label: "Jobs" },
  ];
  const tab = useTab(tabs);
  return (
    <>
      <Tabs tabs={tabs} label={`About ${dataset.id}`} />
      {tab === "schema" && <SchemaTab dataset={dataset} />}
      {tab === "files" && <FilesTab dataset={dataset} />}
      {tab === "rows" && <RowsTab dataset={dataset} />}
      {tab === "versions" && <VersionsTab dataset={dataset} />}
      {tab === "jobs" && <JobsTab dataset={dataset} />}
    </>
  );
}
