import type { JobView } from "../../api/types";

/** What starts a job, in words. */
export function triggerText(trigger: JobView["triggers"][number]): string {
  switch (trigger.type) {
    case "arrival":
      return "when data arrives";
    case "schedule":
      return `${trigger.expression} ${trigger.timezone ?? "UTC"}`;
    case "run":
      return `after ${[trigger.job, ...(trigger.jobs ?? [])].filter(Boolean).join(", ")}`;
    default:
      return "by hand";
  }
}
