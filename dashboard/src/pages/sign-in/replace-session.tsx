import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { me, whoHas } from "../../api/me";
import { Mark } from "../../parts/mark";
import { ProblemNote } from "../../parts/problem-note";

type Who = { principal: string; tenant: string };
type Props = { apiKey: string; onReplace: () => void; error: Error | null };

/** Somebody is signed in already, and has followed a link that brings another key. */
export function ReplaceSession({ apiKey, onReplace, error }: Props) {
  const navigate = useNavigate();
  const now = useQuery(me);
  const then = useQuery({ queryKey: ["me", "of a link"], gcTime: 0, queryFn: () => whoHas(apiKey) });
  return (
    <main className="alone">
      <h1>
        <Mark /> Sign in as another?
      </h1>
      <p>
        You are signed in as <Name of={now.data} />. This link would sign you in as <Name of={then.data} />. What you do
        after that, such as sending files, happens there and can be seen there.
      </p>
      <ProblemNote error={error ?? now.error ?? then.error} />
      <div className="row">
        <button type="button" className="primary" onClick={() => navigate("/", { replace: true })}>
          Stay as I am
        </button>
        <button type="button" onClick={onReplace} disabled={!then.data}>
          Sign in as the other
        </button>
      </div>
    </main>
  );
}

function Name({ of }: { of?: Who }) {
  if (!of) return "…";
  return (
    <>
      <strong>{of.principal}</strong> of the tenant <strong>{of.tenant}</strong>
    </>
  );
}
