/** The Python wheel -> one zip of bytecode for each CPython among the Pyodide builds, one of sources, and the wheel. */

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
  const byTag = new Map(pyodides.map((pyodide) => [pyodide.cacheTag, pyodide]));
  for (const [tag, pyodide] of byTag)
    await repack(pyodide.folder, wheel, version, "bytecode", `wasminstall.${tag}.zip.gz`);
  const newest = [...byTag.values()].at(-1);
  if (newest) await repack(newest.folder, wheel, version, "source", "wasminstall.zip.gz");
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
 * @param {string} pyodideFolder
 * @param {string} wheel
 * @param {string} version
 * @param {"bytecode" | "source"} kind
 * @param {string} name
 */
async function repack(pyodideFolder, wheel, version, kind, name) {
  const script = fileURLToPath(new URL("repack.mjs", import.meta.url));
  await promisify(execFile)(process.execPath, [script, pyodideFolder, wheel, version, kind, dist + name]);
}
