/**
 * The standard library of a Pyodide, compiled ahead: `node js/build/stdlib.mjs PYODIDE_FOLDER OUT` writes it with bytecode
 * beside the sources, for `boot({ stdlib: "..." })`. It is for exactly this Pyodide; make a new one with every update.
 */

import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * @param {string} pyodideFolder
 * @param {string} output path of the file to write
 */
export async function prepareStdlib(pyodideFolder, output) {
  const folder = resolve(pyodideFolder);
  const { loadPyodide, version } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
  const pyodide = await loadPyodide();
  pyodide.runPython(await readFile(new URL("stdlib.py", import.meta.url), "utf8"));
  const library = pyodide.toPy(new Uint8Array(await readFile(`${folder}/python_stdlib.zip`))).tobytes();
  const bytes = pyodide.globals.get("with_bytecode")(library, version).toJs();
  await writeFile(output, bytes);
  console.log(`${output}: ${(bytes.length / 1e6).toFixed(1)} MB for Pyodide ${version}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [pyodideFolder, output] = process.argv.slice(2);
  if (!pyodideFolder || !output) throw new Error("usage: node js/build/stdlib.mjs PYODIDE_FOLDER OUT");
  await prepareStdlib(pyodideFolder, output);
}
