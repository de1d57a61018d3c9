/** js/dist/integrity.json: what a page writes into `integrity="..."` for each file of this release. */

import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dist } from "./project.mjs";

const NAME = "integrity.json";

/** Write the table of the files in js/dist as they are now. */
export async function writeIntegrity() {
  const entries = await readdir(dist, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && entry.name !== NAME).map(({ name }) => name);
  const rows = names.sort().map(async (name) => [name, integrity(await readFile(dist + name))]);
  await writeFile(dist + NAME, `${JSON.stringify(Object.fromEntries(await Promise.all(rows)), undefined, 2)}\n`);
}

/** @param {Uint8Array} bytes */
function integrity(bytes) {
  return `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
}
