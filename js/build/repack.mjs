/** Child process of archive.mjs: one Pyodide repacks the wheel. One process each, because two Pyodides clash in one. */

import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const [pyodideFolder = "", wheel = "", version = "", kind = "", output = ""] = process.argv.slice(2);

const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href);
// No columns in the bytecode (gzip: -28 %): they only draw the carets under source lines, which are not there.
const pyodide = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONNODEBUGRANGES: "1" } });
pyodide.runPython(await readFile(new URL("repack.py", import.meta.url), "utf8"));
const bytes = pyodide.toPy(new Uint8Array(await readFile(wheel))).tobytes();
const archive = pyodide.globals
  .get("repack")(bytes, version, kind === "bytecode")
  .toJs();
await writeFile(output, gzipSync(archive, { level: 9 }));
