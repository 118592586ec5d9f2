import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useReducer, useRef, useState } from "react";
import type { FileView } from "../../api/types";
import { bytes } from "../../parts/format";
import { ProblemNote } from "../../parts/problem-note";
import { StateBadge } from "../../parts/state-badge";
import { FileReportView } from "./file-report";
import { sendFile } from "./send-file";

type Sending = { id: number; name: string; size: number; sent: number; phase: string; file?: FileView; error?: Error };
type Change = Pick<Sending, "id"> & Partial<Sending>;

const reduce = (before: Sending[], change: Change): Sending[] => {
  if (!before.some(({ id }) => id === change.id)) return [change as Sending, ...before];
  return before.map((one) => (one.id === change.id ? { ...one, ...change } : one));
};

/** Where files are dropped or chosen, and how far each has come. */
export function UploadZone({ dataset }: { dataset: string }) {
  const [sendings, change] = useReducer(reduce, []);
  const [isOver, setIsOver] = useState(false);
  const number = useRef(0);
  const chooser = useRef<HTMLInputElement>(null);
  const client = useQueryClient();

  const sendOne = async (file: File) => {
    number.current += 1;
    const id = number.current;
    change({ id, name: file.name, size: file.size, sent: 0, phase: "hashing" });
    try {
      change({ id, file: await sendFile(dataset, file, (sent, phase) => change({ id, sent, phase })) });
    } catch (error) {
      change({ id, error: error as Error });
    }
    await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey.includes(dataset) });
  };
  const sendAll = async (files: FileList | null) => {
    for (const file of files ?? []) await sendOne(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    sendAll(event.dataTransfer.files);
  };
  return (
    <section className="panel" aria-label="Upload">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same by keyboard */}
      <div
        className={`drop ${isOver ? "over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={drop}
      >
        <span>Drop files here: CSV, TSV, JSON lines, Parquet; gzip, zstd or plain</span>
        <button type="button" onClick={() => chooser.current?.click()}>
          Choose files
        </button>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label="Files to upload"
          onChange={(event) => {
            sendAll(event.target.files).finally(() => {
              if (chooser.current) chooser.current.value = "";
            });
          }}
        />
      </div>
      <ul className="sendings" aria-live="polite">
        {sendings.map((sending) => (
          <SendingRow key={sending.id} sending={sending} />
        ))}
      </ul>
    </section>
  );
}

function SendingRow({ sending: { name, size, sent, phase, file, error } }: { sending: Sending }) {
  return (
    <li>
      <div className="row">
        <strong>{name}</strong>
        <small>{bytes(size)}</small>
        <span className="end">{file ? <StateBadge state={file.state} /> : !error && `${phase}…`}</span>
      </div>
      {!file && !error && <progress aria-label={`Sent of ${name}`} max={size} value={sent} />}
      <ProblemNote error={error ?? null} />
      {file?.state === "quarantined" && file.report && <FileReportView report={file.report} />}
    </li>
  );
}
