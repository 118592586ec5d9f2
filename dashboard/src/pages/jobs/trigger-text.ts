import type { Trigger } from "../../api/types";

/** What starts a job, in words. */
export function triggerText(trigger: Trigger): string {
  switch (trigger.type) {
    case "arrival":
      return trigger.quiet_seconds ? `when data has arrived, ${trigger.quiet_seconds} s of quiet` : "when data arrives";
    case "schedule":
      return `${trigger.expression} ${trigger.timezone ?? "UTC"}`;
    case "run":
      return afterText([trigger.job, ...(trigger.jobs ?? [])].filter(Boolean), trigger);
    default:
      return "by hand";
  }
}

function afterText(jobs: unknown[], { on = "succeeded", require = "any" }: { on?: string; require?: string }) {
  const each = jobs.length > 1 ? `${require} of ` : "";
  const state = on === "succeeded" ? "" : on === "failed" ? " failed" : " ended";
  return `after ${each}${jobs.join(", ")}${state}`;
}
