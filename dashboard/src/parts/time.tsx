import { ago, dateTime } from "./format";

/** When something was, as one says it; the exact moment on hover. */
export function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at)}
    </time>
  );
}
