import { useMutation } from "@tanstack/react-query";
import { api } from "../../api/client";

const NEXT = /[?&]page_token=([^>&]+)[^>]*>; rel="next"/;

/** All pages of a query's CSV as one file: only the first page has a header, so that they can be put together. */
async function csvOf(query_id: string): Promise<Blob> {
  const pages: Blob[] = [];
  let page_token: string | undefined;
  do {
    const query = { format: "csv", neutralise: true, page_token } as const;
    const params = { path: { query_id }, query };
    const { data, response } = await api.GET("/v1/queries/{query_id}/results", { params, parseAs: "blob" });
    if (data) pages.push(data);
    const next = NEXT.exec(response.headers.get("Link") ?? "")?.[1];
    page_token = next && decodeURIComponent(next);
  } while (page_token);
  return new Blob(pages, { type: "text/csv" });
}

/** A link could send no key, so the file is fetched and then handed to the browser. */
export function useDownload(query_id: string) {
  return useMutation({
    mutationFn: async () => {
      const address = URL.createObjectURL(await csvOf(query_id));
      const link = Object.assign(document.createElement("a"), { href: address, download: `${query_id}.csv` });
      link.click();
      URL.revokeObjectURL(address);
    },
  });
}
