/**
 * Large records as files of the origin's private file system, where the browser has one in which a page can write.
 *
 * A file is written once, under a name that nobody had, and never changed. So no reader meets a writer, and what a tab
 * that was closed left behind is a file that nothing names: `sweep` removes it later.
 */

import { inTime } from "./in-time.js";

const FOLDER = "wasminstall-v1";
const ABANDONED_AFTER = 60_000;

/** TypeScript's own library leaves this out. */
type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/** Write a file; its name, or undefined in places that have no files. */
export function writeFile(content: Blob): Promise<string | undefined> {
  return inTime(write(content));
}

/** What is in a file; undefined when it is gone. */
export function readFile(name: string): Promise<ArrayBuffer | undefined> {
  const read = async (): Promise<ArrayBuffer | undefined> => (await openFile(name))?.arrayBuffer();
  return inTime(read().catch(() => undefined));
}

/** A file, of which nothing is read yet; undefined when it is gone. */
export async function openFile(name: string): Promise<Blob | undefined> {
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
