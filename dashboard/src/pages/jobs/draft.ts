import type { DatasetView, JobDefinition, JobView } from "../../api/types";

type Column = NonNullable<NonNullable<JobDefinition["transform"]>["columns"]>[number];
export type ColumnDraft = { key: number; name: string; from: string; expression: string; type: string; rest?: Column };
export type Kind = "all" | "columns" | "sql";

/** A job as its form holds it: texts, lists as text with commas. What the form does not show is kept in `rest`. */
export type JobDraft = {
  name: string;
  description: string;
  sources: string[];
  namespace: string;
  table: string;
  tier: "curated" | "business";
  kind: Kind;
  sql: string;
  columns: ColumnDraft[];
  where: string;
  keys: string;
  order: string;
  mode: "full" | "incremental" | "merge";
  deleted: string;
  partitions: string;
  onArrival: boolean;
  schedule: string;
  timezone: string;
  minRows: string;
  unique: string;
  notNull: string;
  rest: Partial<Pick<JobDefinition, "transform" | "triggers" | "checks" | "layout">>;
};

export const emptyDraft = (source?: string): JobDraft => ({
  name: "",
  description: "",
  sources: source ? [source] : [],
  namespace: source?.split(".")[0] ?? "",
  table: "",
  tier: "curated",
  kind: "all",
  sql: "",
  columns: [],
  where: "",
  keys: "",
  order: "",
  mode: "full",
  deleted: "",
  partitions: "",
  onArrival: true,
  schedule: "",
  timezone: "UTC",
  minRows: "",
  unique: "",
  notNull: "",
  rest: {},
});

const listed = (text: string) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
const joined = (names?: readonly string[] | null) => (names ?? []).join(", ");

let keys = 0;
export function columnDraft(column: Partial<Omit<ColumnDraft, "key">> = {}): ColumnDraft {
  keys += 1;
  return { name: "", from: "", expression: "", type: "", ...column, key: keys };
}

export const columnsOf = (dataset: DatasetView): ColumnDraft[] =>
  (dataset.schema?.columns ?? []).map(({ name, type }) => columnDraft({ name, from: name, type }));

export function draftOf(job: JobView): JobDraft {
  const { transform, merge, triggers, checks } = job;
  const schedule = triggers.find(({ type }) => type === "schedule") as
    | { expression: string; timezone?: string }
    | undefined;
  const unique = checks.find(({ type }) => type === "unique") as { columns: string[] } | undefined;
  const notNull = checks.find(({ type }) => type === "not_null") as { columns: string[] } | undefined;
  const rowCount = checks.find(({ type }) => type === "row_count") as { min?: number | null } | undefined;
  return {
    name: job.name,
    description: job.description ?? "",
    sources: job.sources,
    namespace: job.target.namespace,
    table: job.target.name,
    tier: job.target.tier ?? "curated",
    kind: transform.sql ? "sql" : transform.columns ? "columns" : "all",
    sql: transform.sql ?? "",
    columns: (transform.columns ?? []).map((rest) => {
      const { name, from, expression, type } = rest;
      return columnDraft({ name, from: from ?? "", expression: expression ?? "", type: type ?? "", rest });
    }),
    where: transform.where ?? "",
    keys: joined(job.mode === "merge" ? merge?.keys : transform.deduplicate?.keys),
    order: joined(job.mode === "merge" ? merge?.order_by : transform.deduplicate?.order_by),
    mode: job.mode as JobDraft["mode"],
    deleted: merge?.deleted ?? "",
    partitions: joined(job.layout.partition_by),
    onArrival: triggers.some(({ type }) => type === "arrival"),
    schedule: schedule?.expression ?? "",
    timezone: schedule?.timezone ?? "UTC",
    minRows: String(rowCount?.min ?? ""),
    unique: joined(unique?.columns),
    notNull: joined(notNull?.columns),
    rest: { transform, triggers, checks, layout: job.layout },
  };
}

function transformOf(draft: JobDraft): JobDefinition["transform"] {
  if (draft.kind === "sql") return { sql: draft.sql };
  const columns = draft.columns.map(({ name, from, expression, type, rest }) => {
    const { from: _from, expression: _expression, ...kept } = rest ?? {};
    return { ...kept, name, ...(expression ? { expression } : { from: from || null }), type: type || null };
  });
  const { sql: _sql, ...kept } = draft.rest.transform ?? {};
  const keys = draft.mode === "merge" ? [] : listed(draft.keys);
  return {
    ...kept,
    columns: draft.kind === "columns" ? columns : null,
    where: draft.where.trim() || null,
    deduplicate: keys.length > 0 ? { keys, order_by: listed(draft.order) } : null,
  };
}

function triggersOf({ onArrival, schedule, timezone, rest }: JobDraft): JobDefinition["triggers"] {
  const kept = rest.triggers ?? [];
  const shown = (wanted: "arrival" | "schedule") => kept.find(({ type }) => type === wanted);
  const [arrival, first] = [shown("arrival"), shown("schedule")];
  return [
    ...(onArrival ? [arrival ?? { type: "arrival" as const }] : []),
    ...(schedule.trim() ? [{ ...first, type: "schedule" as const, expression: schedule.trim(), timezone }] : []),
    ...kept.filter((trigger) => trigger !== arrival && trigger !== first),
  ];
}

function checksOf({ minRows, unique, notNull, rest }: JobDraft): JobDefinition["checks"] {
  const kept = rest.checks ?? [];
  const before = <T extends string>(wanted: T) => kept.find(({ type }) => type === wanted) ?? {};
  const shown = ["row_count", "unique", "not_null"];
  return [
    ...(minRows ? [{ ...before("row_count"), type: "row_count" as const, min: Number(minRows) }] : []),
    ...(unique.trim() ? [{ ...before("unique"), type: "unique" as const, columns: listed(unique) }] : []),
    ...(notNull.trim() ? [{ ...before("not_null"), type: "not_null" as const, columns: listed(notNull) }] : []),
    ...kept.filter(
      (check, at) => !shown.includes(check.type) || kept.findIndex(({ type }) => type === check.type) !== at,
    ),
  ];
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
    layout: { ...draft.rest.layout, partition_by: listed(draft.partitions) },
    triggers: triggersOf(draft),
    checks: checksOf(draft),
  };
}
