import { useSyncExternalStore } from "react";

/** Of a person who signed in. Times are those of this machine's clock, in milliseconds. */
export type Tokens = { access: string; refresh?: string; goodUntil: number };
export type Session = { apiKey: string } | { tokens: Tokens };

// sessionStorage: gone with the tab, never sent by the browser on its own.
const SLOT = "headgate-session";
const listeners = new Set<() => void>();
let current: Session | null = JSON.parse(sessionStorage.getItem(SLOT) ?? "null");

export const session = () => current;

export function setSession(next: Session | null) {
  current = next;
  if (next) sessionStorage.setItem(SLOT, JSON.stringify(next));
  else sessionStorage.removeItem(SLOT);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const useSession = () => useSyncExternalStore(subscribe, session);
