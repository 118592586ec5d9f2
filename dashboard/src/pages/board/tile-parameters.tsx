import type { SavedQueryView } from "../../api/types";
import { Field } from "../../parts/field";

type Parameter = SavedQueryView["parameters"][string];
type Given = Record<string, string>;
type Props = { of: SavedQueryView["parameters"]; given: Given; onGiven: (given: Given) => void };

/** A saved query's parameters. A value counts when the field is left or Enter is pressed. */
export function TileParameters({ of, given, onGiven }: Props) {
  const entries = Object.entries(of);
  if (entries.length === 0) return null;
  const give = (name: string, value: string) => {
    const { [name]: before, ...others } = given;
    if (value !== (before ?? "")) onGiven(value ? { ...others, [name]: value } : others);
  };
  return (
    <div className="row">
      {entries.map(([name, parameter]) => (
        <Field key={name} label={name}>
          {(ids) => <Control {...ids} of={parameter} value={given[name]} onGive={(value) => give(name, value)} />}
        </Field>
      ))}
    </div>
  );
}

type ControlProps = { id: string; of: Parameter; value?: string; onGive: (value: string) => void };

function Control({ of, value, onGive, ...ids }: ControlProps) {
  const usual = String(of.default ?? "");
  const choices = of.enum ?? (of.type === "boolean" ? [true, false] : null);
  const give = (field: HTMLInputElement) => {
    if (field.value === "") field.value = usual; // what is drawn then
    onGive(field.value);
  };
  if (!choices) {
    return (
      <input
        {...ids}
        type={of.type === "date" ? "date" : "text"}
        defaultValue={usual}
        title={of.description ?? of.type}
        onBlur={(event) => give(event.target)}
        onKeyDown={(event) => event.key === "Enter" && give(event.currentTarget)}
      />
    );
  }
  return (
    <select {...ids} value={value ?? usual} onChange={(event) => onGive(event.target.value)}>
      {of.default == null && <option value="" />}
      {choices.map((one) => (
        <option key={String(one)}>{String(one)}</option>
      ))}
    </select>
  );
}
