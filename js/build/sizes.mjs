/** What a visitor downloads: the size of every built file as it is, with gzip and with brotli. */

import { readdir, readFile } from "node:fs/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { dist } from "./project.mjs";

/** Print the table. */
export async function printSizes() {
  const names = (await readdir(dist)).filter((name) => /\.(m?js|zip\.gz|whl)$/.test(name)).sort();
  console.log(row("bytes", "raw", "gzip", "brotli"));
  for (const name of names) {
    const bytes = await readFile(dist + name);
    console.log(row(name, bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes).length));
  }
}

/**
 * @param {string} name
 * @param {(string | number)[]} cells
 */
function row(name, ...cells) {
  return name.padEnd(38) + cells.map((cell) => String(cell).padStart(10)).join("");
}
