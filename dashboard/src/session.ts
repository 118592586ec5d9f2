import { useSyncExternalStore } from "react";

// sessionStorage: gone with the tab, never sent by the browser on its own.
const SLOT = "headgate-api-key";
const listeners = new Set<() => void>();

export const apiKey = () => sessionStorage.getItem(SLOT);

function changed() {
  for (const listener of listeners) listener();
}

export function signIn(key: string) {
  sessionStorage.setItem(SLOT, key);
  changed();
}

export function signOut() {
  sessionStorage.removeItem(SLOT);
  changed();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const useApiKey = () => useSyncExternalStore(subscribe, apiKey);
