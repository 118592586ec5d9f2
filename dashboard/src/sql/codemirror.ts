import { autocompletion } from "@codemirror/autocomplete";
import { StandardSQL, sql } from "@codemirror/lang-sql";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

type Options = { label: string; text: string; changed: (text: string) => void; run: () => void };

export type Editor = {
  setText: (text: string) => void;
  setTables: (tables: Record<string, string[]>) => void;
  destroy: () => void;
};

const LOOK = EditorView.theme({
  "&": { fontSize: "13px", maxHeight: "50vh" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", minHeight: "120px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { background: "var(--sunken)", color: "var(--muted)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 25%, transparent)",
  },
  ".cm-tooltip": { background: "var(--surface)", border: "1px solid var(--line-strong)", color: "var(--text)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
  ".cm-matchingBracket": { background: "var(--accent-soft)" },
});

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.standard(tags.name)], color: "var(--chart-4)" },
]);

/** CodeMirror with SQL, completion of tables and columns, and Ctrl-Enter. Tab stays the browser's way out. */
export function createEditor(parent: HTMLElement, { label, text, changed, run }: Options): Editor {
  const language = new Compartment();
  const athena = (schema: Record<string, string[]>) => sql({ dialect: StandardSQL, schema, upperCaseKeywords: true });
  const runNow = () => {
    run();
    return true;
  };
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      Prec.highest(keymap.of([{ key: "Mod-Enter", run: runNow }])),
      basicSetup,
      autocompletion({ activateOnTyping: true }),
      language.of(athena({})),
      LOOK,
      syntaxHighlighting(COLOURS),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
    ],
  });
  return {
    setText(next) {
      const { doc } = view.state;
      if (doc.toString() !== next) view.dispatch({ changes: { from: 0, to: doc.length, insert: next } });
    },
    setTables: (tables) => view.dispatch({ effects: language.reconfigure(athena(tables)) }),
    destroy: () => view.destroy(),
  };
}
