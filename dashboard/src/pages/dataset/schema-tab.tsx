import { Link } from "react-router";
import type { Column, DatasetView } from "../../api/types";
import { Empty } from "../../parts/empty";
import { Table } from "../../parts/table";

const COLUMNS = ["Column", "Type", "Classification", "Certainty", "Evidence", "Description"] as const;

export function SchemaTab({ dataset }: { dataset: DatasetView }) {
  const columns = dataset.schema?.columns ?? [];
  return (
    <>
      <Facts dataset={dataset} />
      {columns.length === 0 ? (
        <Empty title="Nothing is known of its columns yet">
          <p>
            {dataset.tier === "raw" ? (
              <>
                They are found in the first good file: <Link to="?tab=files">drop one</Link>.
              </>
            ) : (
              "The first run of the job that writes it brings them."
            )}
          </p>
        </Empty>
      ) : (
        <Table label="Columns" columns={COLUMNS} hasCards>
          {columns.map((column) => (
            <ColumnRow key={column.name} column={column} dataset={dataset} />
          ))}
        </Table>
      )}
    </>
  );
}

function ColumnRow({ column, dataset }: { column: Column; dataset: DatasetView }) {
  const { name, original_name, type, classification, certainty, evidence, description } = column;
  const isSensitive = classification === "pii" || classification === "phi";
  return (
    <tr>
      <th scope="row" className="name">
        <code>{name}</code> {dataset.primary_key.includes(name) && <span className="badge">key</span>}
        {original_name && original_name !== name && <small> in files: {original_name}</small>}
      </th>
      <td data-column="Type">
        <code>{type}</code>
      </td>
      <td data-column="Classification">
        <span className={`badge ${isSensitive ? "warn" : ""}`}>{classification}</span>
      </td>
      <td data-column="Certainty" className="nowrap">
        {certainty == null ? "declared" : `${Math.floor(certainty * 100)} %`}
      </td>
      <td data-column="Evidence" className="wide">
        {evidence}
      </td>
      <td data-column="Description" className="wide">
        {description}
      </td>
    </tr>
  );
}

function Facts({ dataset }: { dataset: DatasetView }) {
  const facts: [string, string | null | undefined][] = [
    ["Owner", dataset.owner],
    ["Format", dataset.format?.type],
    ["Primary key", dataset.primary_key.join(", ")],
    ["Partitioned by", dataset.partition_by.join(", ")],
    ["Schema version", dataset.schema ? `${dataset.schema.number} (${dataset.schema.origin})` : null],
    ...Object.entries(dataset.tags),
  ];
  const known = facts.filter(([, value]) => value);
  if (known.length === 0) return null;
  return (
    <dl className="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
