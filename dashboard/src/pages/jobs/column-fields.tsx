import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { dataset } from "../../api/datasets";
import { Table } from "../../parts/table";
import { type ColumnDraft, columnDraft, columnsOf } from "./draft";
import type { PartProps } from "./job-form";

/** The target's columns; at first those of the source, with the types that were found in it. */
export function ColumnFields({ draft, change }: PartProps) {
  const source = draft.sources[0];
  const found = useQuery({ ...dataset(source ?? ""), enabled: source !== undefined });
  const isBare = draft.columns.length === 0;
  useEffect(() => {
    if (found.data && isBare) change({ columns: columnsOf(found.data) });
  }, [found.data, isBare, change]);
  const alter = (key: number, part: Partial<ColumnDraft>) =>
    change({ columns: draft.columns.map((column) => (column.key === key ? { ...column, ...part } : column)) });
  return (
    <>
      <Table label="Columns of the target" columns={["Name", "From column", "or expression", "Type", ""]}>
        {draft.columns.map(({ key, ...column }) => (
          <tr key={key}>
            {(["name", "from", "expression", "type"] as const).map((part) => (
              <td key={part}>
                <input
                  aria-label={`${part} of ${column.name || "a new column"}`}
                  value={column[part]}
                  required={part === "name"}
                  onChange={(event) => alter(key, { [part]: event.target.value })}
                />
              </td>
            ))}
            <td>
              <button
                type="button"
                aria-label={`Leave out ${column.name}`}
                disabled={draft.columns.length === 1}
                onClick={() => change({ columns: draft.columns.filter((one) => one.key !== key) })}
              >
                ✕
              </button>
            </td>
          </tr>
        ))}
      </Table>
      <div className="row">
        <button type="button" onClick={() => change({ columns: [...draft.columns, columnDraft()] })}>
          Add a column
        </button>
      </div>
    </>
  );
}
