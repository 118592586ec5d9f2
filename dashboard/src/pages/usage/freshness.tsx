import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { tables } from "../../api/datasets";
import type { DatasetSummary } from "../../api/types";
import { Empty } from "../../parts/empty";
import { Loaded } from "../../parts/loaded";
import { Table } from "../../parts/table";
import { Time } from "../../parts/time";

const madeAt = ({ current_version_at }: DatasetSummary) => (current_version_at ? Date.parse(current_version_at) : 0);

/** When each dataset's data was made, the oldest first. */
export function Freshness() {
  const datasets = useQuery(tables);
  return (
    <Loaded of={datasets}>
      {(all) =>
        all.length === 0 ? (
          <Empty title="No datasets yet">
            <p>
              Each will stand here with the moment its data was made, the oldest first.{" "}
              <Link to="/catalogue">Register the first</Link>.
            </p>
          </Empty>
        ) : (
          <Table label="Freshness" columns={["Dataset", "Tier", "Data made", "Promised by", "Owner"]}>
            {[...all]
              .sort((a, b) => madeAt(a) - madeAt(b))
              .map((dataset) => (
                <tr key={dataset.id}>
                  <th scope="row" className="name">
                    <Link to={`/datasets/${dataset.id}`}>{dataset.id}</Link>
                  </th>
                  <td>{dataset.tier}</td>
                  <td>{dataset.current_version_at ? <Time at={dataset.current_version_at} /> : "no data yet"}</td>
                  <td>{dataset.contract?.cut_off}</td>
                  <td>{dataset.owner}</td>
                </tr>
              ))}
          </Table>
        )
      }
    </Loaded>
  );
}
