import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { api, body } from "../../api/client";
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
  const dataset = useQuery({
    queryKey: ["dataset", id],
    queryFn: ({ signal }) =>
      body(api.GET("/v1/datasets/{dataset_id}", { params: { path: { dataset_id: id } }, signal })),
  });
  return (
    <Page
      title={id}
      crumb={{ to: "/catalogue", label: "Catalogue" }}
      badge={dataset.data && <span className="badge">{dataset.data.tier}</span>}
      lead={dataset.data?.description}
      actions={
        <Link className="button" to={`/query?sql=${encodeURIComponent(`SELECT *\nFROM ${id}\nLIMIT 100`)}`}>
          Query it
        </Link>
      }
    >
      <Loaded of={dataset}>{(found) => <Dataset key={found.id} dataset={found} />}</Loaded>
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
