/** `node survey.mjs BUNDLE`: for each line of standard input, a wheel and limits as JSON, a line of what the survey says. */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { crc32, inflateRawSync } from "node:zlib";

const { survey } = await import(pathToFileURL(String(process.argv[2])).href);

for await (const line of createInterface({ input: process.stdin })) {
  const { wheel, limits } = JSON.parse(line);
  const found = survey(new Uint8Array(Buffer.from(wheel, "base64")), limits, unpack);
  console.log(JSON.stringify(found ? { ...found, table: [...found.table] } : null));
}

/**
 * What js/src/wheelfs/inflate.ts does with the zlib of an interpreter.
 *
 * @param {{ bytes: Uint8Array, size: number, deflated: boolean, crc: number }} member
 */
function unpack({ bytes, size, deflated, crc }) {
  try {
    const buffer = deflated ? inflated(bytes, size) : bytes;
    return buffer.length === size && crc32(buffer) === crc ? buffer : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} size
 * @returns {Uint8Array}
 */
function inflated(bytes, size) {
  return inflateRawSync(bytes, { maxOutputLength: size || 1 });
}
