const NUMBER = new Intl.NumberFormat("en");
const DOLLARS = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const SMALL_DOLLARS = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumSignificantDigits: 2 });
const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
const SPANS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export const count = (value: number) => NUMBER.format(value);

export const counted = (value: number, noun: string, plural = `${noun}s`) =>
  `${count(value)} ${value === 1 ? noun : plural}`;

/** Decimal units, as Athena bills. */
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1);
  const scaled = value / 1000 ** power;
  return `${scaled >= 100 || power === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${UNITS[power]}`;
}

/** Dollars with the digits that matter: a small query costs a fraction of a cent. */
export function dollars(value: string | number): string {
  const amount = Number(value);
  if (amount === 0) return "$0";
  return (amount >= 1 ? DOLLARS : SMALL_DOLLARS).format(amount);
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export const dateTime = (at: string) => WHEN.format(new Date(at));

export function ago(at: string): string {
  const seconds = (Date.now() - new Date(at).getTime()) / 1000;
  for (const [unit, length] of SPANS) {
    if (Math.abs(seconds) >= length) return AGO.format(-Math.round(seconds / length), unit);
  }
  return "just now";
}
