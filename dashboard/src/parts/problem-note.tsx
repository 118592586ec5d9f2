import { Refusal } from "../api/client";

type Props = { error: Error | null; onRetry?: () => void };

/** What went wrong and what to do about it, as the API says it; with the request's id to quote. */
export function ProblemNote({ error, onRetry }: Props) {
  if (!error) return null;
  if (!(error instanceof Refusal)) {
    return (
      <div className="note bad" role="alert">
        <strong>Something went wrong here</strong> <span>{error.message}</span>
      </div>
    );
  }
  const { title, detail, code, errors = [], instance } = error.problem;
  return (
    <div className="note bad" role="alert">
      <strong>{title}</strong> <code>{code}</code>
      <p>{detail}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map((field) => (
            <li key={field.pointer + field.code}>
              <code>{field.pointer}</code> {field.detail}
            </li>
          ))}
        </ul>
      )}
      <div className="note-foot">
        {onRetry && (
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        )}
        {instance && <small>{instance.replace("urn:request:", "request ")}</small>}
      </div>
    </div>
  );
}
