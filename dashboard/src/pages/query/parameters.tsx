/** As they are typed: every value is text. */
export type Parameters = Record<string, { type: string; value: string }>;

const TYPES = ["varchar", "date", "timestamp", "int", "bigint", "double", "decimal(18,2)", "boolean"];

// Quoted text, quoted names and comments hide what looks like a parameter; `::` is no parameter.
const HIDDEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g;
const NAMED = /(?<![:\w]):([a-z_]\w*)/gi;

/** The `:names` of a text, each with the type and value given so far. */
export function parametersOf(sql: string, given: Parameters): Parameters {
  const names = new Set([...sql.replace(HIDDEN, " ").matchAll(NAMED)].map(([, name]) => name ?? ""));
  return Object.fromEntries([...names].map((name) => [name, given[name] ?? { type: "varchar", value: "" }]));
}

const INTEGERS = ["tinyint", "smallint", "int", "bigint"];
const DOUBLE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** As JSON has a value of the type. What is none stays text, for the API to say what is wrong with it. */
export function jsonOf({ type, value }: { type: string; value: string }): string | number | boolean {
  const number = Number(value);
  if (type === "boolean" && ["true", "false"].includes(value)) return value === "true";
  if (INTEGERS.includes(type) && /^-?\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  if (["float", "double"].includes(type) && DOUBLE.test(value) && Number.isFinite(number)) return number;
  return value; // decimals too: a number would lose digits
}

/** As POST /v1/queries takes them. */
export const typed = (parameters: Parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, { type: one.type, value: jsonOf(one) }]));

export function ParameterFields({ of, onChange }: { of: Parameters; onChange: (changed: Parameters) => void }) {
  const entries = Object.entries(of);
  if (entries.length === 0) return null;
  return (
    <fieldset className="parameters">
      <legend className="legend">Parameters</legend>
      {entries.map(([name, { type, value }]) => (
        <div key={name} className="row">
          <code>:{name}</code>
          <select
            aria-label={`Type of ${name}`}
            value={type}
            onChange={(event) => onChange({ ...of, [name]: ofType(event.target.value, value) })}
          >
            {[...new Set([...TYPES, type])].map((known) => (
              <option key={known}>{known}</option>
            ))}
          </select>
          <ValueField
            name={name}
            type={type}
            value={value}
            onChange={(text) => onChange({ ...of, [name]: { type, value: text } })}
          />
        </div>
      ))}
    </fieldset>
  );
}

/** Fields that cannot show any text begin empty. */
const ofType = (type: string, value: string) => ({ type, value: ["boolean", "date"].includes(type) ? "" : value });

type ValueProps = { name: string; type: string; value: string; onChange: (value: string) => void };

function ValueField({ name, type, value, onChange }: ValueProps) {
  const label = `Value of ${name}`;
  if (type === "boolean") {
    return (
      <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="" />
        <option>true</option>
        <option>false</option>
      </select>
    );
  }
  return (
    <input
      aria-label={label}
      className="grow"
      type={type === "date" ? "date" : "text"}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
