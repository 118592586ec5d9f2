import { Field } from "../../parts/field";
import { type JobDraft, jsonOnly } from "./draft";
import type { Definition } from "./job-form";

export const jsonOf = (definition: Definition) => JSON.stringify(definition, null, 2);

/** Throws what a person can mend. */
export function read(json: string): Definition {
  const found = JSON.parse(json);
  if (typeof found !== "object" || !Array.isArray(found?.sources)) {
    throw new Error("A definition is an object with a list of `sources`.");
  }
  return found;
}

type Props = { text: string; onText: (text: string) => void; isNew: boolean };

/** The definition as the API takes it. */
export function JsonFields({ text, onText, isNew }: Props) {
  return (
    <section className="panel" aria-label="As JSON">
      <Field
        label="Definition"
        hint={isNew ? "As POST /v1/jobs takes it" : "As PATCH takes it; a job's name and target stay for good"}
      >
        {(ids) => (
          <textarea
            {...ids}
            rows={28}
            spellCheck={false}
            value={text}
            onChange={(event) => onText(event.target.value)}
          />
        )}
      </Field>
    </section>
  );
}

/** Says what of a definition has no field here. */
export function JsonOnly({ draft }: { draft: JobDraft }) {
  const parts = jsonOnly(draft);
  if (parts.length === 0) return null;
  return (
    <div className="note grow" role="note">
      Kept as it is, and changed only as JSON:
      {parts.map(([place, part]) => (
        <pre key={place}>
          {place}: {JSON.stringify(part)}
        </pre>
      ))}
    </div>
  );
}
