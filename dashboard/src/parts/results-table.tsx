import type { ResultView } from "../api/types";
import { Table } from "./table";

const NUMERIC = new Set(["tinyint", "smallint", "integer", "int", "bigint", "float", "real", "double", "decimal"]);
export const isNumeric = (type: string) => NUMERIC.has(type);

function shown(value: unknown) {
  if (value === null || value === undefined) return <span className="null">null</span>;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A page of a result. Null is not the empty text, and looks so. */
export function ResultsTable({ result, first = 1 }: { result: Pick<ResultView, "columns" | "rows">; first?: number }) {
  const columns = result.columns.map(({ name, type }, index) => {
    const title = result.columns.findIndex((other) => other.name === name) === index ? name : `${name} (${index + 1})`;
    return isNumeric(type) ? ({ name: title, isNumber: true } as const) : title;
  });
  return (
    <div className="results">
      <Table label="Rows" columns={["#", ...columns]}>
        {result.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name than their place
          <tr key={first + index}>
            <th scope="row">{first + index}</th>
            {result.columns.map(({ type }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: so do their fields
              <td key={at} className={isNumeric(type) ? "number" : undefined}>
                {shown(row[at])}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </div>
  );
}
