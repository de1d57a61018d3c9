/** Child process of archive.mjs: a Pyodide repacks the wheel. */

import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const [pyodideFolder = "", wheel = "", version = "", output = ""] = process.argv.slice(2);

const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}/pyodide.mjs`).href);
const pyodide = await loadPyodide();
pyodide.runPython(await readFile(new URL("repack.py", import.meta.url), "utf8"));
const bytes = pyodide.toPy(new Uint8Array(await readFile(wheel))).tobytes();
const archive = pyodide.globals.get("repack")(bytes, version).toJs();
await writeFile(output, gzipSync(archive, { level: 9 }));
