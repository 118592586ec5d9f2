import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { resultPage } from "../../api/queries";
import type { Chart, QueryView, ResultView } from "../../api/types";
import { Drawing } from "../../charts/drawing";
import { optionsOf } from "../../charts/options";
import { seriesOf, withDefaults } from "../../charts/series-of";
import { Field } from "../../parts/field";
import { count } from "../../parts/format";
import { Loaded } from "../../parts/loaded";
import { isNumeric } from "../../parts/results-table";

const TYPES = ["line", "spline", "area", "column", "bar", "scatter", "pie"] as const;
const DRAWN_ROWS = 1000;

type Props = { query: QueryView; chart: Chart | null; onChange: (chart: Chart) => void };

/** Says what the result's columns are in a chart, and shows it. */
export function ChartBuilder({ query, chart, onChange }: Props) {
  const rows = useQuery({
    queryKey: ["chart-rows", query.id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => resultPage(query.id, DRAWN_ROWS, undefined, signal),
  });
  return <Loaded of={rows}>{(result) => <Builder result={result} chart={chart} onChange={onChange} />}</Loaded>;
}

/** A second column of text that is not along x most likely names the series. */
function firstGuess({ columns }: ResultView): Chart {
  const [x, ...others] = columns;
  const series = others.find(({ type }) => type === "varchar")?.name;
  const numbers = others.filter(({ type }) => isNumeric(type)).map(({ name }) => name);
  return { x: x?.name, y: series ? numbers.slice(0, 1) : numbers, series };
}

type BuilderProps = Omit<Props, "query"> & { result: ResultView };

function Builder({ result, chart: given, onChange }: BuilderProps) {
  const chart = given ?? firstGuess(result);
  useEffect(() => {
    if (!given) onChange(firstGuess(result));
  }, [given, result, onChange]);
  const { x, y } = withDefaults(chart, result.columns);
  const names = result.columns.map(({ name }) => name);
  const numbers = result.columns.filter(({ type }) => isNumeric(type)).map(({ name }) => name);
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
          {(ids) => <Choice {...ids} value={x} of={names} onChange={(name) => change({ x: name, y: [] })} />}
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
      <Preview result={result} chart={chart} />
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

function Preview({ result, chart }: { result: ResultView; chart: Chart }) {
  const options = useMemo(() => {
    const complete = withDefaults(chart, result.columns);
    return complete.y.length === 0 ? null : optionsOf(complete, seriesOf(result, complete), chart.title ?? "Preview");
  }, [result, chart]);
  if (!options) return <p className="hint">The result has no column of numbers to draw, or none is chosen.</p>;
  return (
    <div>
      <Drawing options={options} />
      {result.next_page_token && (
        <small>Of the first {count(result.rows.length)} rows; the saved chart draws them all.</small>
      )}
    </div>
  );
}
