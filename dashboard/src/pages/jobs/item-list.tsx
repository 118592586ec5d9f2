import { useEffect, useRef } from "react";
import { SpecField } from "./spec-field";
import { type Item, itemOf, type Kinds } from "./texts";

type Props = { label: string; kinds: Kinds; items: Item[]; onChange: (items: Item[]) => void };

/** A list of things of several kinds, each with the fields of its kind. The focus goes to what was added. */
export function ItemList({ label, kinds, items, onChange }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const added = useRef<number>(null);
  useEffect(() => {
    if (items.at(-1)?.key !== added.current) return;
    list.current?.querySelector<HTMLElement>("li:last-child :is(input, select)")?.focus();
    added.current = null;
  }, [items]);
  const add = (type: string) => {
    const item = itemOf(type, kinds[type]?.specs ?? {});
    added.current = item.key;
    onChange([...items, item]);
  };
  return (
    <>
      <ul ref={list} className="items" aria-label={label}>
        {items.map((item) => (
          <ItemFields
            key={item.key}
            item={item}
            kinds={kinds}
            onChange={(changed) => onChange(items.map((one) => (one === item ? changed : one)))}
            onRemove={() => onChange(items.filter((one) => one !== item))}
          />
        ))}
      </ul>
      <fieldset className="row">
        <legend className="unseen">Add to {label.toLowerCase()}</legend>
        {Object.entries(kinds).map(
          ([type, { title, isImplied }]) =>
            !isImplied && (
              <button key={type} type="button" className="compact" onClick={() => add(type)}>
                + {title}
              </button>
            ),
        )}
      </fieldset>
    </>
  );
}

type ItemProps = { item: Item; kinds: Kinds; onChange: (item: Item) => void; onRemove: () => void };

function ItemFields({ item, kinds, onChange, onRemove }: ItemProps) {
  const kind = kinds[item.type];
  const title = kind?.title ?? item.type;
  return (
    <li>
      <fieldset>
        <legend className="legend">{title}</legend>
        <button type="button" className="quiet" aria-label={`Without ${title}`} onClick={onRemove}>
          ✕
        </button>
        <div className="columns">
          {Object.entries(kind?.specs ?? {}).map(([name, spec]) => (
            <SpecField
              key={name}
              spec={spec}
              text={item.texts[name] ?? ""}
              onText={(text) => onChange({ ...item, texts: { ...item.texts, [name]: text } })}
            />
          ))}
          {!kind && <code>{JSON.stringify(item.origin)}</code>}
        </div>
      </fieldset>
    </li>
  );
}
