type Mood = "good" | "bad" | "warn" | "busy" | "calm";

const MOODS: Record<string, Mood> = {
  committed: "good",
  succeeded: "good",
  complete: "good",
  current: "good",
  fresh: "good",
  quarantined: "bad",
  rejected: "bad",
  failed: "bad",
  late: "bad",
  duplicate: "warn",
  incomplete: "warn",
  paused: "warn",
  cancelled: "warn",
  expired: "warn",
  received: "busy",
  verified: "busy",
  running: "busy",
  queued: "busy",
  staged: "busy",
};

/** A state in a word; the colour only repeats what the word says. */
export function StateBadge({ state }: { state: string }) {
  return <span className={`badge ${MOODS[state] ?? "calm"}`}>{state}</span>;
}
