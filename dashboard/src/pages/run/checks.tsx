import type { RunView } from "../../api/types";
import { count } from "../../parts/format";
import { Table } from "../../parts/table";

const verdict = ({ passed, severity }: RunView["checks"][number]) =>
  passed
    ? (["good", "passed"] as const)
    : severity === "warn"
      ? (["warn", "warned"] as const)
      : (["bad", "failed"] as const);

/** What the gate found before the version was published. */
export function Checks({ checks }: { checks: RunView["checks"] }) {
  if (checks.length === 0) return null;
  return (
    <Table label="Checks" columns={["Check", "Verdict", "Expected", { name: "Found", isNumber: true }, "Detail"]}>
      {checks.map((check) => {
        const [mood, word] = verdict(check);
        return (
          <tr key={`${check.index} ${check.type}`}>
            <th scope="row">{check.name ?? check.type}</th>
            <td>
              <span className={`badge ${mood}`}>{word}</span>
            </td>
            <td>{check.expected}</td>
            <td className="number">{check.found === null ? "–" : count(check.found)}</td>
            <td className="wide">{check.detail}</td>
          </tr>
        );
      })}
    </Table>
  );
}
