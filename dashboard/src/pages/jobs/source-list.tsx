import { Field } from "../../parts/field";

type Props = { of: string[]; chosen: string[]; onChange: (chosen: string[]) => void };

/** The datasets that a job reads. */
export function SourceList({ of, chosen, onChange }: Props) {
  return (
    <div className="row low">
      <Field label="Reads">
        {(ids) => (
          <select {...ids} value="" onChange={(event) => onChange([...chosen, event.target.value])}>
            <option value="" disabled>
              {of.length === 0 ? "No datasets yet" : "Add a dataset"}
            </option>
            {of
              .filter((id) => !chosen.includes(id))
              .map((id) => (
                <option key={id}>{id}</option>
              ))}
          </select>
        )}
      </Field>
      {chosen.map((id) => (
        <span key={id} className="chip">
          {id}
          <button
            type="button"
            aria-label={`Do not read ${id}`}
            onClick={() => onChange(chosen.filter((one) => one !== id))}
          >
            ✕
          </button>
        </span>
      ))}
    </div>
  );
}
