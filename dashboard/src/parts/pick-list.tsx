import { Field } from "./field";

type Props = { label: string; noun: string; of: string[]; chosen: string[]; onChange: (chosen: string[]) => void };

/** Names chosen from a list, in the order in which they were. */
export function PickList({ label, noun, of, chosen, onChange }: Props) {
  return (
    <div className="row low">
      <Field label={label}>
        {(ids) => (
          <select {...ids} value="" onChange={(event) => onChange([...chosen, event.target.value])}>
            <option value="" disabled>
              {of.length === 0 ? `No ${noun}s yet` : `Add a ${noun}`}
            </option>
            {of
              .filter((name) => !chosen.includes(name))
              .map((name) => (
                <option key={name}>{name}</option>
              ))}
          </select>
        )}
      </Field>
      {chosen.map((name) => (
        <span key={name} className="chip">
          {name}
          <button
            type="button"
            aria-label={`Without ${name}`}
            onClick={() => onChange(chosen.filter((one) => one !== name))}
          >
            ✕
          </button>
        </span>
      ))}
    </div>
  );
}
