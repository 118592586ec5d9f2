import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";

type Page<T> = { items: T[]; next_page_token?: string | null };
export type Pages<T> = UseInfiniteQueryResult<InfiniteData<Page<T>>>;

export const itemsOf = <T,>(pages: InfiniteData<Page<T>>): T[] => pages.pages.flatMap((page) => page.items);

/** The token of the page after `last`, as useInfiniteQuery asks for it. */
export const nextPage = (last: { next_page_token?: string | null }) => last.next_page_token ?? undefined;

/** Fetches the next page of a list, where there is one. */
export function More<T>({ of }: { of: Pages<T> }) {
  if (!of.hasNextPage) return null;
  return (
    <button type="button" onClick={() => of.fetchNextPage()} disabled={of.isFetchingNextPage}>
      {of.isFetchingNextPage ? "Loading…" : "Show more"}
    </button>
  );
}
