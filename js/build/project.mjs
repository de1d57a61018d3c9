/** What the build scripts share: where things are and which Pyodide builds are installed. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const dist = `${root}js/dist/`;
/** The Pyodide of this release. */
export const pyodideFolder = `${root}node_modules/pyodide/`;

/** @param {string} path relative to the repository */
async function readJson(path) {
  return JSON.parse(await readFile(root + path, "utf8"));
}

/** What shows output, js/src/display/display.py, and what its bytecode is called: each source has a name of its own. */
export async function readDisplay() {
  const source = await readFile(`${root}js/src/display/display.py`);
  const hash = createHash("sha256").update(source).digest("hex");
  return { source, name: `_wasminstall_display_${hash.slice(0, 8)}` };
}

/**
 * @typedef {object} PyodideBuild
 * @property {string} name folder in node_modules
 * @property {string} folder
 * @property {string} version as npm spells it
 * @property {string} series "0.29" or "314"
 */

/** @returns {Promise<{version: string, pyodides: PyodideBuild[]}>} this release, and the Pyodide builds by age */
export async function readProject() {
  const { version, devDependencies } = await readJson("package.json");
  const names = Object.keys(devDependencies).filter((name) => /^pyodide(-|$)/.test(name));
  const pyodides = await Promise.all(names.map(readPyodide));
  pyodides.sort((a, b) => Number.parseFloat(a.series) - Number.parseFloat(b.series));
  return { version, pyodides };
}

/** @returns {Promise<string[]>} the declarations that package.json names, below js/dist/types */
export async function readTypeEntries() {
  const { exports } = await readJson("package.json");
  return Object.values(exports).flatMap(({ types }) => (types ? [types.replace("./js/dist/types/", "")] : []));
}

/**
 * @param {string} name
 * @returns {Promise<PyodideBuild>}
 */
async function readPyodide(name) {
  const { version } = await readJson(`node_modules/${name}/package.json`);
  const [major, minor] = version.split(".");
  return {
    name,
    folder: `${root}node_modules/${name}`,
    version,
    series: major === "0" ? `0.${minor}` : major,
  };
}
