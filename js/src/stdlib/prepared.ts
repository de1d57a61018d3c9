/**
 * An archive of the standard library that was made ahead, by js/build/stdlib.mjs, for one Pyodide build.
 *
 * The zip's comment says which: "wasminstall-stdlib PYODIDE_VERSION MAGIC". A page without it works as well, so what
 * does not fit is a warning in the console and no error.
 */

import { read } from "./bytes.js";
import { readDirectory } from "./zip.js";

const NAME = "wasminstall-stdlib";

/** What was found, and the build it is for. */
export interface Prepared {
  readonly url: URL;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Release of Pyodide. */
  readonly pyodide: string;
  /** Magic number of the bytecode, in hexadecimal. */
  readonly magic: string;
}

/** Fetch it; undefined when it is not there, or something else is. */
export async function findPrepared(url: URL): Promise<Prepared | undefined> {
  try {
    const bytes = await read(url);
    const [name, pyodide = "", magic = ""] = readDirectory(bytes)?.comment.split(" ") ?? [];
    if (name === NAME) return { url, bytes, pyodide, magic };
    refuse(url, "this is no prepared standard library, or not all of it");
  } catch (cause) {
    refuse(url, cause instanceof Error ? cause.message : String(cause));
  }
  return undefined;
}

/** Say why Python starts without it. */
export function refuse(url: URL, reason: string): void {
  console.warn(`wasminstall: Python starts without ${url}: ${reason}`);
}
