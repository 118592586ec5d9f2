import { useEffect, useMemo } from "react";
import type { Chart, QueryView } from "../../api/types";
import { firstGuess, withDefaults } from "../../charts/defaults";
import { Field } from "../../parts/field";
import { isNumeric } from "../../parts/results-table";
import { ChartPreview } from "./chart-preview";

const TYPES = ["line", "spline", "area", "column", "bar", "scatter", "pie"] as const;

type Props = { query: QueryView; chart: Chart | null; onChange: (chart: Chart) => void };

/** Says what the answer's columns are in a chart, and shows it. */
export function ChartBuilder({ query, chart: given, onChange }: Props) {
  const { columns } = query;
  const chart = given ?? firstGuess(columns);
  useEffect(() => {
    if (!given) onChange(firstGuess(columns));
  }, [given, columns, onChange]);
  const complete = useMemo(() => withDefaults(chart, columns), [chart, columns]);
  const { x, y } = complete;
  const names = columns.map(({ name }) => name);
  const numbers = columns.filter(({ type }) => isNumeric(type)).map(({ name }) => name);
  const change = (part: Chart) => onChange({ ...chart, x, y, ...part });
  const toggle = (name: string) => change({ y: y.includes(name) ? y.filter((one) => one !== name) : [...y, name] });
  return (
    <div className="builder">
      <div className="form">
        <Field label="Chart">
          {(ids) => (
            <select
              {...ids}
              value={chart.type ?? "line"}
              onChange={(e) => change({ type: e.target.value as Chart["type"] })}
            >
              {TYPES.map((type) => (
                <option key={type}>{type}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Along x">
          {(ids) => <Choice {...ids} value={x} of={names} onChange={(name) => change({ x: name, y: undefined })} />}
        </Field>
        <fieldset>
          <legend className="legend">Values</legend>
          {numbers
            .filter((name) => name !== x)
            .map((name) => (
              <label key={name} className="check choice">
                <input type="checkbox" checked={y.includes(name)} onChange={() => toggle(name)} /> {name}
              </label>
            ))}
        </fieldset>
        <Field label="A series for each">
          {(ids) => (
            <Choice
              {...ids}
              value={chart.series ?? ""}
              of={names.filter((name) => name !== x && !y.includes(name))}
              none="(one series)"
              onChange={(name) => change({ series: name || null })}
            />
          )}
        </Field>
        <Field label="Title">
          {(ids) => (
            <input {...ids} value={chart.title ?? ""} onChange={(e) => change({ title: e.target.value || null })} />
          )}
        </Field>
      </div>
      <ChartPreview query={query} chart={complete} />
    </div>
  );
}

type ChoiceProps = { id: string; value: string; of: string[]; none?: string; onChange: (name: string) => void };

function Choice({ of, none, onChange, ...ids }: ChoiceProps) {
  return (
    <select {...ids} onChange={(event) => onChange(event.target.value)}>
      {none && <option value="">{none}</option>}
      {of.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
