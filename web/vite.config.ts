/// Builds the page into the package, byte for byte the same each time: no hashes in names, no times, no source maps.
import { defineConfig } from "vite";
import { font } from "./scripts/font";

export default defineConfig({
  base: "/static/",
  publicDir: false,
  plugins: [font],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/producertwin/server/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    sourcemap: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        entryFileNames: "app.js",
        chunkFileNames: (chunk) => `${/places\/([a-z]+)\/index/.exec(chunk.facadeModuleId ?? "")?.[1] ?? chunk.name}.js`,
        assetFileNames: "[name][extname]",
      },
    },
  },
  worker: {
    format: "es",
    rolldownOptions: { output: { entryFileNames: "[name].js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" } },
  },
  server: { proxy: { "/v1": "http://127.0.0.1:8765" } },
});
