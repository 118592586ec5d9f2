import type { QueryView } from "../api/types";

/** Why a query that ran has no rows, and what to do. */
export function QueryFailure({ query }: { query: QueryView }) {
  if (query.state === "cancelled")
    return <div className="note warn">Cancelled. What was scanned until then is charged.</div>;
  if (!query.error) return null;
  const { code, title, detail, remedy, athena_execution_id } = query.error;
  return (
    <div className="note bad" role="alert">
      <strong>{title}</strong> <code>{code}</code>
      <p>{detail}</p>
      <p>{remedy}</p>
      {athena_execution_id && <small>Athena execution {athena_execution_id}</small>}
    </div>
  );
}
