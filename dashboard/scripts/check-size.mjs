// Fails the build when what a browser loads before the first page is more than the budget, or Highcharts is part of it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET = 250_000; // bytes, gzip
const LAZY = ["highcharts", "codemirror"];
const dist = new URL("../dist/", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

/** A chunk and all that it imports before it can run. */
function closure(name, seen = new Set()) {
  if (!seen.has(name)) {
    seen.add(name);
    for (const imported of manifest[name].imports ?? []) closure(imported, seen);
  }
  return seen;
}

const size = (file) => gzipSync(readFileSync(join(dist, file)), { level: 6 }).length;
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

const initial = [...closure("index.html")].map((name) => manifest[name]);
const total = initial.reduce((sum, chunk) => sum + size(chunk.file), 0);
const heavy = initial.filter((chunk) => LAZY.some((word) => `${chunk.name} ${chunk.src}`.includes(word)));

console.log(`Initial JavaScript: ${kilobytes(total)} gzip, of at most ${kilobytes(BUDGET)}`);
if (total > BUDGET || heavy.length > 0) {
  for (const chunk of initial) console.error(`  ${chunk.file} ${kilobytes(size(chunk.file))}`);
  console.error(heavy.length > 0 ? `Loaded too early: ${heavy.map((chunk) => chunk.file)}` : "Over the budget.");
  process.exit(1);
}
