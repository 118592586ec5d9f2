import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { tables } from "../../api/datasets";
import type { JobDefinition } from "../../api/types";
import { Field } from "../../parts/field";
import { PickList } from "../../parts/pick-list";
import { ProblemNote } from "../../parts/problem-note";
import { definitionOf, draftOf, type JobDraft } from "./draft";
import { ItemList } from "./item-list";
import { JsonFields, JsonOnly, jsonOf, read } from "./json-fields";
import { CHECKS, LAYOUT, TRIGGERS } from "./kinds";
import { SpecField } from "./spec-field";
import { TextField } from "./text-field";
import { TransformFields } from "./transform-fields";

/** Without `name` and `target` of a job that is there already: they stay for good. */
export type Definition = Omit<JobDefinition, "name" | "target"> & Partial<JobDefinition>;

type Props = {
  initial: JobDefinition;
  isNew: boolean;
  isBusy: boolean;
  error: Error | null;
  onSubmit: (definition: Definition) => void;
};

/** A job's definition as a form, or as JSON, which can say all that the API takes (docs/runs.md). */
export function JobForm({ initial, isNew, isBusy, error, onSubmit }: Props) {
  const [draft, setDraft] = useState(() => draftOf(initial));
  const [json, setJson] = useState<string | null>(null);
  const [mistake, setMistake] = useState<Error | null>(null);
  const change = (part: Partial<JobDraft>) => setDraft((before) => ({ ...before, ...part }));

  const written = (): Definition => {
    const { name, target, ...others } = definitionOf(draft);
    return isNew ? { name, target, ...others } : others;
  };
  const attempt = (act: () => void) => {
    setMistake(null);
    try {
      act();
    } catch (error) {
      setMistake(error as Error);
    }
  };
  const showForm = () =>
    attempt(() => {
      setDraft(draftOf({ ...initial, ...read(json ?? "") }));
      setJson(null);
    });
  return (
    <form
      className="form job-form"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(() => onSubmit(json === null ? written() : read(json)));
      }}
    >
      <div className="row">
        <button type="button" aria-pressed={json === null} onClick={() => json !== null && showForm()}>
          Form
        </button>
        <button type="button" aria-pressed={json !== null} onClick={() => json === null && setJson(jsonOf(written()))}>
          JSON
        </button>
        {json === null && <JsonOnly draft={draft} />}
      </div>
      {json === null ? (
        <Fields draft={draft} change={change} isNew={isNew} />
      ) : (
        <JsonFields text={json} onText={setJson} isNew={isNew} />
      )}
      <ProblemNote error={mistake ?? error} />
      <div className="row">
        <button type="submit" className="primary" disabled={isBusy || (json === null && draft.sources.length === 0)}>
          {isNew ? "Create the job" : "Save"}
        </button>
        <small>Nothing runs yet: its SQL and what it would cost come next.</small>
      </div>
    </form>
  );
}

export type PartProps = { draft: JobDraft; change: (part: Partial<JobDraft>) => void };

function Fields({ draft, change, isNew }: PartProps & { isNew: boolean }) {
  const datasets = useQuery(tables);
  return (
    <>
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
        <PickList
          label="Reads"
          noun="dataset"
          of={(datasets.data ?? []).map(({ id }) => id)}
          chosen={draft.sources}
          onChange={(sources) => change({ sources, namespace: draft.namespace || (sources[0]?.split(".")[0] ?? "") })}
        />
        {isNew && <TargetFields draft={draft} change={change} />}
      </section>
      <TransformFields draft={draft} change={change} />
      <LayoutFields draft={draft} change={change} />
      <section className="panel" aria-label="What starts it">
        <h2>What starts it</h2>
        <small>“Run now” always does.</small>
        <ItemList
          label="Triggers"
          kinds={TRIGGERS}
          items={draft.triggers}
          onChange={(triggers) => change({ triggers })}
        />
      </section>
      <section className="panel" aria-label="What has to hold">
        <h2>What has to hold</h2>
        <small>Of each new version, before readers see it.</small>
        <ItemList label="Checks" kinds={CHECKS} items={draft.checks} onChange={(checks) => change({ checks })} />
      </section>
    </>
  );
}

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

function LayoutFields({ draft: { layout, limit }, change }: PartProps) {
  return (
    <section className="panel" aria-label="How it is stored">
      <h2>How it is stored</h2>
      <div className="columns">
        {Object.entries(LAYOUT).map(([name, spec]) => (
          <SpecField
            key={name}
            spec={spec}
            text={layout[name] ?? ""}
            onText={(text) => change({ layout: { ...layout, [name]: text } })}
          />
        ))}
        <TextField
          label="Scan at most (bytes a run)"
          hint="A run that needs more stops; at least 10 MB"
          type="number"
          min={10_000_000}
          value={limit}
          onText={(limit) => change({ limit })}
        />
      </div>
    </section>
  );
}
