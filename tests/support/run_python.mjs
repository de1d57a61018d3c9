// Runs Python (from standard input) in one of the installed Pyodide builds; its last expression, a string, is printed.
// usage: node run_python.mjs BUILD STANDARD_LIBRARY [PACKAGE_BASE_URL [wheel]]
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attach } from "../../js/dist/wasminstall.mjs";

const [build, stdLibURL, packageBaseUrl, wheel] = process.argv.slice(2);
const { loadPyodide } = await import(`${build}/pyodide.mjs`);
// Pyodide keeps what it loads in a folder, and without this one takes the URL for its name.
const packageCacheDir = mkdtempSync(join(tmpdir(), "pyodide-packages-"));
const config = { stdLibURL, ...(packageBaseUrl && { packageBaseUrl, packageCacheDir }) };
const pyodide = await loadPyodide({ ...config, stderr: () => {}, stdout: (line) => console.error(line) });
if (wheel) {
  const folder = new URL("../../js/dist/", import.meta.url);
  const name = readdirSync(folder).find((name) => name.endsWith(".whl"));
  pyodide.unpackArchive(new Uint8Array(readFileSync(new URL(name, folder))), "wheel");
} else {
  await attach(pyodide);
}

let code = "";
for await (const piece of process.stdin) code += piece;
try {
  // A pipe takes 64 KB at a time: wait until all is out.
  process.stdout.write(await pyodide.runPythonAsync(code), () => process.exit(0));
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
