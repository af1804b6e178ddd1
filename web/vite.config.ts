import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  // MapLibre is most of the bundle and comes from this machine, so its size is no reason to warn.
  build: { target: "es2023", chunkSizeWarningLimit: 3000, license: { fileName: "third-party-licences.md" } },
  server: {
    proxy: {
      "/v1": "http://127.0.0.1:8500",
      "/live": { target: "ws://127.0.0.1:8500", ws: true },
    },
  },
});
