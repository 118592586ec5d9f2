import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { dataset, kept, tables } from "../api/datasets";
import type { Editor } from "./codemirror";

type Props = { label: string; value: string; onChange: (sql: string) => void; onRun?: () => void };

/** Tables of the catalogue, with the columns of those that the text names. */
function useTables(sql: string): Record<string, string[]> {
  const list = useQuery({ ...tables, ...kept });
  const ids = useMemo(() => (list.data ?? []).map(({ id }) => id), [list.data]);
  const named = ids.filter((id) => sql.toLowerCase().includes(id));
  const columns = useQueries({
    queries: named.map((id) => ({ ...dataset(id), ...kept })),
    combine: (found) => JSON.stringify(found.map(({ data }) => data?.schema?.columns.map(({ name }) => name) ?? [])),
  });
  const names = named.join(" ");
  return useMemo(() => {
    const known: string[][] = JSON.parse(columns);
    const places = names.split(" ");
    return Object.fromEntries(ids.map((id) => [id, known[places.indexOf(id)] ?? []]));
  }, [ids, names, columns]);
}

/** An editor of SQL that knows the catalogue. Its code comes when it is first shown. */
export function SqlEditor({ label, value, onChange, onRun }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(null);
  const latest = useRef({ label, value, onChange, onRun });
  latest.current = { label, value, onChange, onRun };
  const completable = useTables(value);
  const known = useRef(completable);
  known.current = completable;

  useEffect(() => {
    let isGone = false;
    import("./codemirror").then(({ createEditor }) => {
      if (isGone || !place.current) return;
      editor.current = createEditor(place.current, {
        label: latest.current.label,
        text: latest.current.value,
        changed: (text) => latest.current.onChange(text),
        run: () => latest.current.onRun?.(),
      });
      editor.current.setTables(known.current);
    });
    return () => {
      isGone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, []);
  useEffect(() => editor.current?.setText(value), [value]);
  useEffect(() => editor.current?.setTables(completable), [completable]);
  return <div ref={place} className="sql-editor" />;
}
