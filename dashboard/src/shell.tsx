import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Link, Navigate, NavLink, Outlet, ScrollRestoration, useLocation, useNavigation } from "react-router";
import { me } from "./api/me";
import { signOut } from "./oauth";
import { Mark } from "./parts/mark";
import { type Section, ShortcutsDialog, useShortcuts } from "./parts/shortcuts";
import { useSession } from "./session";
import { applyTheme, THEMES, theme } from "./theme";

const SECTIONS: readonly Section[] = [
  { to: "/", label: "Charts", key: "c" },
  { to: "/catalogue", label: "Catalogue", key: "d" },
  { to: "/jobs", label: "Jobs", key: "j" },
  { to: "/query", label: "Query", key: "q" },
  { to: "/usage", label: "Usage", key: "u" },
];

/** The frame of every page: navigation, theme, the way out. */
export function Shell() {
  const session = useSession();
  const location = useLocation();
  const isMoving = useNavigation().state !== "idle";
  const help = useRef<HTMLDialogElement>(null);
  const showHelp = useCallback(() => help.current?.showModal(), []);
  useShortcuts(SECTIONS, showHelp);
  if (!session)
    return <Navigate to={`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`} replace />;
  return (
    <div className="shell">
      <SkipLink />
      <header className="side">
        <Link to="/" className="brand" aria-label="Headgate, home">
          <Mark /> Headgate
        </Link>
        <nav aria-label="Sections">
          {SECTIONS.map(({ to, label }) => (
            <NavLink key={to} to={to} end={to === "/"}>
              {label}
            </NavLink>
          ))}
        </nav>
        <Identity />
        <div className="side-foot">
          <ThemeButton />
          <button type="button" className="quiet keys-button" onClick={showHelp}>
            Keys
          </button>
          <button type="button" className="quiet" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1} aria-busy={isMoving}>
        <Outlet />
      </main>
      <ShortcutsDialog ref={help} sections={SECTIONS} />
      <ScrollRestoration />
    </div>
  );
}

/** The address's fragment is the route, so the link moves the focus itself. */
function SkipLink() {
  return (
    <button type="button" className="skip" onClick={() => document.getElementById("main")?.focus()}>
      Skip to content
    </button>
  );
}

/** So that nobody works under another's name, or sends files to another tenant, without seeing it. */
function Identity() {
  const { data } = useQuery(me);
  return (
    <p className="identity" title={data && `${data.principal} of ${data.tenant}`}>
      {data && (
        <>
          <strong>{data.tenant}</strong> <small>{data.principal}</small>
        </>
      )}
    </p>
  );
}

function ThemeButton() {
  const [chosen, setChosen] = useState(theme);
  useEffect(() => applyTheme(chosen), [chosen]);
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? "system";
  return (
    <button type="button" className="quiet" onClick={() => setChosen(next)} title={`Switch to ${next}`}>
      Theme: {chosen}
    </button>
  );
}
