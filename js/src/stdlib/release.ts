/**
 * Whether the standard library in a folder is the one that the bytecode of this release is for (first.ts): the directory
 * of the zip tells, with the CRC of every file. It lies at the end, and can be asked for without the rest.
 */

import { build } from "../build-info.js";
import { sha256 } from "./bytes.js";

/** Milliseconds: a server that does not answer by then will not stop the start. */
const PATIENCE = 3000;

/** Ask; false as well where it cannot be known without the whole file, or nobody could wait for that. Never rejects. */
export async function isOfRelease(folder: URL): Promise<boolean> {
  if (!mayWait()) return false;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), PATIENCE);
  try {
    const { start, directory } = build.stdlib;
    const { signal } = controller;
    const response = await fetch(zipIn(folder), { headers: { Range: `bytes=${start}-` }, signal });
    if (response.status === 206) return (await sha256(new Uint8Array(await response.arrayBuffer()))) === directory;
    controller.abort(); // a server without ranges: it begins to send everything
  } catch {
    // It may not be asked this way.
  } finally {
    clearTimeout(timer);
  }
  return false;
}

/** The standard library of the Pyodide in a folder. */
export function zipIn(folder: URL): URL {
  return new URL("python_stdlib.zip", folder);
}

/** Whether a file can be waited for, as Python waits: without letting anything else happen. */
function mayWait(): boolean {
  if (typeof XMLHttpRequest === "undefined") return false;
  const { document } = globalThis as { document?: { featurePolicy?: { allowsFeature(name: string): boolean } } };
  return document?.featurePolicy?.allowsFeature("sync-xhr") !== false;
}
