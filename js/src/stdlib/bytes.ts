/** Reading an address, and the digests of bytes. */

import { nodeBuiltin } from "../node.js";

interface NodeFiles {
  readFile(url: URL): Promise<Uint8Array<ArrayBuffer>>;
}

/** What is there; in Node also a file. Rejects when there is nothing. */
export async function read(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const fs = url.protocol === "file:" ? (nodeBuiltin("node:fs/promises") as NodeFiles | undefined) : undefined;
  if (fs) return new Uint8Array(await fs.readFile(url));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`HTTP ${response.status} ${response.statusText}`.trimEnd());
  return new Uint8Array(await response.arrayBuffer());
}

/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The pieces that are hashed: larger ones would be copied to memory that is fresh each time, which takes longer. */
const CHUNK = 512 * 1024;
/** So many at a time. */
const LANES = 4;

/** SHA-256 of each piece. */
export async function digests(bytes: Uint8Array): Promise<string[]> {
  const found: Promise<string>[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) {
    found.push(sha256(bytes.subarray(at, at + CHUNK)));
    await found.at(-LANES);
  }
  return Promise.all(found);
}

/** Decompress, unless the server said `Content-Encoding: gzip` and the browser has done it. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
