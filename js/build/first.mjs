/** The bytecode for the first visit (js/src/stdlib/first.ts), for the Pyodide that the bootstrap loads by itself. */

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { dist, pyodideFolder, readDisplay, readProject } from "./project.mjs";

const SCRIPT = fileURLToPath(import.meta.url);

/**
 * The modules of the standard library that an install needs, and those that the first import of numpy and
 * pandas takes; asked before anything else of that is imported.
 */
const IMPORTED = `
import sys
from first import made_by_import
import calendar, concurrent.futures.thread, csv, ctypes, decimal, gzip, hmac, numbers, pickle, pkgutil, pprint, queue
import secrets, tarfile, uuid, zoneinfo, _strptime
sys.path.append("/lib/archive.zip")
made = made_by_import("wasminstall")
import wasminstall
try:
    await wasminstall.install("nothing @ https://localhost:1/nothing-1-py3-none-any.whl", offline=True)
except wasminstall.WasmInstallError:
    pass
library = "/lib/python%d%d.zip/" % sys.version_info[:2]
origins = [str(getattr(module.__spec__, "origin", "")) for module in list(sys.modules.values()) if hasattr(module, "__spec__")]
[origin.removeprefix(library) for origin in origins if origin.startswith(library)]
`;

/** Needs the archive of the Python package. In a process of its own, because two Pyodides clash in one. */
export async function buildFirst() {
  await promisify(execFile)(process.execPath, [SCRIPT]);
}

async function make() {
  const { version } = await readProject();
  const { loadPyodide } = await import(pathToFileURL(`${pyodideFolder}pyodide.mjs`).href);
  // No columns in what every first visit downloads (a quarter less): they draw the carets under source lines.
  const pyodide = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONNODEBUGRANGES: "1" } });
  /** @param {Uint8Array} bytes */
  const inPython = (bytes) => pyodide.toPy(new Uint8Array(bytes)).tobytes();
  const archive = gunzipSync(await readFile(`${dist}wasminstall.zip.gz`));
  pyodide.FS.writeFile("/lib/archive.zip", new Uint8Array(archive));
  for (const name of ["stdlib.py", "first.py"]) {
    pyodide.FS.writeFile(name, await readFile(new URL(name, import.meta.url)));
  }
  const { first_visit: firstVisit } = pyodide.pyimport("first");
  const names = await pyodide.runPythonAsync(IMPORTED);
  const library = inPython(await readFile(`${pyodideFolder}python_stdlib.zip`));
  const { name, source } = await readDisplay();
  const made = pyodide.globals.get("made");
  const ends = firstVisit(library, names, inPython(archive), version, made, name, inPython(source)).toJs();
  await writeFile(`${dist}wasminstall.stdlib.gz`, gzipSync(ends, { level: 9 }));
}

if (process.argv[1] === SCRIPT) await make();
