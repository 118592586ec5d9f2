import type { ReactNode } from "react";

type Props = {
  label: string;
  columns: readonly (string | { name: string; isNumber: true })[];
  /** On a phone each row is a card; its cells say their column in `data-column`. */
  hasCards?: boolean;
  children: ReactNode;
};

/** A table that scrolls within itself, by keyboard too, so that the page never does sideways. */
export function Table({ label, columns, hasCards = false, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard (WCAG 2.1.1)
    <section className={`table-scroll ${hasCards ? "cards" : ""}`} aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => {
              const [name, className] = typeof column === "string" ? [column, undefined] : [column.name, "number"];
              return (
                <th key={name} scope="col" className={className}>
                  {name}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
