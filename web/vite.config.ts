import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Each is a file of its own, and loads what it needs alone: a customer on a phone does not load the desk. */
const PAGES = ["index", "login", "setup", "link", "desk", "admin", "supervisor", "call"];

/** Where `npm run dev` finds the server. */
const SERVER = process.env.CORDBOARD ?? "http://127.0.0.1:8080";

export default defineConfig({
  appType: "mpa",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  css: { transformer: "lightningcss" },
  build: {
    target: "es2022",
    cssTarget: ["chrome111", "firefox114", "safari16.4"],
    cssMinify: "lightningcss",
    rollupOptions: { input: PAGES.map((page) => `${page}.html`) },
    // The folder's .gitignore has to stay: `emptied` removes the rest.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [emptied(), packed()],
  server: {
    proxy: { "/api": { target: SERVER, ws: true }, "^/setup/.*": { target: SERVER, bypass: onlyPosts } },
  },
  test: { include: ["tests/**/*.test.ts"] },
});

/** The page itself comes from here, what it says goes to the server. */
function onlyPosts(request: { method?: string | undefined }): string | undefined {
  return request.method === "GET" ? "/setup.html" : undefined;
}

function emptied(): Plugin {
  return {
    name: "emptied",
    apply: "build",
    buildStart() {
      mkdirSync("dist", { recursive: true });
      for (const name of readdirSync("dist")) {
        if (name !== ".gitignore") rmSync(join("dist", name), { recursive: true });
      }
    },
  };
}

/** Beside each file its packed forms: the server packs nothing while it takes calls. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    closeBundle() {
      const files = readdirSync("dist", { recursive: true, withFileTypes: true });
      for (const file of files) {
        if (!file.isFile() || !/\.(html|js|css|svg|json)$/.test(file.name)) continue;
        const path = join(file.parentPath, file.name);
        const plain = readFileSync(path);
        const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
        writeFileSync(`${path}.br`, brotliCompressSync(plain, best));
        writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
      }
    },
  };
}
