import { Link, useSearchParams } from "react-router";

type Tab = { id: string; label: string; count?: number };

/** Tabs that are links: each has an address, and the keyboard's ways are the browser's own. */
export function Tabs({ tabs, label }: { tabs: readonly Tab[]; label: string }) {
  const current = useTab(tabs);
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ id, label: text, count }) => (
        <Link key={id} to={`?tab=${id}`} replace aria-current={id === current ? "page" : undefined}>
          {text}
          {count !== undefined && <span className="count">{count}</span>}
        </Link>
      ))}
    </nav>
  );
}

export function useTab(tabs: readonly Tab[]): string {
  const asked = useSearchParams()[0].get("tab");
  return tabs.find(({ id }) => id === asked)?.id ?? tabs[0]?.id ?? "";
}
