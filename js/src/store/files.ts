/**
 * Large records as files of the origin's private file system, where the browser has one in which a page can write.
 *
 * A file is written once, under a name that nobody had, and never changed. So no reader meets a writer, and what a tab
 * that was closed left behind is a file that nothing names: `sweep` removes it later.
 */

import { digests } from "../stdlib/bytes.js";
import { inTime } from "./in-time.js";
import type { Part } from "./model.js";

const FOLDER = "wasminstall-v1";
const ABANDONED_AFTER = 60_000;

/** TypeScript's own library leaves these out. */
type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

interface Access {
  getSize(): number;
  read(target: Uint8Array, options: { at: number }): number;
  close(): void;
}

type Accessible = FileSystemFileHandle & { createSyncAccessHandle(options: object): Promise<Access> };

/** Write a file; its name, or undefined in places that have no files. */
export function writeFile(content: Blob): Promise<string | undefined> {
  return inTime(write(content));
}

/** What is in a file; undefined when it is gone. */
export function readFile(name: string): Promise<ArrayBuffer | undefined> {
  const read = async (): Promise<ArrayBuffer | undefined> => (await openFile(name))?.arrayBuffer();
  return inTime(read().catch(() => undefined));
}

/** Some bytes of a file. Rejects when it is gone. */
export async function readPart(name: string, start: number, end: number): Promise<Part> {
  const handle = await (await openFolder())?.getFileHandle(name);
  if (!handle) throw new Error("there are no files here");
  const { bytes, size } = await (canAccess()
    ? accessPart(handle as Accessible, start, end)
    : slice(handle, start, end));
  return { bytes, size, digests: await digests(bytes) };
}

type Bytes = Omit<Part, "digests">;

/** In one go, which only workers may do. Where a file cannot be opened for reading alone, other tabs would have to wait. */
function canAccess(): boolean {
  const { FileSystemSyncAccessHandle: access } = globalThis as { FileSystemSyncAccessHandle?: { prototype: object } };
  return access !== undefined && "mode" in access.prototype;
}

async function accessPart(handle: Accessible, start: number, end: number): Promise<Bytes> {
  const file = await handle.createSyncAccessHandle({ mode: "read-only" });
  try {
    const size = file.getSize();
    const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
    if (file.read(bytes, { at: start }) < bytes.length) throw new Error("a file cannot be read to its end");
    return { bytes, size };
  } finally {
    file.close();
  }
}

async function slice(handle: FileSystemFileHandle, start: number, end: number): Promise<Bytes> {
  const file = await handle.getFile();
  return { bytes: new Uint8Array(await file.slice(start, end).arrayBuffer()), size: file.size };
}

async function openFile(name: string): Promise<Blob | undefined> {
  try {
    const handle = await (await openFolder())?.getFileHandle(name);
    return await handle?.getFile();
  } catch {
    return undefined;
  }
}

/** Remove these, as far as they are there. Never rejects. */
export async function removeFiles(names: readonly (string | undefined)[]): Promise<void> {
  const some = names.filter((name) => name !== undefined);
  if (some.length === 0) return;
  const remove = async (): Promise<void> => {
    const folder = await openFolder();
    await Promise.all(some.map((name) => folder?.removeEntry(name).catch(() => undefined)));
  };
  await inTime(remove()).catch(() => undefined);
}

/** Remove what is not among these and so old that nobody is about to name it. Never rejects. */
export async function sweep(named: ReadonlySet<string | undefined>): Promise<void> {
  const before = Date.now() - ABANDONED_AFTER;
  const lost = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const name of (await openFolder())?.keys() ?? []) {
      if (!named.has(name) && Number.parseInt(name, 10) < before) found.push(name);
    }
    return found;
  };
  await removeFiles(await inTime(lost()).catch(() => []));
}

/** Asked for each time: it may have been deleted meanwhile. */
async function openFolder(): Promise<Folder | undefined> {
  if (!("createWritable" in (globalThis.FileSystemFileHandle?.prototype ?? {}))) return undefined;
  try {
    const root = await navigator.storage.getDirectory();
    return (await root.getDirectoryHandle(FOLDER, { create: true })) as Folder;
  } catch {
    return undefined; // a private window
  }
}

async function write(content: Blob): Promise<string | undefined> {
  const folder = await openFolder();
  if (!folder) return undefined;
  const name = `${Date.now()}-${crypto.randomUUID()}`;
  try {
    const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await stream.write(content);
    await stream.close();
    return name;
  } catch (error) {
    await removeFiles([name]);
    throw error;
  }
}
