import type { RunView } from "./types";

export const isRunOver = (run: RunView) => run.state !== "queued" && run.state !== "running";
