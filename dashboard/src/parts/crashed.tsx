import { useRouteError } from "react-router";
import { ProblemNote } from "./problem-note";

/** A page that could not be drawn: a fault of ours, said plainly. */
export function Crashed() {
  const error = useRouteError();
  return (
    <main className="alone">
      <h1>This page could not be shown</h1>
      <ProblemNote error={error instanceof Error ? error : new Error(String(error))} />
      <button type="button" onClick={() => window.location.reload()}>
        Load it again
      </button>
    </main>
  );
}
