/**
 * Bytecode for a bundle, made by the interpreter that will read it:
 *
 *     node compile.mjs PYODIDE STDLIB_PY FOLDER
 *
 * For every wheel in FOLDER it writes NAME.whl.zip with what goes beside the sources, and for the standard library of
 * the Pyodide python_stdlib.zip with both. What it begins with is a line on the standard output.
 */

import { writeSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodideFolder, stdlibScript, folder] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide, version } = await import(pathToFileURL(join(pyodideFolder, "pyodide.mjs")).href);
const pyodide = await loadPyodide({ indexURL: pyodideFolder });
for (const script of [stdlibScript, new URL("compile.py", import.meta.url)]) {
  pyodide.runPython(await readFile(script, "utf8"));
}
const [withBytecode, bytecodeOf, compileModule] = ["with_bytecode", "bytecode_of", "compile_module"].map((name) =>
  pyodide.globals.get(name),
);
const inPython = (bytes) => pyodide.toPy(new Uint8Array(bytes)).tobytes();

const stdlib = await readFile(join(pyodideFolder, "python_stdlib.zip"));
await save("python_stdlib.zip", () => withBytecode(inPython(stdlib), version));
for (const name of (await readdir(folder)).filter((name) => name.endsWith(".whl")).sort()) {
  const wheel = inPython(await readFile(join(folder, name)));
  await save(`${name}.zip`, () => bytecodeOf(wheel, compileModule));
}
process.exit(); // Pythons do not end by themselves

async function save(name, make) {
  writeSync(1, `${name.replace(/\.whl\.zip$/, ".whl")}\n`); // at once, as nothing else happens meanwhile
  const made = make();
  await writeFile(join(folder, name), made.toJs());
  made.destroy();
}
