import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearchParams } from "react-router";
import { api, body } from "../../api/client";
import type { JobDefinition } from "../../api/types";
import { Page } from "../../parts/page";
import { newJob } from "./draft";
import { JobForm } from "./job-form";

export default function NewJobPage() {
  const source = useSearchParams()[0].get("source") ?? undefined;
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: (definition: JobDefinition) => body(api.POST("/v1/jobs", { body: definition })),
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ["jobs"] });
      navigate(`/jobs/${name}?tab=sql`);
    },
  });
  return (
    <Page title="Define a job" crumb={{ to: "/jobs", label: "Jobs" }}>
      <JobForm
        initial={newJob(source)}
        isNew
        isBusy={create.isPending}
        error={create.error}
        onSubmit={(definition) => create.mutate(definition as JobDefinition)}
      />
    </Page>
  );
}
