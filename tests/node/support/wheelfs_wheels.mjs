/** Wheels mounted by Python's half of wasminstall: `node wheelfs_wheels.mjs BUNDLE BUILD WHEELS CODE` prints what CODE gives. */

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [bundle = "", build = "", wheels = "", code = ""] = process.argv.slice(2);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const { createWheelFs } = await import(pathToFileURL(bundle).href);
const { loadPyodide } = await import(`${build}/pyodide.mjs`);
const packageCacheDir = await mkdtemp(join(tmpdir(), "pyodide-packages-"));
const pyodide = await loadPyodide({ packageCacheDir, stderr: () => {} });
pyodide._wasminstall = { wheelFs: createWheelFs(pyodide) };
for (const [path, folder] of [
  ["/repository/wasminstall", join(root, "src/wasminstall")],
  ["/repository/node", join(root, "tests/node")],
  ["/wheels", wheels],
]) {
  pyodide.FS.mkdirTree(path);
  pyodide.FS.mount(pyodide.FS.filesystems.NODEFS, { root: folder }, path);
}
try {
  const found = await pyodide.runPythonAsync(`import sys\nsys.path.append("/repository")\n${code}`);
  process.stdout.write(found, () => process.exit(0));
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
