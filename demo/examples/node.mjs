/**
 * `node node.mjs REQUIREMENT [INDEX]`: installs a package and says what it is about.
 *
 * Pyodide is the npm package `pyodide`, and the index is PyPI unless told.
 */

import { boot } from "wasminstall";

const [requirement = "humanize", index] = process.argv.slice(2);

const python = await boot({ index });
const report = await python.install(requirement);
console.log(report.text);

for (const { name } of report.packages) {
  console.log(
    await python.run(`
from importlib import metadata
about = metadata.metadata("${name}")
f"{about['Name']} {about['Version']}: {about['Summary']}"
`),
  );
}
