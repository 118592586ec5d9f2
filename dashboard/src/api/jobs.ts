import { useQuery } from "@tanstack/react-query";
import { all, api } from "./client";
import type { JobView } from "./types";

export const targetOf = (job: JobView) => `${job.target.namespace}.${job.target.name}`;

export function useJobs() {
  return useQuery({
    queryKey: ["jobs"],
    queryFn: ({ signal }) =>
      all((page_token) => api.GET("/v1/jobs", { params: { query: { page_token, limit: 1000 } }, signal })),
  });
}
