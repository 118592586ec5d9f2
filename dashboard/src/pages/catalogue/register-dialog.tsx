import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent, Ref } from "react";
import { useNavigate } from "react-router";
import { api, body } from "../../api/client";
import { Field } from "../../parts/field";
import { ProblemNote } from "../../parts/problem-note";

const NAME = "[a-z][a-z0-9_]*";

/** Registers a raw dataset; curated and business ones are made by jobs. */
export function RegisterDialog({ ref }: { ref: Ref<HTMLDialogElement> }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const register = useMutation({
    mutationFn: (form: FormData) => {
      const text = (name: string) => String(form.get(name) ?? "").trim();
      const named = { namespace: text("namespace"), name: text("name"), tier: "raw" } as const;
      const told = { description: text("description"), owner: text("owner") || undefined };
      return body(api.POST("/v1/datasets", { body: { ...named, ...told } }));
    },
    onSuccess: ({ id }) => {
      client.invalidateQueries({ queryKey: ["datasets"] });
      navigate(`/datasets/${id}?tab=files`);
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    register.mutate(new FormData(event.currentTarget));
  };
  return (
    <dialog ref={ref} className="dialog" aria-labelledby="register-title">
      <h2 id="register-title">Register a dataset</h2>
      <form className="form" onSubmit={submit}>
        <div className="columns">
          <Field label="Namespace" hint="A team or a partner: shop">
            {(ids) => <input {...ids} name="namespace" required pattern={NAME} maxLength={128} />}
          </Field>
          <Field label="Name" hint="What the files hold: orders">
            {(ids) => <input {...ids} name="name" required pattern={NAME} maxLength={128} />}
          </Field>
        </div>
        <Field label="Description">{(ids) => <input {...ids} name="description" maxLength={1000} />}</Field>
        <Field label="Owner" hint="Whom to ask about it">
          {(ids) => <input {...ids} name="owner" maxLength={256} />}
        </Field>
        <ProblemNote error={register.error} />
        <div className="row">
          <button type="submit" className="primary" disabled={register.isPending}>
            Register
          </button>
          <button type="button" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
            Cancel
          </button>
          <small>Columns and types come from the first file.</small>
        </div>
      </form>
    </dialog>
  );
}
