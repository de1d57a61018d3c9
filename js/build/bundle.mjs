/** TypeScript -> wasminstall.mjs (to import), wasminstall.js (for a script tag), their chunks, and their types. */

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";
import { readCompiled } from "./compiled.mjs";
import { dist, pyodideFolder, readDisplay, readProject, root } from "./project.mjs";
import { buildTypes } from "./types.mjs";

/**
 * What is loaded only when a page needs it, by an `import()` of its entry: `wasminstall-NAME.mjs`.
 * @type {Readonly<Record<string, string>>}
 */
const CHUNKS = {
  ahead: "ahead/index.ts",
  ends: "stdlib/ends.ts",
  execute: "display/execute.ts",
  instant: "instant/index.ts",
  make: "instant/make.ts",
  page: "page/index.ts",
  folder: "store/folder.ts",
  progress: "progress/element.ts",
  reader: "store/reader.ts",
  scripts: "scripts/index.ts",
  "worker-client": "worker/client.ts",
};

/** Build the bundles and the declarations. */
export async function bundle() {
  const define = { __BUILD__: JSON.stringify(await buildInfo()) };
  const source = `${root}js/src/`;
  const chunks = Object.entries(CHUNKS).map(([name, entry]) => [`wasminstall-${name}`, source + entry]);
  /** @satisfies {import("esbuild").BuildOptions} */
  const common = {
    bundle: true,
    minify: true,
    lineLimit: 2000,
    sourcemap: true,
    target: "es2022",
    loader: { ".py": "text" },
  };
  const plugins = [separateChunks(source)];
  await Promise.all([
    build({
      ...common,
      plugins,
      define,
      format: "esm",
      outExtension: { ".js": ".mjs" },
      outdir: dist,
      entryPoints: { wasminstall: `${source}entry-module.ts`, ...Object.fromEntries(chunks) },
    }),
    build({
      ...common,
      define,
      format: "esm",
      // One file without chunks: bundlers copy it as it is, under another name.
      entryPoints: [`${source}worker/host.ts`],
      outfile: `${dist}wasminstall-worker.mjs`,
    }),
    build({
      ...common,
      format: "iife",
      // What `wasminstall bundle` adds to a site: classic scripts, the service worker among them.
      entryPoints: {
        "wasminstall-offline": `${source}offline/register.ts`,
        "wasminstall-offline-worker": `${source}offline/worker.ts`,
      },
      outdir: dist,
    }),
    build({
      ...common,
      plugins,
      // A classic script has no import.meta; home.ts then looks at its script tag.
      define: { ...define, "import.meta.url": "undefined" },
      format: "iife",
      entryPoints: [`${source}entry-script.ts`],
      outfile: `${dist}wasminstall.js`,
    }),
    buildTypes(),
  ]);
  for (const name of ["wasminstall.mjs", "wasminstall-worker.mjs"]) await keepFromBundlers(dist + name);
}

/**
 * An `import()` of a chunk's entry stays an import of its file; so does one of the bootstrap from a chunk.
 * @param {string} source
 * @returns {import("esbuild").Plugin}
 */
function separateChunks(source) {
  const files = Object.entries(CHUNKS).map(
    ([name, entry]) => /** @type {const} */ ([source + entry, `./wasminstall-${name}.mjs`]),
  );
  /** @type {ReadonlyMap<string, string>} */
  const byEntry = new Map([...files, [`${source}entry-module.ts`, "./wasminstall.mjs"]]);
  return {
    name: "separate-chunks",
    setup({ onResolve }) {
      onResolve({ filter: /^\.{1,2}\// }, ({ kind, path, resolveDir }) => {
        const file = byEntry.get(resolve(resolveDir, path).replace(/\.js$/, ".ts"));
        return kind === "dynamic-import" && file ? { path: file, external: true } : undefined;
      });
    },
  };
}

/**
 * Minifying takes the comments that tell other bundlers to leave an `import()` of a computed address alone.
 * @param {string} file
 */
async function keepFromBundlers(file) {
  const text = await readFile(file, "utf8");
  await writeFile(
    file,
    text.replace(/\bimport\((?=[^"'\s)])/g, "import(/* webpackIgnore: true */ /* @vite-ignore */ "),
  );
}

/** The JavaScript half for Python to load by itself: part of the wheel, so it is built before that. */
export async function bundlePage() {
  await build({
    bundle: true,
    minify: true,
    target: "es2022",
    format: "iife",
    define: { __BUILD__: JSON.stringify(await buildInfo()), "import.meta.url": "undefined" },
    entryPoints: [`${root}js/src/page/entry.ts`],
    outfile: `${root}src/wasminstall/_page.js`,
  });
}

/** The value of js/src/build-info.ts. */
async function buildInfo() {
  const { version, pyodides } = await readProject();
  const main = pyodides.find(({ name }) => name === "pyodide");
  if (!main) throw new Error("package.json has no devDependency named pyodide");
  return {
    version,
    pyodideVersion: main.version,
    pyodideUrl: await pyodideUrl(main),
    indexUrl: await indexUrl(),
    displayModule: (await readDisplay()).name,
    stdlib: await stdlibInfo(),
    compiled: Object.fromEntries((await readCompiled()).map(({ wheel, file }) => [wheel, file])),
  };
}

async function stdlibInfo() {
  const zip = await readFile(`${pyodideFolder}python_stdlib.zip`);
  const directory = zip.readUInt32LE(zip.length - 6);
  return { source: digest(zip), start: directory, directory: digest(zip.subarray(directory)) };
}

/** @param {Uint8Array} bytes */
function digest(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The Python package knows where PyPI answers, once it is built. */
async function indexUrl() {
  const module = await readFile(`${root}src/wasminstall/_default_index.py`, "utf8").catch(() => "");
  return /DEFAULT_INDEX_URL = '(.*)'/.exec(module)?.[1] ?? "";
}

/**
 * Pyodide itself knows where its releases are published.
 * @param {import("./project.mjs").PyodideBuild} pyodide
 */
async function pyodideUrl({ folder, version }) {
  const script = await readFile(`${folder}/pyodide.mjs`, "utf8");
  const [, before, after] = /`(https:[^`$]*)\$\{\w+\}([^`$]*\/)`/.exec(script) ?? [];
  if (!before || !after) throw new Error("the CDN address is no longer found in pyodide.mjs");
  return before + version + after;
}
