import type { FileReport } from "../../api/types";
import { counted } from "../../parts/format";
import { Table } from "../../parts/table";

/** What is wrong with a file, in the words to send to whoever made it. */
export function FileReportView({ report }: { report: FileReport }) {
  return (
    <div className="report">
      <p>
        {counted(report.problem_count ?? 0, "mistake")}. Correct the file and drop it again; nothing of it was taken in.
        Values are masked: <code>a</code> stands for a letter, <code>9</code> for a digit.
      </p>
      <Table
        label="Mistakes"
        columns={[
          "Mistake",
          { name: "Line", isNumber: true },
          "Column",
          "Expected",
          "Found",
          { name: "Times", isNumber: true },
        ]}
      >
        {report.problems?.map((problem) => (
          <tr key={`${problem.code} ${problem.line} ${problem.column}`}>
            <td>
              <code>{problem.code}</code>
            </td>
            <td className="number">{problem.line}</td>
            <td>{problem.column}</td>
            <td>{problem.expected}</td>
            <td>{problem.found}</td>
            <td className="number">{problem.count}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}
