import type { ComponentType } from "react";
import { createHashRouter, redirect } from "react-router";
import { Crashed } from "./parts/crashed";
import { session } from "./session";
import { Shell } from "./shell";

// The route is in the fragment: one static file answers every address, and no server log sees a query's SQL.
const page = (load: () => Promise<{ default: ComponentType }>) => async () => ({ Component: (await load()).default });

function signedIn({ request }: { request: Request }) {
  const { pathname, search } = new URL(request.url);
  return session() ? null : redirect(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
}

/** Begins with the address as it is now. */
export const createRouter = () =>
  createHashRouter([
    {
      path: "/sign-in",
      lazy: page(() => import("./pages/sign-in/sign-in-page")),
      errorElement: <Crashed />,
      hydrateFallbackElement: <p className="loading">Loading…</p>,
    },
    {
      path: "/",
      Component: Shell,
      loader: signedIn,
      errorElement: <Crashed />,
      hydrateFallbackElement: <p className="loading">Loading…</p>,
      children: [
        { index: true, lazy: page(() => import("./pages/board/board-page")) },
        { path: "catalogue", lazy: page(() => import("./pages/catalogue/catalogue-page")) },
        { path: "datasets/:id", lazy: page(() => import("./pages/dataset/dataset-page")) },
        { path: "jobs", lazy: page(() => import("./pages/jobs/jobs-page")) },
        { path: "jobs/new", lazy: page(() => import("./pages/jobs/new-job-page")) },
        { path: "jobs/:name", lazy: page(() => import("./pages/jobs/job-page")) },
        { path: "jobs/:name/edit", lazy: page(() => import("./pages/jobs/edit-job-page")) },
        { path: "runs/:id", lazy: page(() => import("./pages/run/run-page")) },
        { path: "query", lazy: page(() => import("./pages/query/query-page")) },
        { path: "usage", lazy: page(() => import("./pages/usage/usage-page")) },
        { path: "*", lazy: page(() => import("./pages/not-found-page")) },
      ],
    },
  ]);
