import type { InputHTMLAttributes } from "react";
import { Field } from "../../parts/field";

type Props = InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string; onText: (text: string) => void };

export function TextField({ label, hint, onText, ...input }: Props) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => <input {...input} {...ids} onChange={(event) => onText(event.target.value)} />}
    </Field>
  );
}
