import type { RunView } from "../../api/types";

const STEPS = [
  { name: "plan", does: "claims its inputs" },
  { name: "write", does: "writes Parquet in Athena" },
  { name: "check", does: "checks what was written" },
  { name: "publish", does: "swaps the version" },
  { name: "clean", does: "tidies up" },
] as const;

function mark(run: RunView, index: number): "done" | "now" | "failed" | "ahead" {
  if (run.state === "succeeded") return "done";
  const reached = STEPS.findIndex(({ name }) => name === (run.error?.step ?? run.step));
  if (index < reached) return "done";
  if (index > reached || reached < 0) return "ahead";
  return run.state === "failed" ? "failed" : run.state === "cancelled" ? "ahead" : "now";
}

const SIGNS = { done: "✓", now: "●", failed: "✕", ahead: "○" };
const WORDS = { done: "done", now: "under way", failed: "failed here", ahead: "not yet" };

/** Where a run is. */
export function Steps({ run }: { run: RunView }) {
  return (
    <ol className="steps" aria-label="Steps">
      {STEPS.map(({ name, does }, index) => {
        const state = mark(run, index);
        return (
          <li key={name} className={state} aria-current={state === "now" ? "step" : undefined}>
            <span className="sign" aria-hidden="true">
              {SIGNS[state]}
            </span>
            <strong>{name}</strong>
            <small>{does}</small>
            <span className="unseen">, {WORDS[state]}</span>
          </li>
        );
      })}
    </ol>
  );
}
