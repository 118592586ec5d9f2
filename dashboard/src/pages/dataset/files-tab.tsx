import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import type { DatasetView, FileState, FileView } from "../../api/types";
import { Empty } from "../../parts/empty";
import { bytes, count } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { itemsOf, More, nextPage } from "../../parts/more";
import { ProblemNote } from "../../parts/problem-note";
import { StateBadge } from "../../parts/state-badge";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";
import { FileReportView } from "./file-report";
import { isUnderWay, verdict } from "./send-file";
import { UploadZone } from "./upload";

const LOOK_AGAIN_MS = 2000;
const STATES: FileState[] = ["committed", "quarantined", "duplicate", "rejected", "expected", "received", "expired"];

export function FilesTab({ dataset }: { dataset: DatasetView }) {
  const [state, setState] = useState<FileState | "">("");
  const files = useInfiniteQuery({
    queryKey: ["files", dataset.id, state],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { dataset_id: dataset.id }, query: { state: state || undefined, page_token: pageParam } };
      return body(api.GET("/v1/datasets/{dataset_id}/files", { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextPage,
    refetchInterval: ({ state: { data } }) => (data && itemsOf(data).some(isUnderWay) ? LOOK_AGAIN_MS : false),
  });
  return (
    <>
      <UploadZone dataset={dataset.id} />
      <div className="row">
        <h2>Files</h2>
        <select
          className="end"
          aria-label="State"
          value={state}
          onChange={(event) => setState(event.target.value as FileState | "")}
        >
          <option value="">All states</option>
          {STATES.map((known) => (
            <option key={known}>{known}</option>
          ))}
        </select>
      </div>
      <Loaded of={files}>
        {(pages) => {
          const found = itemsOf(pages);
          return found.length === 0 ? <NoFiles state={state} /> : <Files dataset={dataset.id} files={found} />;
        }}
      </Loaded>
      <More of={files} />
    </>
  );
}

function NoFiles({ state }: { state: string }) {
  return (
    <Empty title={state ? `No file is ${state}` : "No files yet"}>
      <p>
        A file is checked to its last line before anyone can query it. A good one is committed and seen by the next
        query; a bad one is quarantined with a report that names line and column.
      </p>
    </Empty>
  );
}

function Files({ dataset, files }: { dataset: string; files: FileView[] }) {
  return (
    <Table
      label="Files"
      columns={["File", "State", { name: "Size", isNumber: true }, { name: "Rows", isNumber: true }, "By", "When"]}
    >
      {files.map((file) => (
        <FileRows key={file.file_id} dataset={dataset} file={file} />
      ))}
    </Table>
  );
}

function FileRows({ dataset, file }: { dataset: string; file: FileView }) {
  const [isOpen, setIsOpen] = useState(false);
  const hasReport = (file.report?.problems?.length ?? 0) > 0;
  return (
    <>
      <tr>
        <th scope="row" className="name">
          {file.file_name ?? file.file_id}
        </th>
        <td>
          <StateBadge state={file.state} />{" "}
          {hasReport && (
            <button type="button" className="compact" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
              Report
            </button>
          )}
        </td>
        <td className="number">{bytes(file.size_bytes)}</td>
        <td className="number">{file.row_count == null ? "–" : count(file.row_count)}</td>
        <td className="who" title={file.created_by}>
          {file.created_by}
        </td>
        <td className="nowrap">
          <Time at={file.created_at} />
        </td>
      </tr>
      {isOpen && file.report && (
        <tr>
          <td colSpan={6}>
            <div className="report">
              <FileReportView report={file.report} />
              {file.state === "quarantined" && <Replay dataset={dataset} file={file} />}
            </div>
          </td>
        </tr>
      )}
    </>
  );
}

/** Checks the file again: of use after the dataset's schema or format was corrected. */
function Replay({ dataset, file }: { dataset: string; file: FileView }) {
  const client = useQueryClient();
  const replay = useMutation({
    mutationFn: async () => {
      const path = { dataset_id: dataset, file_id: file.file_id };
      await api.POST("/v1/datasets/{dataset_id}/files/{file_id}/replay", { params: { path } });
      return verdict(dataset, file.file_id);
    },
    onSettled: () => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey.includes(dataset) }),
  });
  return (
    <div className="row">
      <button type="button" onClick={() => replay.mutate()} disabled={replay.isPending}>
        {replay.isPending ? "Checking…" : "Check again"}
      </button>
      <small>After the schema or the format was corrected; the kept original is read anew.</small>
      {replay.data && (
        <span role="status">
          It is <StateBadge state={replay.data.state} />
        </span>
      )}
      <ProblemNote error={replay.error} />
    </div>
  );
}
