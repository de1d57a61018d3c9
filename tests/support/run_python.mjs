// Runs Python (from standard input) in one of the installed Pyodide builds; its last expression, a string, is printed.
// usage: node run_python.mjs BUILD ARCHIVES_URL
import { attach } from "../../js/dist/wasminstall.mjs";

const [build, archive] = process.argv.slice(2);
const { loadPyodide } = await import(`${build}/pyodide.mjs`);
const pyodide = await loadPyodide({ stderr: () => {}, stdout: (line) => console.error(line) });
await attach(pyodide, archive ? { archive } : {});

let code = "";
for await (const piece of process.stdin) code += piece;
try {
  process.stdout.write(await pyodide.runPythonAsync(code));
  process.exit(0);
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
