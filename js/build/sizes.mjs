/** What a visitor downloads: the size of every built file as it is, with gzip and with brotli; and what is too large. */

import { readdir, readFile } from "node:fs/promises";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { dist } from "./project.mjs";

/**
 * The most that a file may have, in bytes with brotli.
 * @type {Readonly<Record<string, number>>}
 */
const LIMITS = { "wasminstall.mjs": 15_000, "wasminstall.zip.gz": 120_000 };

/** Bytes that brotli would take long for, and that are sent with gzip. */
const LARGE = 6e6;

/** Print the table; a file above its limit is an error. What is sent with gzip is measured as what is in it. */
export async function printSizes() {
  const names = (await readdir(dist)).filter((name) => /\.(m?js|gz|whl)$/.test(name)).sort();
  const tooLarge = [];
  console.log(row("bytes", "raw", "gzip", "brotli"));
  for (const name of names) {
    const file = await readFile(dist + name);
    const bytes = name.endsWith(".gz") ? gunzipSync(file) : file;
    const gzip = bytes === file ? gzipSync(bytes, { level: 9 }) : file;
    const brotli = bytes.length < LARGE ? brotliCompressSync(bytes).length : 0;
    console.log(row(name, bytes.length, gzip.length, brotli || "-"));
    const limit = LIMITS[name];
    if (limit && brotli > limit) tooLarge.push(`${name} has ${brotli} bytes with brotli; it may have ${limit}`);
  }
  if (tooLarge.length) throw new Error(tooLarge.join("\n"));
}

/**
 * @param {string} name
 * @param {(string | number)[]} cells
 */
function row(name, ...cells) {
  return name.padEnd(38) + cells.map((cell) => String(cell).padStart(10)).join("");
}
