import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { HEIGHT } from "./src/call/height";

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
  plugins: [emptied(), hashed(), licensed(), packed()],
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

/**
 * The styles that wavesurfer.js brings as an element of its shadow tree, by their hash (CSP 3, §6.6.2.2): the server
 * allows pages that play recordings these very styles, and no others that are not files of ours.
 */
function hashed(): Plugin {
  return {
    name: "hashed",
    apply: "build",
    writeBundle() {
      const library = readFileSync("node_modules/wavesurfer.js/dist/wavesurfer.esm.js", "utf8");
      const [found, ...others] = library.matchAll(/<style\$\{[^>]*>([^<]*)<\/style>/g);
      const styles = found?.[1]
        ?.replaceAll("\\n", "\n")
        .replace(/\$\{this\.getHeight\([^}]*\)\}/, String(HEIGHT));
      if (!styles || others.length > 0 || /[$\\]/.test(styles)) {
        throw new Error("wavesurfer.js has other styles than before: see what it sets, and allow that");
      }
      const hash = createHash("sha256").update(styles).digest("base64");
      writeFileSync("dist/styles.txt", `'sha256-${hash}'`);
    },
  };
}

const LIBRARIES = ["preact", "@preact/signals", "@preact/signals-core", "uplot", "wavesurfer.js"];

/** Whose work is in the pages besides ours: their notices go where it goes. */
function licensed(): Plugin {
  return {
    name: "licensed",
    apply: "build",
    generateBundle() {
      const notices = LIBRARIES.map((name) => {
        const notice = readFileSync(join("node_modules", name, "LICENSE"), "utf8").trim();
        return `${name}\n\n${notice}\n`;
      });
      this.emitFile({ type: "asset", name: "licences.txt", source: notices.join("\n\n") });
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
