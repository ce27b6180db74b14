// Builds the page into the package, where `pocketbert export --to web` takes it from.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here("node_modules/onnxruntime-web/package.json"), "utf8"));
const RUNTIME = `assets/onnxruntime-${version}.wasm.gzip`;

/** ONNX Runtime's WebAssembly, packed: 14 MB become 3.7 whatever the host does, and the page unpacks them. */
function packedRuntime(): Plugin {
  return {
    name: "packed-runtime",
    generateBundle() {
      const wasm = readFileSync(here("node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"));
      this.emitFile({ type: "asset", fileName: RUNTIME, source: gzipSync(wasm, { level: 9 }) });
    },
  };
}

/** The runtime names its WebAssembly, which would come along unpacked. */
function withoutUnpacked(): Plugin {
  return {
    name: "without-unpacked",
    generateBundle(_, bundle) {
      for (const name of Object.keys(bundle)) if (name.endsWith(".wasm")) delete bundle[name];
    },
  };
}

export default defineConfig({
  base: "./", // a site may lie in any folder of its host
  define: { RUNTIME: JSON.stringify(RUNTIME) },
  plugins: [packedRuntime()],
  worker: { format: "es", plugins: () => [withoutUnpacked()] },
  build: {
    outDir: here("../src/pocketbert/assets/page"),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the page's own policy forbids data: addresses
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: here("index.html"), sw: here("src/sw.ts") },
      output: { entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
});
