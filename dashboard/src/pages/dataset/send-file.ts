import { api, body, wait } from "../../api/client";
import type { FileView, Upload, UploadPart } from "../../api/types";

export type Progress = (sent: number, phase: "hashing" | "sending" | "checking") => void;

const HASHABLE_BYTES = 256 * 2 ** 20; // WebCrypto takes a whole file in memory
const UNDER_WAY = ["expected", "received", "verified"];
export const isUnderWay = (file: FileView) => UNDER_WAY.includes(file.state);

/** The SHA-256 in hex, where the browser can make one: a page over plain HTTP on another host cannot. */
async function sha256(file: File): Promise<string | undefined> {
  if (!window.crypto?.subtle || file.size > HASHABLE_BYTES) return undefined;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A PUT to S3. XMLHttpRequest, because fetch tells nothing of what it has sent. Answers the ETag. */
function put(url: string, headers: Record<string, string>, content: Blob, sent: (bytes: number) => void) {
  return new Promise<string>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      if (name.toLowerCase() !== "content-length") request.setRequestHeader(name, value); // the browser's own to set
    }
    request.upload.onprogress = ({ loaded }) => sent(loaded);
    request.onload = () =>
      request.status < 300
        ? resolve(request.getResponseHeader("ETag") ?? "")
        : reject(new Error(`The drop-off refused the file (S3 answered ${request.status}). Drop it again.`));
    request.onerror = () => reject(new Error("The connection to the drop-off broke. Drop the file again."));
    request.send(content);
  });
}

async function putParts(file: File, parts: UploadPart[], sent: (bytes: number) => void) {
  const etags: string[] = [];
  for (const { url, headers, offset, size_bytes } of parts) {
    const slice = file.slice(offset, offset + size_bytes);
    etags.push(await put(url, headers, slice, (bytes) => sent(offset + bytes)));
  }
  return etags;
}

async function send(dataset_id: string, file: File, upload: Upload, sent: (bytes: number) => void) {
  if (upload.url) return put(upload.url, upload.headers ?? {}, file, sent);
  const etags = await putParts(file, upload.parts ?? [], sent);
  const path = { dataset_id, file_id: upload.file_id };
  return api.POST("/v1/datasets/{dataset_id}/uploads/{file_id}/complete", { params: { path }, body: { etags } });
}

/** From announcement to verdict: the file as the ledger has it in the end. */
export async function sendFile(dataset_id: string, file: File, progress: Progress): Promise<FileView> {
  progress(0, "hashing");
  const announced = { file_name: file.name, size_bytes: file.size, sha256: await sha256(file) };
  const params = { path: { dataset_id } };
  const upload = await body(api.POST("/v1/datasets/{dataset_id}/uploads", { params, body: announced }));
  progress(0, "sending");
  await send(dataset_id, file, upload, (bytes) => progress(bytes, "sending"));
  progress(file.size, "checking");
  return verdict(dataset_id, upload.file_id);
}

export async function verdict(dataset_id: string, file_id: string): Promise<FileView> {
  const params = { path: { dataset_id, file_id }, header: wait(10) };
  for (;;) {
    const file = await body(api.GET("/v1/datasets/{dataset_id}/files/{file_id}", { params }));
    if (!isUnderWay(file)) return file;
  }
}
