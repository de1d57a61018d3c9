/** The Python wheel -> the archive that the bootstrap loads, and the wheel. */

import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { dist, readProject, root } from "./project.mjs";

/**
 * @param {string} [given] path of the wheel; the one in dist/ unless told
 */
export async function buildArchives(given) {
  const { version, pyodides } = await readProject();
  const wheel = given ?? (await builtWheel(version));
  if (!basename(wheel).startsWith(`wasminstall-${version}-`)) {
    throw new Error(`${wheel} is not wasminstall ${version}, the version in package.json`);
  }
  await mkdir(dist, { recursive: true });
  // What the oldest CPython writes, all of them read.
  const [oldest] = pyodides;
  if (!oldest) throw new Error("package.json has no devDependency named pyodide");
  await repack(oldest.folder, wheel, version, `${dist}wasminstall.zip.gz`);
  await copyFile(wheel, dist + basename(wheel));
}

/** @param {string} version */
async function builtWheel(version) {
  const names = await readdir(`${root}dist`).catch(() => []);
  const name = names.find((name) => name.startsWith(`wasminstall-${version}-`) && name.endsWith(".whl"));
  if (!name) throw new Error(`dist/ has no wheel of wasminstall ${version}: build the Python package first`);
  return `${root}dist/${name}`;
}

/**
 * In a process of its own, because two Pyodides clash in one.
 * @param {string} pyodideFolder
 * @param {string} wheel
 * @param {string} version
 * @param {string} output
 */
async function repack(pyodideFolder, wheel, version, output) {
  const script = fileURLToPath(new URL("repack.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [script, pyodideFolder, wheel, version, output]);
}
