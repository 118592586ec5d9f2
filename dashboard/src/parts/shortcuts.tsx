import { type Ref, useEffect } from "react";
import { useNavigate } from "react-router";

export type Section = { to: string; label: string; key: string };

const SLOT = "headgate-keys";

/** Who speaks to the machine must be able to turn single keys off (WCAG 2.1.4). */
const areOff = () => localStorage.getItem(SLOT) === "off";

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;

/** `g` and a letter goes to a section, `/` to the page's search, `?` shows them all. */
export function useShortcuts(sections: readonly Section[], showHelp: () => void) {
  const navigate = useNavigate();
  useEffect(() => {
    let before = "";
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || areOff()) return;
      const section = before === "g" && sections.find(({ key }) => key === event.key);
      before = event.key;
      if (section) navigate(section.to);
      else if (event.key === "?") showHelp();
      else if (event.key === "/") document.querySelector<HTMLElement>("input[type=search]")?.focus();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [sections, navigate, showHelp]);
}

export function ShortcutsDialog({ ref, sections }: { ref: Ref<HTMLDialogElement>; sections: readonly Section[] }) {
  return (
    <dialog ref={ref} className="dialog" aria-labelledby="shortcuts-title">
      <h2 id="shortcuts-title">Keys</h2>
      <dl className="keys">
        {sections.map(({ key, label }) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>/</kbd>
          </dt>
          <dd>Search</dd>
        </div>
        <div>
          <dt>
            <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </dt>
          <dd>Run the query</dd>
        </div>
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>These keys</dd>
        </div>
      </dl>
      <form method="dialog" className="row">
        <label className="check">
          <input
            type="checkbox"
            defaultChecked={!areOff()}
            onChange={(event) => localStorage.setItem(SLOT, event.target.checked ? "on" : "off")}
          />
          Single keys act
        </label>
        <button type="submit" className="end">
          Close
        </button>
      </form>
    </dialog>
  );
}
