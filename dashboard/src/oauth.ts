// Authorization code with PKCE (RFC 7636) against Cognito's hosted pages. The page is a public client: it has no secret.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
import { signInAt } from "./config";
import { session, setSession, type Tokens } from "./session";

const SLOT = "headgate-sign-in";
const EARLY_MS = 30_000; // a token is renewed before it ends, so that no request meets its end

class SignInRefused extends Error {}

type Started = { state: string; verifier: string; next: string };

const here = () => window.location.origin + window.location.pathname;

const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Leaves for the page where one signs in; `next` is the route to come back to. */
export async function beginSignIn(next: string) {
  if (!signInAt) return;
  const started: Started = { state: random(), verifier: random(), next };
  sessionStorage.setItem(SLOT, JSON.stringify(started));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(started.verifier));
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: signInAt.client_id,
    redirect_uri: here(),
    scope: "openid", // what a person may do, their groups say
    state: started.state,
    code_challenge_method: "S256",
    code_challenge: base64url(new Uint8Array(digest)),
  });
  window.location.assign(`${signInAt.domain}/oauth2/authorize?${asked}`);
}

let refused: string | null = null;

/** Why the sign-in that led to this page came to nothing. */
export const whyRefused = () => refused;

/** Takes up what the sign-in sent back in the page's address, before there is a page. */
export async function finishSignIn() {
  const answer = new URLSearchParams(window.location.search);
  if (!signInAt || !(answer.has("code") || answer.has("error"))) return;
  const started: Started | null = JSON.parse(sessionStorage.getItem(SLOT) ?? "null");
  sessionStorage.removeItem(SLOT);
  const next = started?.next ?? "/";
  try {
    if (answer.get("state") !== started?.state) throw new Error("This sign-in was not begun in this tab; begin again.");
    const code = answer.get("code");
    if (!code) throw new Error(answer.get("error_description") || String(answer.get("error")));
    const grant = { grant_type: "authorization_code", code, code_verifier: started.verifier, redirect_uri: here() };
    setSession({ tokens: await tokens(grant) });
    goTo(next);
  } catch (error) {
    refused = (error as Error).message; // not in the address, where anyone could write it
    goTo(`/sign-in?${new URLSearchParams({ next })}`);
  }
}

/** Neither the code nor what was refused stays in the address or the history. */
const goTo = (route: string) => window.history.replaceState(null, "", `${here()}#${route}`);

async function tokens(grant: Record<string, string>): Promise<Tokens> {
  const answer = await post("token", grant);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new SignInRefused(`The sign-in was refused: ${body.error ?? answer.status}`);
  const goodUntil = Date.now() + body.expires_in * 1000;
  return { access: body.access_token, refresh: body.refresh_token ?? grant.refresh_token, goodUntil };
}

function post(endpoint: string, form: Record<string, string>) {
  const body = new URLSearchParams({ client_id: signInAt?.client_id ?? "", ...form });
  return fetch(`${signInAt?.domain}/oauth2/${endpoint}`, { method: "POST", body, credentials: "omit" });
}

let renewal: Promise<Tokens> | null = null;

/** A token that is good for the next request; requests at the same time share its renewal. */
export async function accessToken(held: Tokens): Promise<string> {
  if (Date.now() < held.goodUntil - EARLY_MS || !held.refresh) return held.access;
  renewal ??= renewed(held.refresh).finally(() => {
    renewal = null;
  });
  return (await renewal).access;
}

async function renewed(refresh_token: string): Promise<Tokens> {
  try {
    const fresh = await tokens({ grant_type: "refresh_token", refresh_token });
    if (session()) setSession({ tokens: fresh }); // or one has signed out meanwhile
    return fresh;
  } catch (error) {
    if (error instanceof SignInRefused) setSession(null);
    throw error;
  }
}

/** Forgets key or tokens here, and the sign-in where it was made. */
export async function signOut() {
  const left = session();
  setSession(null);
  if (!left || !("tokens" in left) || !signInAt) return;
  if (left.tokens.refresh) await post("revoke", { token: left.tokens.refresh }).catch(() => {});
  const asked = new URLSearchParams({ client_id: signInAt.client_id, logout_uri: here() });
  window.location.assign(`${signInAt.domain}/logout?${asked}`);
}
