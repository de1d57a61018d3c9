/**
 * The standard library of a Pyodide, compiled ahead:
 *
 * - `node js/build/stdlib.mjs PYODIDE_FOLDER OUT`: all of it with bytecode beside the sources, for
 *   `boot({ stdlib: "..." })`. It is for exactly this Pyodide; make a new one with every update.
 * - `node js/build/stdlib.mjs PYODIDE_FOLDER OUT ARCHIVE`: bytecode of what a start and a first import take, and of
 *   wasminstall's archive `ARCHIVE`, for the first visit of a page with this Pyodide. `npm run build` does it.
 */

import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { readProject } from "./project.mjs";

/**
 * The modules of the standard library that an install needs, and those that the first import of numpy and
 * pandas takes; asked before anything else is imported.
 */
const IMPORTED = `
import sys
import calendar, concurrent.futures.thread, csv, ctypes, decimal, gzip, hmac, numbers, pickle, pkgutil, pprint, queue
import secrets, tarfile, uuid, zoneinfo, _strptime
sys.path.append("/lib/archive.zip")
import wasminstall
try:
    await wasminstall.install("nothing @ https://localhost:1/nothing-1-py3-none-any.whl", offline=True)
except wasminstall.WasmInstallError:
    pass
library = "/lib/python%d%d.zip/" % sys.version_info[:2]
origins = [str(getattr(module.__spec__, "origin", "")) for module in list(sys.modules.values()) if hasattr(module, "__spec__")]
[origin.removeprefix(library) for origin in origins if origin.startswith(library)]
`;

/**
 * @param {string} pyodideFolder
 * @param {string} output path of the file to write
 * @param {string} [archive] path of a wasminstall archive
 */
export async function prepareStdlib(pyodideFolder, output, archive) {
  const folder = resolve(pyodideFolder);
  const { loadPyodide, version } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
  // No columns in what every first visit downloads (a quarter less): they draw the carets under source lines.
  const pyodide = await loadPyodide(archive && { env: { HOME: "/home/pyodide", PYTHONNODEBUGRANGES: "1" } });
  const library = await readFile(`${folder}/python_stdlib.zip`);
  const bytes = archive
    ? await madeForFirstVisit(pyodide, library, gunzipSync(await readFile(archive)))
    : (await functionOf(pyodide, "with_bytecode"))(inPython(pyodide, library), version).toJs();
  await writeFile(output, bytes);
  console.log(`${output}: ${(bytes.length / 1e6).toFixed(1)} MB for Pyodide ${version}`);
}

/**
 * @param {any} pyodide
 * @param {Uint8Array} library
 * @param {Uint8Array} archive
 */
async function madeForFirstVisit(pyodide, library, archive) {
  const { version } = await readProject();
  pyodide.FS.writeFile("/lib/archive.zip", new Uint8Array(archive));
  const names = await pyodide.runPythonAsync(IMPORTED);
  const make = await functionOf(pyodide, "first_visit");
  const made = make(inPython(pyodide, library), names, inPython(pyodide, archive), version).toJs();
  return gzipSync(made, { level: 9 });
}

/**
 * @param {any} pyodide
 * @param {string} name
 */
async function functionOf(pyodide, name) {
  pyodide.runPython(await readFile(new URL("stdlib.py", import.meta.url), "utf8"));
  return pyodide.globals.get(name);
}

/**
 * @param {any} pyodide
 * @param {Uint8Array} bytes
 */
function inPython(pyodide, bytes) {
  return pyodide.toPy(new Uint8Array(bytes)).tobytes();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [pyodideFolder, output, archive] = process.argv.slice(2);
  if (!pyodideFolder || !output) throw new Error("usage: node js/build/stdlib.mjs PYODIDE_FOLDER OUT [ARCHIVE]");
  await prepareStdlib(pyodideFolder, output, archive);
}
