/**
 * Bytecode of what the first import of large packages takes (js/src/ahead/compiled.ts): wasminstall.PACKAGE.gz for each,
 * for the wheels that the Pyodide of this release has of them. They lie in build/wheels (demo/mirror.py).
 */

import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { dist, pyodideFolder, root } from "./project.mjs";

const SCRIPT = fileURLToPath(import.meta.url);
const WHEELS = `${root}build/wheels/`;

/**
 * What a page does with them at first, each after those that it imports: a table and a picture that are shown.
 * @type {Readonly<Record<string, string>>}
 */
const FIRST_USE = {
  numpy: "import numpy",
  pandas: `
import io, pandas
frame = pandas.read_csv(io.StringIO("a,b\\n1,2"))
repr(frame.describe()), frame._repr_html_()
`,
  matplotlib: `
import io
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.savefig(io.BytesIO(), format="png")
`,
};

/** Nothing is made of a package whose wheel is not there. In a process of its own, because two Pyodides clash in one. */
export async function buildCompiled() {
  await promisify(execFile)(process.execPath, [SCRIPT]);
}

/** @returns {Promise<{name: string, wheel: string, file: string}[]>} the packages, the wheel of each, what is made of it */
export async function readCompiled() {
  const { packages } = JSON.parse(await readFile(`${pyodideFolder}pyodide-lock.json`, "utf8"));
  const present = new Set(await readdir(WHEELS).catch(() => []));
  return Object.keys(FIRST_USE)
    .map((name) => ({ name, wheel: packages[name].file_name, file: `wasminstall.${name}.gz` }))
    .filter(({ wheel }) => present.has(wheel));
}

async function make() {
  const packages = await readCompiled();
  if (!packages.length) return;
  const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}pyodide.mjs`).href);
  // No columns, as in what js/build/first.mjs makes.
  const pyodide = await loadPyodide({
    packageCacheDir: WHEELS,
    packageBaseUrl: WHEELS,
    env: { HOME: "/home/pyodide", PYTHONNODEBUGRANGES: "1" },
  });
  pyodide.FS.writeFile("compiled.py", await readFile(new URL("compiled.py", import.meta.url)));
  const names = packages.map(({ name }) => name);
  await pyodide.loadPackage(names, { messageCallback: () => {} });
  const { Modules } = pyodide.pyimport("compiled");
  const modules = Modules();
  for (const { name, file } of packages) {
    pyodide.runPython(FIRST_USE[name]);
    await writeFile(dist + file, gzipSync(modules.compile_new().toJs(), { level: 9 }));
  }
}

if (process.argv[1] === SCRIPT) await make();
