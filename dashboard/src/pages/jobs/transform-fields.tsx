import { Field } from "../../parts/field";
import { SqlEditor } from "../../sql/sql-editor";
import { ColumnFields } from "./column-fields";
import type { JobDraft, Kind } from "./draft";
import type { PartProps } from "./job-form";
import { TextField } from "./text-field";

const KINDS: Record<Kind, string> = { all: "All columns as they are", columns: "Columns of my choice", sql: "SQL" };

/** What becomes of the rows. */
export function TransformFields({ draft, change }: PartProps) {
  const isMerge = draft.mode === "merge";
  return (
    <section className="panel" aria-label="What becomes of the rows">
      <h2>What becomes of the rows</h2>
      <fieldset className="row">
        <legend className="unseen">Columns</legend>
        {Object.entries(KINDS).map(([kind, label]) => (
          <label key={kind} className="check">
            <input
              type="radio"
              name="kind"
              checked={draft.kind === kind}
              onChange={() => change({ kind: kind as Kind })}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {draft.kind === "sql" && (
        <SqlEditor label="SQL of the job" value={draft.sql} onChange={(sql) => change({ sql })} />
      )}
      {draft.kind === "columns" && <ColumnFields draft={draft} change={change} />}
      <div className="columns">
        <Field label="Each run" hint="Incremental and merge need one raw source">
          {(ids) => (
            <select
              {...ids}
              value={draft.mode}
              onChange={(event) => change({ mode: event.target.value as JobDraft["mode"] })}
            >
              <option value="full">makes everything anew</option>
              <option value="incremental">adds the new files</option>
              <option value="merge">merges the new files by key</option>
            </select>
          )}
        </Field>
        {draft.kind !== "sql" && (
          <>
            <TextField
              label="Where"
              hint="Such as amount > 0"
              value={draft.where}
              onText={(where) => change({ where })}
            />
            <TextField
              label={isMerge ? "Merge keys" : "One row per"}
              hint={isMerge ? "By default the source's primary key" : "Deduplicates by these columns"}
              value={draft.keys}
              onText={(keys) => change({ keys })}
            />
            <TextField
              label="The first by"
              hint="Such as updated_at desc"
              value={draft.order}
              onText={(order) => change({ order })}
            />
          </>
        )}
        {isMerge && (
          <TextField
            label="A row deletes when"
            hint="Such as op = 'D'"
            value={draft.deleted}
            onText={(deleted) => change({ deleted })}
          />
        )}
      </div>
    </section>
  );
}
