/** Bytes under an address that Pyodide can read: a `blob:` in browsers, a file in Node. */

import { nodeBuiltin } from "../node.js";

/** Give it back with `free()`. */
export interface Loan {
  readonly url: string;
  free(): Promise<void>;
}

interface NodeFiles {
  mkdtemp(prefix: string): Promise<string>;
  rm(path: string, options: { recursive: true; force: true }): Promise<void>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

interface NodePath {
  join(...parts: string[]): string;
}

/** Where nothing can be lent (a Content-Security-Policy without `connect-src blob:`), undefined. */
export async function lend(bytes: Uint8Array<ArrayBuffer>): Promise<Loan | undefined> {
  const fs = nodeBuiltin("node:fs/promises") as NodeFiles | undefined;
  try {
    if (fs) return await lendFile(fs, bytes);
    return (await mayLend()) ? lendBlob(bytes) : undefined;
  } catch {
    return undefined; // no room
  }
}

/** Whether a `blob:` may be fetched here. Node does without. */
export async function mayLend(): Promise<boolean> {
  if (nodeBuiltin("node:fs/promises")) return true;
  if (typeof URL.createObjectURL !== "function") return false; // service workers
  const loan = lendBlob(new Uint8Array(1));
  try {
    return (await fetch(loan.url)).ok;
  } catch {
    return false;
  } finally {
    await loan.free();
  }
}

function lendBlob(bytes: Uint8Array<ArrayBuffer>): Loan {
  const url = URL.createObjectURL(new Blob([bytes]));
  return { url, free: async () => URL.revokeObjectURL(url) };
}

async function lendFile(fs: NodeFiles, bytes: Uint8Array<ArrayBuffer>): Promise<Loan> {
  const { tmpdir } = nodeBuiltin("node:os") as { tmpdir(): string };
  const { join } = nodeBuiltin("node:path") as NodePath;
  const folder = await fs.mkdtemp(join(tmpdir(), "wasminstall-"));
  const url = join(folder, "stdlib.zip");
  await fs.writeFile(url, bytes);
  return { url, free: () => fs.rm(folder, { recursive: true, force: true }) };
}
