/**
 * `boot()` in a process of its own: `node stdlib_child.mjs JSON` runs Python and prints its value, which is JSON, and what
 * the code `show` shows before.
 */

import { boot } from "wasminstall";

/** @type {{folder: string, code: string, options?: object, config?: object, imported?: boolean, show?: string}} */
const { folder, code, options, config = {}, imported, show } = JSON.parse(process.argv[2] ?? "");
const pyodide = imported ? await import(new URL("pyodide.mjs", folder).href) : folder;
let prepared = 0;
const fsInit = async () => {
  prepared += 1;
};
const python = await boot({ pyodide, config: { fsInit, ...config }, ...options });
/** @type {object[]} */
const outputs = [];
if (show) await python.execute(show, (output) => outputs.push(output));
const value = JSON.parse(String(await python.run(code)));
console.log(JSON.stringify({ value, prepared, outputs }));
// What is to be kept is kept when Node has nothing else to do.
