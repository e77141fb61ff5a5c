/// Builds the page that plays an export in a browser into the package: a script and a sheet of their own, in the old form of
/// scripts, because a page that is opened as a file may not load modules.
import { cpSync } from "node:fs";
import { defineConfig } from "vite";

/// onnxruntime-web names files beside itself, which a worker made of text has not; its WebAssembly is handed to it instead.
const placeless = {
  name: "placeless",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.includes("onnxruntime-web") ? code.replaceAll("import.meta.url", "self.location.href") : undefined,
};
const into = "../src/producertwin/release/export/page";

export default defineConfig({
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [{ name: "page", closeBundle: () => cpSync("offline", into, { recursive: true }) }],
  build: {
    outDir: into,
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    reportCompressedSize: false,
    lib: { entry: "src/offline/main.tsx", formats: ["iife"], name: "player", fileName: () => "player.js", cssFileName: "player" },
  },
  worker: { format: "iife", plugins: () => [placeless] },
});
