/** `node survey.mjs BUNDLE`: for each line of standard input, a wheel and limits as JSON, a line of what the survey says. */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { crc32, inflateRawSync } from "node:zlib";

const { survey } = await import(pathToFileURL(process.argv[2]).href);

for await (const line of createInterface({ input: process.stdin })) {
  const { wheel, limits } = JSON.parse(line);
  const found = survey(new Uint8Array(Buffer.from(wheel, "base64")), limits, unpack);
  console.log(JSON.stringify(found ? { ...found, table: [...found.table] } : null));
}

/** What js/src/wheelfs/inflate.ts does with the zlib of an interpreter. */
function unpack({ bytes, size, deflated, crc }) {
  try {
    const { buffer, engine } = deflated
      ? inflateRawSync(bytes, { info: true, maxOutputLength: size || 1 })
      : { buffer: bytes };
    const whole = engine === undefined || engine.bytesWritten <= bytes.length;
    return whole && buffer.length === size && crc32(buffer) === crc ? buffer : undefined;
  } catch {
    return undefined;
  }
}
