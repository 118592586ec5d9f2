import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { api } from "../../api/client";
import { presentRevision, savedQueries } from "../../api/saved-queries";

/** The saved queries, to open one. */
export function SavedMenu() {
  const saved = useQuery(savedQueries);
  if (!saved.data?.length) return null;
  return (
    <details className="menu">
      <summary className="button">Saved queries</summary>
      <ul>
        {saved.data.map(({ name, description, chart }) => (
          <li key={name}>
            <Link
              to={`/query?saved=${name}`}
              onClick={(event) => event.currentTarget.closest("details")?.removeAttribute("open")}
            >
              {name}
            </Link>{" "}
            <small>{description || (chart ? "a chart" : "")}</small>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function DeleteSaved({ name }: { name: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: async () => {
      const revision = await presentRevision(name);
      if (!revision) return; // somebody else was faster
      await api.DELETE("/v1/saved-queries/{name}", { params: { path: { name }, header: { "if-match": revision } } });
    },
    onSuccess: async () => {
      navigate("/query");
      client.removeQueries({ queryKey: ["saved-queries", name] });
      await client.invalidateQueries({ queryKey: ["saved-queries"] });
    },
  });
  const ask = () => window.confirm(`Delete the saved query ${name}? Who reads its address gets 404 then.`);
  return (
    <button type="button" className="danger" disabled={remove.isPending} onClick={() => ask() && remove.mutate()}>
      Delete
    </button>
  );
}
