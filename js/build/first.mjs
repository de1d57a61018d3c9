/** The bytecode for the first visit (js/src/stdlib/first.ts), for the Pyodide that the bootstrap loads by itself. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { dist, root } from "./project.mjs";

/** Needs the archive of the Python package. */
export async function buildFirst() {
  const script = fileURLToPath(new URL("stdlib.mjs", import.meta.url));
  const files = [`${dist}wasminstall.stdlib.gz`, `${dist}wasminstall.zip.gz`];
  await promisify(execFile)(process.execPath, [script, `${root}node_modules/pyodide`, ...files]);
}
