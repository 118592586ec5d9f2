import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { tables } from "../../api/datasets";
import type { JobDefinition } from "../../api/types";
import { Field } from "../../parts/field";
import { ProblemNote } from "../../parts/problem-note";
import { definitionOf, type JobDraft } from "./draft";
import { SourceList } from "./source-list";
import { TextField } from "./text-field";
import { TransformFields } from "./transform-fields";

type Props = {
  initial: JobDraft;
  isNew: boolean;
  isBusy: boolean;
  error: Error | null;
  onSubmit: (definition: JobDefinition) => void;
};

/** A job's definition, as a form. What it cannot say (docs/runs.md), the API can; it keeps what it does not show. */
export function JobForm({ initial, isNew, isBusy, error, onSubmit }: Props) {
  const [draft, setDraft] = useState(initial);
  const change = (part: Partial<JobDraft>) => setDraft((before) => ({ ...before, ...part }));
  const datasets = useQuery(tables);
  return (
    <form
      className="form job-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(definitionOf(draft));
      }}
    >
      <section className="panel" aria-label="From and to">
        <div className="columns">
          {isNew && (
            <TextField
              label="Name"
              hint="Such as orders-curate"
              required
              pattern="[a-z][a-z0-9_\-]*"
              value={draft.name}
              onText={(name) => change({ name })}
            />
          )}
          <TextField label="Description" value={draft.description} onText={(description) => change({ description })} />
        </div>
        <SourceList
          of={(datasets.data ?? []).map(({ id }) => id)}
          chosen={draft.sources}
          onChange={(sources) => change({ sources, namespace: draft.namespace || (sources[0]?.split(".")[0] ?? "") })}
        />
        {isNew && <TargetFields draft={draft} change={change} />}
      </section>
      <TransformFields draft={draft} change={change} />
      <WhenFields draft={draft} change={change} />
      <ProblemNote error={error} />
      <div className="row">
        <button type="submit" className="primary" disabled={isBusy || draft.sources.length === 0}>
          {isNew ? "Create the job" : "Save"}
        </button>
        <small>Nothing runs yet: its SQL and what it would cost come next.</small>
      </div>
    </form>
  );
}

export type PartProps = { draft: JobDraft; change: (part: Partial<JobDraft>) => void };

function TargetFields({ draft, change }: PartProps) {
  const name = { required: true, pattern: "[a-z][a-z0-9_]*" };
  return (
    <div className="columns">
      <TextField
        label="Into namespace"
        {...name}
        value={draft.namespace}
        onText={(namespace) => change({ namespace })}
      />
      <TextField
        label="Into dataset"
        hint="Made by the first run"
        {...name}
        value={draft.table}
        onText={(table) => change({ table })}
      />
      <Field label="Tier">
        {(ids) => (
          <select
            {...ids}
            value={draft.tier}
            onChange={(event) => change({ tier: event.target.value as JobDraft["tier"] })}
          >
            <option>curated</option>
            <option>business</option>
          </select>
        )}
      </Field>
    </div>
  );
}

function WhenFields({ draft, change }: PartProps) {
  return (
    <section className="panel" aria-label="When and how">
      <h2>When, and what has to hold</h2>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.onArrival}
          onChange={(event) => change({ onArrival: event.target.checked })}
        />
        Run when data arrives in a source
      </label>
      <div className="columns">
        <TextField
          label="Schedule"
          hint="Such as cron(0 6 * * ? *) or rate(1 day)"
          value={draft.schedule}
          onText={(schedule) => change({ schedule })}
        />
        <TextField label="Time zone" value={draft.timezone} onText={(timezone) => change({ timezone })} />
        <TextField
          label="Partition by"
          hint="Columns, with commas"
          value={draft.partitions}
          onText={(partitions) => change({ partitions })}
        />
      </div>
      <div className="columns">
        <TextField
          label="At least this many rows"
          type="number"
          min={0}
          value={draft.minRows}
          onText={(minRows) => change({ minRows })}
        />
        <TextField
          label="Unique together"
          hint="Columns, with commas"
          value={draft.unique}
          onText={(unique) => change({ unique })}
        />
        <TextField
          label="Never null"
          hint="Columns, with commas"
          value={draft.notNull}
          onText={(notNull) => change({ notNull })}
        />
      </div>
    </section>
  );
}
