import type { Check, DatasetView, JobDefinition, Layout, OutputColumn, Transform, Trigger } from "../../api/types";
import { CHECKS, COLUMN, LAYOUT, TRIGGERS } from "./kinds";
import { type Item, itemOf, itemsOf, joined, listed, type Texts, textsOf, wireOf, wiresOf } from "./texts";

export type Kind = "all" | "columns" | "sql";

/** A job as its form holds it. What the form does not show (`transform.unnest`) is kept in `origin`. */
export type JobDraft = {
  name: string;
  description: string;
  sources: string[];
  namespace: string;
  table: string;
  tier: "curated" | "business";
  kind: Kind;
  sql: string;
  columns: Item[];
  where: string;
  keys: string;
  order: string;
  mode: "full" | "incremental" | "merge";
  deleted: string;
  layout: Texts;
  limit: string;
  triggers: Item[];
  checks: Item[];
  origin: Partial<Pick<JobDefinition, "transform" | "layout">>;
};

export const newJob = (source?: string): JobDefinition => ({
  name: "",
  sources: source ? [source] : [],
  target: { namespace: source?.split(".")[0] ?? "", name: "" },
  triggers: [{ type: "arrival" }],
});

export const columnItem = (column?: OutputColumn) => itemOf("column", COLUMN, column);

/** At first, the columns of a source with the types that were found in it. */
export const columnsOf = (dataset: DatasetView) =>
  (dataset.schema?.columns ?? []).map(({ name, type }) => columnItem({ name, from: name, type }));

/** What only JSON can say, by its place in the definition. */
export const jsonOnly = ({ origin, kind }: JobDraft): [string, unknown][] =>
  origin.transform?.unnest && kind !== "sql" ? [["transform.unnest", origin.transform.unnest]] : [];

/** Short for a list with one name. */
function spelledOut(trigger: Trigger): Trigger {
  if (trigger.type !== "run" || !trigger.job) return trigger;
  const { job, ...others } = trigger;
  return { ...others, jobs: [job] };
}

export function draftOf(job: JobDefinition): JobDraft {
  const { transform = {}, merge, mode = "full" } = job;
  const order = mode === "merge" ? merge : transform.deduplicate;
  return {
    name: job.name,
    description: job.description ?? "",
    sources: job.sources,
    namespace: job.target.namespace,
    table: job.target.name,
    tier: job.target.tier ?? "curated",
    kind: transform.sql ? "sql" : transform.columns ? "columns" : "all",
    sql: transform.sql ?? "",
    columns: (transform.columns ?? []).map(columnItem),
    where: transform.where ?? "",
    keys: joined(order?.keys),
    order: joined(order?.order_by),
    mode,
    deleted: merge?.deleted ?? "",
    layout: textsOf(LAYOUT, job.layout),
    limit: String(job.max_bytes_scanned ?? ""),
    triggers: itemsOf(TRIGGERS, job.triggers?.map(spelledOut)),
    checks: itemsOf(CHECKS, job.checks),
    origin: { transform, layout: job.layout },
  };
}

function columnOf({ texts, origin }: Item): OutputColumn {
  const { from, ...column } = wireOf(COLUMN, texts);
  return { ...origin, ...column, from: column.expression ? undefined : from } as OutputColumn;
}

function transformOf(draft: JobDraft): Transform {
  if (draft.kind === "sql") return { sql: draft.sql };
  const keys = draft.mode === "merge" ? [] : listed(draft.keys);
  return {
    ...draft.origin.transform,
    sql: undefined,
    columns: draft.kind === "columns" ? draft.columns.map(columnOf) : undefined,
    where: draft.where.trim() || undefined,
    deduplicate: keys.length > 0 ? { keys, order_by: listed(draft.order) } : undefined,
  };
}

export function definitionOf(draft: JobDraft): JobDefinition {
  const isMerge = draft.mode === "merge";
  return {
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    sources: draft.sources,
    target: { namespace: draft.namespace.trim(), name: draft.table.trim(), tier: draft.tier },
    transform: transformOf(draft),
    mode: draft.mode,
    merge: isMerge
      ? { keys: listed(draft.keys), order_by: listed(draft.order), deleted: draft.deleted.trim() || null }
      : null,
    layout: { ...draft.origin.layout, ...wireOf(LAYOUT, draft.layout) } as Layout,
    triggers: wiresOf(TRIGGERS, draft.triggers) as Trigger[],
    checks: wiresOf(CHECKS, draft.checks) as Check[],
    max_bytes_scanned: draft.limit ? Number(draft.limit) : null,
  };
}
