import type { ReactNode } from "react";

/** A place with nothing in it yet: what would be here, and how to bring it. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
