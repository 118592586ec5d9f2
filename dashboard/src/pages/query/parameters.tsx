/** As POST /v1/queries takes them: a value is text, read by its type. */
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
            onChange={(event) => onChange({ ...of, [name]: { type: event.target.value, value } })}
          >
            {[...new Set([...TYPES, type])].map((known) => (
              <option key={known}>{known}</option>
            ))}
          </select>
          <input
            aria-label={`Value of ${name}`}
            className="grow"
            type={type === "date" ? "date" : "text"}
            value={value}
            onChange={(event) => onChange({ ...of, [name]: { type, value: event.target.value } })}
          />
        </div>
      ))}
    </fieldset>
  );
}
