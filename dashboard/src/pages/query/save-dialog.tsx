import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type Ref, useState } from "react";
import { api, Refusal } from "../../api/client";
import { type Opened, presentRevision } from "../../api/saved-queries";
import type { Chart, SavedQueryView } from "../../api/types";
import { Field } from "../../parts/field";
import { ProblemNote } from "../../parts/problem-note";
import { jsonOf, type Parameters } from "./parameters";

type Props = {
  ref: Ref<HTMLDialogElement>;
  sql: string;
  parameters: Parameters;
  chart: Chart | null;
  opened?: Opened;
  onSaved: (now: Opened) => void;
};

const isTaken = (error: Error | null) => error instanceof Refusal && [412, 428].includes(error.problem.status);

/** Puts the text, its parameters' present values as defaults, and the chart under a name. */
export function SaveDialog({ ref, sql, parameters, chart, opened, onSaved }: Props) {
  const saved = opened?.saved;
  const client = useQueryClient();
  const [name, setName] = useState(saved?.name ?? "");
  const [description, setDescription] = useState(saved?.description ?? "");
  const [maxAge, setMaxAge] = useState(saved?.max_age ?? 0);
  const isOwn = name === saved?.name;
  const save = useMutation({
    mutationFn: async ({ isConfirmed }: { isConfirmed: boolean }): Promise<Opened> => {
      const read = isOwn ? opened?.revision : null;
      const header = { "if-match": isConfirmed ? await presentRevision(name) : read };
      const kept = Object.entries(parameters).map(([key, one]) => {
        const before = saved?.parameters[key];
        return [key, { ...before, type: one.type, default: one.value === "" ? null : jsonOf(one) }] as const;
      });
      const drawn = chart?.y?.length === 0 ? null : chart; // with no values chosen there is nothing to draw
      const fresh = { sql, description, max_age: maxAge, parameters: Object.fromEntries(kept), chart: drawn };
      const limits = saved ? { row_limit: saved.row_limit, max_bytes_scanned: saved.max_bytes_scanned } : {};
      const params = { path: { name }, header };
      const { data, response } = await api.PUT("/v1/saved-queries/{name}", {
        params,
        body: { ...limits, ...fresh },
      });
      return { saved: data as SavedQueryView, revision: response.headers.get("ETag") };
    },
    onSuccess: async (now) => {
      await client.invalidateQueries({ queryKey: ["saved-queries"] });
      onSaved(now);
    },
  });
  const mustAsk = isTaken(save.error);
  return (
    <dialog ref={ref} className="dialog" aria-labelledby="save-title">
      <h2 id="save-title">Save the query</h2>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ isConfirmed: mustAsk });
        }}
      >
        <Field label="Name" hint="It becomes an address: /v1/saved-queries/NAME/results and …/chart">
          {(ids) => (
            <input
              {...ids}
              required
              pattern="[a-z][a-z0-9_\-]*"
              maxLength={128}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                save.reset();
              }}
            />
          )}
        </Field>
        <Field label="Description">
          {(ids) => <input {...ids} value={description} onChange={(event) => setDescription(event.target.value)} />}
        </Field>
        <Field label="An answer is good for (seconds)" hint="0: until the data changes">
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={0}
              value={maxAge}
              onChange={(event) => setMaxAge(Number(event.target.value))}
            />
          )}
        </Field>
        {mustAsk ? (
          <div className="note warn" role="alert">
            {isOwn
              ? "Somebody has changed or deleted it since you opened it. Nothing of yours is lost: save it under another name, or replace theirs, which stays among its versions."
              : "There is a saved query with this name."}
          </div>
        ) : (
          <ProblemNote error={save.error} />
        )}
        <div className="row">
          <button type="submit" className="primary" disabled={save.isPending}>
            {mustAsk ? "Replace it" : "Save"}
          </button>
          <button type="button" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
