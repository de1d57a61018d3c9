/** TypeScript -> wasminstall.mjs (to import) and wasminstall.js (for a script tag), with their types. */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { build } from "esbuild";
import { dist, readProject, root } from "./project.mjs";

/** Build both bundles and the declarations. */
export async function bundle() {
  const define = { __BUILD__: JSON.stringify(await buildInfo()) };
  /** @type {import("esbuild").BuildOptions} */
  const common = {
    bundle: true,
    minifyIdentifiers: true,
    minifySyntax: true,
    sourcemap: true,
    target: "es2022",
  };
  const source = `${root}js/src/`;
  await Promise.all([
    build({
      ...common,
      define,
      // Whitespace is kept with the comments that tell other bundlers to leave the import of Pyodide alone.
      format: "esm",
      entryPoints: [`${source}entry-module.ts`],
      outfile: `${dist}wasminstall.mjs`,
    }),
    build({
      ...common,
      // A classic script has no import.meta; home.ts then looks at its script tag.
      define: { ...define, "import.meta.url": "undefined" },
      minifyWhitespace: true,
      format: "iife",
      entryPoints: [`${source}entry-script.ts`],
      outfile: `${dist}wasminstall.js`,
    }),
    promisify(execFile)(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "--project", root]),
  ]);
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
    tags: Object.fromEntries(pyodides.map(({ series, cacheTag }) => [series, cacheTag])),
  };
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
