import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import { api, body } from "../../api/client";
import type { JobDefinition } from "../../api/types";
import { Loaded } from "../../parts/loaded";
import { Page } from "../../parts/page";
import { type Definition, JobForm } from "./job-form";

export default function EditJobPage() {
  const { name = "" } = useParams();
  const client = useQueryClient();
  const navigate = useNavigate();
  const path = { name };
  const read = useQuery({
    queryKey: ["job-to-change", name],
    gcTime: 0, // a form begins with what is there now, and with its revision
    queryFn: async ({ signal }) => {
      const { data, response } = await api.GET("/v1/jobs/{name}", { params: { path }, signal });
      return { job: data, revision: response.headers.get("ETag") };
    },
  });
  const save = useMutation({
    mutationFn: (patch: Definition) => {
      const header = { "if-match": read.data?.revision };
      return body(api.PATCH("/v1/jobs/{name}", { params: { path, header }, body: patch }));
    },
    onSuccess: async () => {
      await client.invalidateQueries();
      navigate(`/jobs/${name}?tab=sql`);
    },
  });
  return (
    <Page title={`Change ${name}`} crumb={{ to: `/jobs/${name}`, label: name }}>
      <Loaded of={read}>
        {({ job }) =>
          job && (
            <JobForm
              initial={job as JobDefinition}
              isNew={false}
              isBusy={save.isPending}
              error={save.error}
              onSubmit={(definition) => save.mutate(definition)}
            />
          )
        }
      </Loaded>
    </Page>
  );
}
