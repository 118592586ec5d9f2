import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { dataset } from "../../api/datasets";
import { Table } from "../../parts/table";
import { columnItem, columnsOf } from "./draft";
import type { PartProps } from "./job-form";
import { COLUMN } from "./kinds";
import { SpecInput } from "./spec-field";

const HEADS = Object.values(COLUMN).map(({ label }) => label);

/** The target's columns; at first those of the source, with the types that were found in it. */
export function ColumnFields({ draft: { columns, sources }, change }: PartProps) {
  const source = sources[0];
  const found = useQuery({ ...dataset(source ?? ""), enabled: source !== undefined });
  const isBare = columns.length === 0;
  useEffect(() => {
    if (found.data && isBare) change({ columns: columnsOf(found.data) });
  }, [found.data, isBare, change]);
  const alter = (key: number, part: Record<string, string>) =>
    change({ columns: columns.map((one) => (one.key === key ? { ...one, texts: { ...one.texts, ...part } } : one)) });
  return (
    <>
      <Table label="Columns of the target" columns={[...HEADS, ""]}>
        {columns.map(({ key, texts }) => (
          <tr key={key}>
            {Object.entries(COLUMN).map(([name, spec]) => (
              <td key={name}>
                <SpecInput
                  aria-label={`${name} of ${texts.name || "a new column"}`}
                  spec={spec}
                  text={texts[name] ?? ""}
                  onText={(text) => alter(key, { [name]: text })}
                />
              </td>
            ))}
            <td>
              <button
                type="button"
                aria-label={`Leave out ${texts.name}`}
                disabled={columns.length === 1}
                onClick={() => change({ columns: columns.filter((one) => one.key !== key) })}
              >
                ✕
              </button>
            </td>
          </tr>
        ))}
      </Table>
      <div className="row">
        <button type="button" onClick={() => change({ columns: [...columns, columnItem()] })}>
          Add a column
        </button>
      </div>
    </>
  );
}
