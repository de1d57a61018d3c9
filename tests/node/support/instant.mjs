/** One Python in a process of its own: `node instant.mjs JSON` makes a snapshot, or starts and runs Python; prints JSON. */

import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { boot } from "wasminstall";
import { makeSnapshot } from "../../../js/build/snapshot.mjs";

/**
 * @typedef {object} Given
 * @property {"make" | "start"} work
 * @property {string} pyodide path of its folder
 * @property {string} [base] address of the distribution's wheels
 * @property {string} index
 * @property {string[]} packages
 * @property {string} snapshot path; none for a normal start
 * @property {string[]} modules paths of Python files of the package `support`
 * @property {string} code sets `result`
 */

/** @type {Given} */
const given = JSON.parse(process.argv[2] ?? "");
const { packages, index, snapshot, base: packageBaseUrl } = given;
const packageCacheDir = await mkdtemp(join(tmpdir(), "pyodide-packages-"));
const config = { packageCacheDir, ...(packageBaseUrl ? { packageBaseUrl } : {}) };
const found = await (given.work === "make" ? make() : start());
process.stdout.write(JSON.stringify(found), () => process.exit(0));

async function make() {
  const { bytes, header } = await makeSnapshot({ packages, index, pyodide: given.pyodide, config });
  await writeFile(snapshot, bytes);
  return header;
}

async function start() {
  const pyodide = pathToFileURL(`${given.pyodide}/`);
  const from = snapshot ? { snapshot: pathToFileURL(snapshot) } : {};
  const python = await boot({ pyodide, packages, index, config, ...from });
  const { FS } =
    /** @type {{ FS: { mkdirTree(path: string): void, writeFile(path: string, data: Uint8Array): void } }} */ (
      /** @type {unknown} */ (python.pyodide)
    );
  FS.mkdirTree("/home/pyodide/support");
  for (const path of given.modules) {
    FS.writeFile(`/home/pyodide/support/${path.split("/").at(-1)}`, new Uint8Array(await readFile(path)));
  }
  const text = String(await python.run(`${given.code}\nimport json\njson.dumps(result)`));
  return { ...python.start, text }; // Python's JSON, in which numbers may be NaN
}
