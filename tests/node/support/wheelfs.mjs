/** wheelfs in one Pyodide, in a process of its own: `node wheelfs.mjs BUNDLE PYODIDE_FOLDER CHECK...` prints JSON. */

import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as checks from "./wheelfs_checks.mjs";

const [bundle = "", folder = "", ...names] = process.argv.slice(2);
const [{ createWheelFs }, { loadPyodide }] = await Promise.all([
  import(pathToFileURL(bundle).href),
  import(pathToFileURL(`${folder}/pyodide.mjs`).href),
]);
const packageCacheDir = await mkdtemp(join(tmpdir(), "pyodide-packages-"));
const pyodide = await loadPyodide({ packageCacheDir, stderr: () => {} });
const wheelfs = createWheelFs(pyodide);
pyodide.registerJsModule("wheelfs", wheelfs);
// As in this repository, so that one import fits both.
pyodide.FS.mkdirTree("/home/pyodide/node/support");
for (const name of ["wheelfs_behaviours.py", "wheelfs_trees.py"]) {
  const source = await readFile(new URL(name, import.meta.url));
  pyodide.FS.writeFile(`/home/pyodide/node/support/${name}`, new Uint8Array(source));
}
const trees = pyodide.pyimport("node.support.wheelfs_trees");
const behaviours = pyodide.pyimport("node.support.wheelfs_behaviours");

/** @type {Record<string, unknown>} */
const found = {};
for (const name of names) {
  const check = /** @type {Record<string, (world: import("./wheelfs_checks.mjs").World) => unknown>} */ (checks)[name];
  found[name] = await check?.({ pyodide, wheelfs, behaviours, trees });
}
process.stdout.write(JSON.stringify(found), () => process.exit(0));
