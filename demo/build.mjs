/** Builds the notebook page: `node demo/build.mjs [--watch]` fills demo/dist/. */

import { cp, mkdir } from "node:fs/promises";
import { build, context } from "esbuild";

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
  loader: { ".py": "text" },
  logLevel: "info",
};

async function copyFixedFiles() {
  await mkdir(dist, { recursive: true });
  await cp(new URL("index.html", here), new URL("index.html", dist));
  await cp(new URL("src/icon.svg", here), new URL("icon.svg", dist));
}

await copyFixedFiles();
if (process.argv.includes("--watch")) await (await context(options)).watch();
else await build(options);
