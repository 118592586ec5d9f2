import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router";
import { Refusal } from "./api/client";
import { finishSignIn } from "./oauth";
import { createRouter } from "./routes";
import { applyTheme } from "./theme";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/pages.css";

applyTheme();

/** Again only where the API says that it may help. */
const mayRetry = (failures: number, error: Error) =>
  failures < 2 && error instanceof Refusal && error.problem.retryable;

const client = new QueryClient({
  defaultOptions: { queries: { retry: mayRetry, refetchOnWindowFocus: false } },
});

await finishSignIn();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={createRouter()} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
