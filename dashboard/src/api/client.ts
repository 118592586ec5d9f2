import createClient from "openapi-fetch";
import { apiKey, signOut } from "../session";
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

async function readConfig(): Promise<{ api_url: string }> {
  const answer = await fetch("./config.json");
  return answer.ok ? answer.json() : { api_url: "" };
}

/** Where the API is: said by config.json beside index.html, by default the page's own origin. */
export const apiUrl = (await readConfig()).api_url || window.location.origin;

export const api = createClient<paths>({
  baseUrl: apiUrl,
  querySerializer: { array: { style: "form", explode: true }, object: { style: "form", explode: true } },
});

api.use({
  onRequest({ request }) {
    const key = apiKey();
    if (key && !request.headers.has("X-Api-Key")) request.headers.set("X-Api-Key", key);
  },
  async onResponse({ response, request }) {
    if (response.ok || response.status === 304) return;
    if (response.status === 401 && request.headers.get("X-Api-Key") === apiKey()) signOut();
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
