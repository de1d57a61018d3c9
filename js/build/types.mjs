/** The declarations that are published: those of the entries in package.json and what they reach, nothing else. */

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { dist, readTypeEntries, root } from "./project.mjs";

/** Compile the declarations into js/dist/types; what an earlier build left there goes. */
export async function buildTypes() {
  const all = await mkdtemp(`${tmpdir()}/wasminstall-types-`);
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  try {
    await promisify(execFile)(process.execPath, [tsc, "--project", root, "--outDir", all]);
    const names = await reached(all, await readTypeEntries());
    await rm(`${dist}types`, { recursive: true, force: true });
    await Promise.all(names.map((name) => cp(`${all}/${name}`, `${dist}types/${name}`)));
  } finally {
    await rm(all, { recursive: true });
  }
}

/**
 * @param {string} folder
 * @param {string[]} entries names of declarations in it
 * @returns {Promise<string[]>} theirs, and those of all they import
 */
async function reached(folder, entries) {
  const found = new Set(entries);
  for (const name of found) {
    const text = await readFile(`${folder}/${name}`, "utf8");
    for (const [, path = ""] of text.matchAll(/(?:from |import\(|import )"(\.[^"]+)\.js"/g)) {
      found.add(new URL(`${path}.d.ts`, `file:///${name}`).pathname.slice(1));
    }
  }
  return [...found];
}
