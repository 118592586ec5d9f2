import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { me, whoHas } from "../../api/me";
import { apiUrl, signInAt } from "../../config";
import { beginSignIn, whyRefused } from "../../oauth";
import { Field } from "../../parts/field";
import { Mark } from "../../parts/mark";
import { ProblemNote } from "../../parts/problem-note";
import { session, setSession } from "../../session";
import { ReplaceSession } from "./replace-session";

/** A link may come from anyone: it does not put another's name in place of one's own unasked. */
function isOther(key: string) {
  const now = session();
  return now !== null && !("apiKey" in now && now.apiKey === key);
}

/** One signs in elsewhere, where config.json says so, or with a key. A key is typed, or comes in the address's fragment (as `make run` prints it), which no server ever sees. */
export default function SignInPage() {
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const [key, setKey] = useState(parameters.get("key") ?? "");
  const next = parameters.get("next") ?? "/";
  const refused = whyRefused();
  const client = useQueryClient();
  const entry = useMutation({
    mutationFn: whoHas,
    onSuccess: (who, given) => {
      setSession({ apiKey: given });
      client.clear(); // what another session has read is not this one's to see
      client.setQueryData(me.queryKey, who);
      navigate(next.startsWith("/") ? next : "/", { replace: true }); // the key leaves the address and the history
    },
  });
  const linked = useRef(parameters.get("key"));
  const [other, setOther] = useState<string | null>(null);
  const { mutate } = entry;
  useEffect(() => {
    document.title = "Sign in · Headgate";
    if (linked.current && isOther(linked.current)) setOther(linked.current);
    else if (linked.current) mutate(linked.current);
    linked.current = null;
  }, [mutate]);
  if (other) return <ReplaceSession apiKey={other} onReplace={() => mutate(other)} error={entry.error} />;
  return (
    <main className="alone">
      <h1>
        <Mark /> Headgate
      </h1>
      {refused && (
        <div className="note bad" role="alert">
          {refused}
        </div>
      )}
      {signInAt && (
        <>
          <button type="button" className="primary" onClick={() => void beginSignIn(next)}>
            Sign in
          </button>
          <p className="hint">At {new URL(signInAt.domain).host}. Or with a key:</p>
        </>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate(key.trim());
        }}
      >
        <Field label="API key" hint={`For ${apiUrl}. Kept in this tab only.`}>
          {(ids) => (
            <input
              {...ids}
              type="password"
              autoComplete="off"
              spellCheck={false}
              required
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        <button type="submit" className={signInAt ? "" : "primary"} disabled={entry.isPending}>
          {entry.isPending ? "Signing in…" : signInAt ? "Sign in with the key" : "Sign in"}
        </button>
      </form>
      <ProblemNote error={entry.error} />
      <p className="hint">
        <code>make run</code> prints a link that signs you in. Elsewhere, whoever runs this Headgate makes you a key (
        <code>POST /v1/api-keys</code>).
      </p>
    </main>
  );
}
