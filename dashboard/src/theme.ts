// Every colour is a light-dark() pair (styles/base.css), so a theme is one property of the document.
const SLOT = "headgate-theme";
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const SCHEMES: Record<Theme, string> = { system: "light dark", light: "light", dark: "dark" };

export function theme(): Theme {
  const kept = localStorage.getItem(SLOT);
  return THEMES.find((known) => known === kept) ?? "system";
}

export function applyTheme(chosen: Theme = theme()) {
  localStorage.setItem(SLOT, chosen);
  document.documentElement.style.colorScheme = SCHEMES[chosen];
}
