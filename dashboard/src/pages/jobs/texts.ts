/** How a form holds what the API takes: each value as the text of its field, each field described by a spec. */
export type FieldSpec = {
  label: string;
  hint?: string;
  /** What the text stands for; `names` and `values` are lists with commas, `job` is such a list that is chosen from. */
  is?: "text" | "number" | "names" | "values" | "value" | "jobs";
  /** Value -> what it says; the first is the default. */
  choices?: Record<string, string>;
  initial?: string;
  isRequired?: boolean;
  min?: number;
};
export type Specs = Record<string, FieldSpec>;
export type Texts = Record<string, string>;

const PARTS = /\s*"(?:[^"\\]|\\.)*"|[^,]+/g;
const TEXTUAL = /^(var)?char|^string|^date|^timestamp|^decimal/i;
const FLOATING = /^(double|float|real)/i;

export const listed = (text: string) => (text.match(PARTS) ?? []).map((part) => part.trim()).filter(Boolean);
export const joined = (names?: readonly string[] | null) => (names ?? []).join(", ");

/** Whether values of a type are texts in JSON. */
export const isTextual = (type: string) => TEXTUAL.test(type.trim());

/** `5`, `true` and `"5"` are what JSON says; all else is text, also a number that would lose a digit (`1.50`). */
export function scalarOf(text: string, type = ""): string | number | boolean {
  if (FLOATING.test(type) && text.trim() && Number.isFinite(Number(text))) return Number(text);
  try {
    const value = JSON.parse(text);
    if (typeof value === "string") return value;
    if (!isTextual(type) && typeof value !== "object" && String(value) === text) return value;
  } catch {
    // no JSON: plain text
  }
  return text;
}

/** The text that `scalarOf` reads as this value. */
export function scalarText(value: unknown, type = ""): string {
  if (typeof value !== "string") return value == null ? "" : String(value);
  const isPlain = value !== "" && !/,|^\s|\s$/.test(value) && scalarOf(value, type) === value;
  return isPlain ? value : JSON.stringify(value);
}

function textOf(spec: FieldSpec, value: unknown, type?: string): string {
  if (value == null) return spec.initial ?? Object.keys(spec.choices ?? {})[0] ?? "";
  if (spec.is === "value") return scalarText(value, type);
  if (Array.isArray(value))
    return value.map((one) => (spec.is === "values" ? scalarText(one) : String(one))).join(", ");
  return String(value);
}

function wire(spec: FieldSpec, text: string, type?: string): unknown {
  if (text.trim() === "") return undefined;
  if (spec.is === "number") return Number(text);
  if (spec.is === "value") return scalarOf(text.trim(), type);
  if (spec.is === "values") return listed(text).map((part) => scalarOf(part));
  return spec.is === "names" || spec.is === "jobs" ? listed(text) : text.trim();
}

/** A value of a column is read by the column's type, where the specs have one. */
const typeIn = (specs: Specs, given: Record<string, unknown>) => (specs.type ? String(given.type ?? "") : undefined);

export function textsOf(specs: Specs, given: object = {}): Texts {
  const values = given as Record<string, unknown>;
  const type = typeIn(specs, values);
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, textOf(spec, values[name], type)]));
}

/** What the texts say; an empty one says nothing, and JSON leaves it out. */
export function wireOf(specs: Specs, texts: Texts): Record<string, unknown> {
  const type = typeIn(specs, texts);
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, wire(spec, texts[name] ?? "", type)]));
}

/** One of several things that differ by their `type`. What no spec describes stays in `origin`, and is sent back. */
export type Kind = { title: string; specs: Specs; isImplied?: boolean };
export type Kinds = Record<string, Kind>;
export type Item = { key: number; type: string; texts: Texts; origin: object };

let keys = 0;

export function itemOf(type: string, specs: Specs, origin: object = {}): Item {
  keys += 1;
  return { key: keys, type, texts: textsOf(specs, origin), origin };
}

/** Items as a definition has them. */
export const itemsOf = (kinds: Kinds, given: readonly { type: string }[] = []) =>
  given.map((one) => itemOf(one.type, kinds[one.type]?.specs ?? {}, one));

/** Items as the API takes them, typed where they enter a definition. */
export const wiresOf = (kinds: Kinds, items: readonly Item[]) =>
  items.map(({ type, texts, origin }) => ({ ...origin, type, ...wireOf(kinds[type]?.specs ?? {}, texts) }));
