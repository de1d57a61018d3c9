/** Builds the notebook page, the gallery and its examples: `node demo/build.mjs [--watch]` fills demo/dist/. */

import { cp, mkdir } from "node:fs/promises";
import { build, context } from "esbuild";
import { build as viteBuild } from "vite";

const here = new URL(".", import.meta.url);
const dist = new URL("dist/", here);

const options = {
  absWorkingDir: new URL(".", here).pathname,
  entryPoints: { notebook: "src/main.ts" },
  outdir: dist.pathname,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: true,
  logLevel: "info",
};

async function copyFixedFiles() {
  await mkdir(dist, { recursive: true });
  for (const name of ["index.html", "gallery.html", "gallery.css"]) await cp(new URL(name, here), new URL(name, dist));
  await cp(new URL("src/icon.svg", here), new URL("icon.svg", dist));
  const filter = (path) => !path.includes("/examples/vite");
  await cp(new URL("examples", here), new URL("examples", dist), { recursive: true, filter });
}

/** The example has no configuration: what is here comes from its place in this repository. */
async function buildViteExample() {
  const wasminstall = new URL("../js/dist/wasminstall.mjs", here).pathname;
  await viteBuild({
    root: new URL("examples/vite", here).pathname,
    base: "./",
    configFile: false,
    resolve: { alias: { wasminstall } },
    build: { outDir: new URL("examples/vite", dist).pathname, emptyOutDir: true },
    logLevel: "warn",
  });
}

await copyFixedFiles();
await buildViteExample();
if (process.argv.includes("--watch")) await (await context(options)).watch();
else await build(options);
