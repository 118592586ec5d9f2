import createClient from "openapi-fetch";
import { apiUrl, tokenApiUrl } from "../config";
import { accessToken } from "../oauth";
import { session, setSession } from "../session";
import type { paths } from "./schema";
import type { Problem } from "./types";

/** What the API refused, in its own words. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

const UNREADABLE: Omit<Problem, "status" | "detail"> = {
  type: "about:blank",
  title: "The answer cannot be read",
  instance: "",
  code: "unreadable",
  retryable: true,
};

async function refusal(response: Response): Promise<Refusal> {
  const problem = await response.json().catch(() => null);
  const { status } = response;
  return new Refusal(problem ?? { ...UNREADABLE, status, detail: `The API answered ${status} ${response.statusText}` });
}

/** Who asks goes into the request's head; tokens may have an API of their own. */
async function signed(request: Request): Promise<Request> {
  const now = session();
  if (!now || request.headers.has("X-Api-Key")) return request;
  const { method, headers, signal } = request;
  if ("apiKey" in now) {
    headers.set("X-Api-Key", now.apiKey);
    return request;
  }
  headers.set("Authorization", `Bearer ${await accessToken(now.tokens)}`);
  if (tokenApiUrl === apiUrl) return request;
  const body = method === "GET" ? undefined : await request.arrayBuffer();
  return new Request(request.url.replace(apiUrl, tokenApiUrl), { method, headers, signal, body });
}

/** Not a key that is only being tried. */
function isOfSession({ headers }: Request): boolean {
  const now = session();
  if (!now) return false;
  const tried =
    "apiKey" in now
      ? [headers.get("X-Api-Key"), now.apiKey]
      : [headers.get("Authorization"), `Bearer ${now.tokens.access}`];
  return tried[0] === tried[1];
}

export const api = createClient<paths>({
  baseUrl: apiUrl,
  querySerializer: { array: { style: "form", explode: true }, object: { style: "form", explode: true } },
});

api.use({
  onRequest: ({ request }) => signed(request),
  async onResponse({ response, request }) {
    if (response.ok || response.status === 304) return;
    if (response.status === 401 && isOfSession(request)) setSession(null);
    throw await refusal(response);
  },
  onError({ error }) {
    if (error instanceof Refusal || (error instanceof DOMException && error.name === "AbortError")) return;
    const detail = `No answer from ${apiUrl}. Is the API running, and does it allow this page's origin?`;
    return new Refusal({ ...UNREADABLE, title: "The API does not answer", code: "unreachable", status: 0, detail });
  },
});

/** The body of an answer; what was refused has been thrown by then. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

type Page<T> = { items: T[]; next_page_token?: string | null };

/** Every item of a list, page after page. */
export async function all<T>(page: (token?: string) => Promise<{ data?: Page<T> }>): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  do {
    const { items: more, next_page_token } = await body(page(token));
    items.push(...more);
    token = next_page_token ?? undefined;
  } while (token);
  return items;
}

export const wait = (seconds: number) => ({ prefer: `wait=${seconds}` });
