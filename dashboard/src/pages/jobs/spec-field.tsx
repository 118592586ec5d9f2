import { useJobs } from "../../api/jobs";
import { Field } from "../../parts/field";
import { PickList } from "../../parts/pick-list";
import { type FieldSpec, joined, listed } from "./texts";

type Props = { spec: FieldSpec; text: string; onText: (text: string) => void };
type Ids = { id?: string; "aria-label"?: string; "aria-describedby"?: string };

/** The control of a field, labelled by whoever shows it. */
export function SpecInput({ spec, text, onText, ...ids }: Props & Ids) {
  const { choices, is, isRequired: required, min } = spec;
  if (choices) {
    const known = text in choices ? choices : { ...choices, [text]: text };
    return (
      <select {...ids} value={text} onChange={(event) => onText(event.target.value)}>
        {Object.entries(known).map(([value, says]) => (
          <option key={value} value={value}>
            {says}
          </option>
        ))}
      </select>
    );
  }
  const number = is === "number" ? ({ type: "number", step: "any", min } as const) : {};
  return (
    <input {...ids} {...number} required={required} value={text} onChange={(event) => onText(event.target.value)} />
  );
}

/** A field with its label and its hint. */
export function SpecField(props: Props) {
  const { spec, text, onText } = props;
  if (spec.is === "jobs") return <JobPick label={spec.label} text={text} onText={onText} />;
  return (
    <Field label={spec.label} hint={spec.hint}>
      {(ids) => <SpecInput {...props} {...ids} />}
    </Field>
  );
}

function JobPick({ label, text, onText }: { label: string; text: string; onText: (text: string) => void }) {
  const jobs = useJobs();
  const names = (jobs.data ?? []).map(({ name }) => name);
  return (
    <PickList label={label} noun="job" of={names} chosen={listed(text)} onChange={(picked) => onText(joined(picked))} />
  );
}
