import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { api, body } from "../../api/client";
import { apiUrl, signInAt } from "../../config";
import { beginSignIn, whyRefused } from "../../oauth";
import { Field } from "../../parts/field";
import { Mark } from "../../parts/mark";
import { ProblemNote } from "../../parts/problem-note";
import { setSession } from "../../session";

/** One signs in elsewhere, where config.json says so, or with a key. A key is typed, or comes in the address's fragment (as `make run` prints it), which no server ever sees. */
export default function SignInPage() {
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const [key, setKey] = useState(parameters.get("key") ?? "");
  const next = parameters.get("next") ?? "/";
  const refused = whyRefused();
  const entry = useMutation({
    mutationFn: (given: string) => body(api.GET("/v1/me", { headers: { "X-Api-Key": given } })),
    onSuccess: (_, given) => {
      setSession({ apiKey: given });
      navigate(next.startsWith("/") ? next : "/", { replace: true }); // the key leaves the address and the history
    },
  });
  const given = useRef(parameters.get("key"));
  const { mutate } = entry;
  useEffect(() => {
    document.title = "Sign in · Headgate";
    if (given.current) mutate(given.current);
    given.current = null;
  }, [mutate]);
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
