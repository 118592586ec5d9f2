import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ProblemNote } from "./problem-note";

type Props<T> = { of: UseQueryResult<T>; children: (data: T) => ReactNode };

/** What a request brought: its waiting, its refusal, or its data. */
export function Loaded<T>({ of, children }: Props<T>) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <ProblemNote error={of.error} onRetry={() => of.refetch()} />;
  return (
    <p className="loading" role="status">
      Loading…
    </p>
  );
}
