import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses: the same files work at the root of a host and in any folder of a bucket.
  base: "./",
  plugins: [react()],
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // those that know light-dark(), or it would be rewritten
    manifest: true, // scripts/check-size.mjs reads it
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8000" } },
});
