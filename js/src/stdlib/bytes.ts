/** Reading an address, and the digest of bytes. */

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
