import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, body } from "../../api/client";
import type { DatasetView, VersionView } from "../../api/types";
import { Empty } from "../../parts/empty";
import { bytes, count } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { itemsOf, More, nextPage } from "../../parts/more";
import { ProblemNote } from "../../parts/problem-note";
import { StateBadge } from "../../parts/state-badge";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";

export function VersionsTab({ dataset }: { dataset: DatasetView }) {
  const versions = useInfiniteQuery({
    queryKey: ["versions", dataset.id],
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { dataset_id: dataset.id }, query: { page_token: pageParam } };
      return body(api.GET("/v1/datasets/{dataset_id}/versions", { params, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextPage,
  });
  return (
    <>
      <Loaded of={versions}>
        {(pages) => {
          const found = itemsOf(pages);
          return found.length === 0 ? <NoVersions /> : <Versions dataset={dataset} versions={found} />;
        }}
      </Loaded>
      <More of={versions} />
    </>
  );
}

function NoVersions() {
  return (
    <Empty title="No version yet">
      <p>Every committed file and every run that succeeds makes a version. Readers see one of them, never a mix.</p>
    </Empty>
  );
}

function Versions({ dataset, versions }: { dataset: DatasetView; versions: VersionView[] }) {
  return (
    <Table
      label="Versions"
      columns={[
        "Made",
        "Version",
        { name: "Rows", isNumber: true },
        { name: "Size", isNumber: true },
        { name: "Files", isNumber: true },
        "By",
        "",
      ]}
    >
      {versions.map((version) => (
        <tr key={version.id}>
          <td className="nowrap">
            <Time at={version.created_at} />
          </td>
          <th scope="row">
            <code>{version.id}</code>
          </th>
          <td className="number">{version.rows == null ? "–" : count(version.rows)}</td>
          <td className="number">{bytes(version.bytes)}</td>
          <td className="number">{count(version.files)}</td>
          <td>{version.run_id ? <Link to={`/runs/${version.run_id}`}>run of {version.job}</Link> : "files"}</td>
          <td className="number">
            {version.is_current && <StateBadge state="current" />}
            {version.is_staged && <StateBadge state="staged" />}
            {version.removed_at && <StateBadge state="removed" />}
            {!version.is_current && !version.is_staged && !version.removed_at && dataset.tier !== "raw" && (
              <RollBack dataset={dataset.id} version={version.id} />
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** Asks once more in place: readers see the older version from the next query on. */
function RollBack({ dataset, version }: { dataset: string; version: string }) {
  const [isAsked, setIsAsked] = useState(false);
  const client = useQueryClient();
  const rollBack = useMutation({
    mutationFn: () =>
      body(
        api.POST("/v1/datasets/{dataset_id}/rollback", {
          params: { path: { dataset_id: dataset } },
          body: { version },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey.includes(dataset) }),
  });
  if (!isAsked) {
    return (
      <button type="button" onClick={() => setIsAsked(true)}>
        Roll back…
      </button>
    );
  }
  return (
    <>
      <button type="button" className="danger" onClick={() => rollBack.mutate()} disabled={rollBack.isPending}>
        Make this current
      </button>
      <ProblemNote error={rollBack.error} />
    </>
  );
}
