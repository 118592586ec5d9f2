// What of a job the form shows. The types hold it to the API: a field that openapi.json adds fails the build until it is here.
import type { Check, Layout, OutputColumn, Trigger } from "../../api/types";
import type { FieldSpec, Kind } from "./texts";

type Fields<T, Without extends string = never> = { [Name in Exclude<keyof T & string, Without>]-?: FieldSpec };
type KindsOf<T extends { type: string }, Without extends string = never> = {
  [Type in T["type"]]: Kind & { specs: Fields<Extract<T, { type: Type }>, "type" | Without> };
};

const columns: FieldSpec = { label: "Columns", hint: "With commas", is: "names", isRequired: true };
const column: FieldSpec = { label: "Column", isRequired: true };

export const COLUMN: Fields<OutputColumn> = {
  name: { label: "Name", isRequired: true },
  from: { label: "From column" },
  expression: { label: "or expression" },
  type: { label: "Type" },
  on_error: {
    label: "If not of the type",
    choices: { fail: "fails the run", null: "becomes null", reject: "rejects its row" },
  },
  default: { label: "In place of null", is: "value" },
};

export const LAYOUT: Fields<Layout, "format"> = {
  table_format: { label: "Table format", choices: { hive: "Hive", iceberg: "Iceberg" } },
  compression: {
    label: "Compression of Parquet",
    choices: { snappy: "Snappy", zstd: "Zstandard", gzip: "gzip", none: "none" },
  },
  partition_by: { label: "Partition by", hint: "Columns, with commas", is: "names" },
  sort_by: { label: "Sort files by", hint: "Such as day, amount desc", is: "names" },
  bucket_by: { label: "Bucket by", hint: "Columns, with commas", is: "names" },
  bucket_count: { label: "Buckets", hint: "1 to 100", is: "number", min: 1 },
};

export const TRIGGERS: KindsOf<Trigger, "job"> = {
  arrival: {
    title: "When data arrives",
    specs: {
      quiet_seconds: { label: "After quiet for (seconds)", hint: "0: at once", is: "number", initial: "0", min: 0 },
      max_wait_seconds: {
        label: "Wait at most (seconds)",
        hint: "Else ten times as long as the quiet",
        is: "number",
        min: 1,
      },
    },
  },
  schedule: {
    title: "On a schedule",
    specs: {
      expression: { label: "Schedule", hint: "Such as cron(0 6 * * ? *) or rate(1 day)", isRequired: true },
      timezone: { label: "Time zone", hint: "Such as Europe/Berlin", initial: "UTC" },
    },
  },
  run: {
    title: "After other jobs",
    specs: {
      jobs: { label: "Jobs", is: "jobs" },
      require: { label: "After", choices: { any: "any of them", all: "all of them" } },
      on: {
        label: "whose run",
        choices: { succeeded: "succeeded", failed: "failed", finished: "ended, however" },
      },
    },
  },
  manual: { title: "By hand", specs: {}, isImplied: true },
};

const common: Fields<Check, "type"> = {
  severity: {
    label: "If it does not hold",
    choices: { fail: "the run fails", warn: "a warning" },
  },
  name: { label: "Called", hint: "In a run's results" },
};

export const CHECKS: KindsOf<Check> = {
  row_count: {
    title: "Row count",
    specs: {
      min: { label: "At least", is: "number", min: 0 },
      max: { label: "At most", is: "number", min: 0 },
      min_ratio: { label: "At least, times the rows now", hint: "Such as 0.9", is: "number", min: 0 },
      max_ratio: { label: "At most, times the rows now", hint: "Such as 1.5", is: "number", min: 0 },
      ...common,
    },
  },
  unique: { title: "Unique together", specs: { columns, ...common } },
  not_null: { title: "Never null", specs: { columns, ...common } },
  accepted_values: {
    title: "Accepted values",
    specs: {
      column,
      values: { label: "Values", hint: 'With commas; "5" is text', is: "values", isRequired: true },
      ...common,
    },
  },
  range: {
    title: "Range",
    specs: {
      column,
      min: { label: "From", hint: "Dates as 2026-01-31", is: "value" },
      max: { label: "To", is: "value" },
      ...common,
    },
  },
  freshness: {
    title: "Freshness",
    specs: {
      column: { ...column, hint: "A date or a timestamp" },
      max_age: { label: "Newest value at most so old", hint: "Such as PT36H or P2D", isRequired: true },
      ...common,
    },
  },
  sql: {
    title: "SQL",
    specs: {
      expression: { label: "False for no row", hint: "Such as amount >= 0", isRequired: true },
      ...common,
    },
  },
};
