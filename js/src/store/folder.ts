/**
 * The store in Node: a folder, the same as that of wasminstall on a desktop (src/wasminstall/cache/folder.py).
 *
 * A record is a file `v1/KIND/NAME`, written as `v1/incoming/...` and renamed; its modification time is its last use.
 */

import { nodeBuiltin } from "../node.js";
import { checkKey, type Entry, isKey, type Kept, type Opened, type Store } from "./model.js";
import { openRecord, partsOf, seal, unseal } from "./record.js";

const LAYOUT = "v1";
const INCOMING = "incoming";
const ABANDONED_AFTER = 24 * 3600;
const MOST = 2 ** 30;

interface NodeFiles {
  mkdir(path: string, options: { recursive: true }): Promise<unknown>;
  readdir(path: string): Promise<string[]>;
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: true }): Promise<void>;
  stat(path: string): Promise<{ size: number; mtimeMs: number; isFile(): boolean }>;
  utimes(path: string, accessed: number, modified: number): Promise<void>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

interface NodePath {
  join(...parts: string[]): string;
  isAbsolute(path: string): boolean;
  resolve(path: string): string;
}

/** Undefined outside Node. */
export function openFolderStore(folder?: string): Store | undefined {
  const fs = nodeBuiltin("node:fs/promises") as NodeFiles | undefined;
  const path = nodeBuiltin("node:path") as NodePath | undefined;
  if (!fs || !path) return undefined;
  return new FolderStore(fs, path, folder ?? defaultFolder(path));
}

/** `WASMINSTALL_CACHE`, else a folder where the user's caches are. */
function defaultFolder(path: NodePath): string {
  const { env } = nodeBuiltin("node:process") as { env: Record<string, string | undefined> };
  if (env.WASMINSTALL_CACHE) return path.resolve(env.WASMINSTALL_CACHE);
  const { homedir } = nodeBuiltin("node:os") as { homedir(): string };
  const named = env.XDG_CACHE_HOME ?? "";
  // The specification says that a relative one is to be ignored.
  const caches = path.isAbsolute(named) ? named : path.join(homedir(), ".cache");
  return path.join(caches, "wasminstall", "store");
}

class FolderStore implements Store {
  readonly where: string;
  readonly #fs: NodeFiles;
  readonly #path: NodePath;
  readonly #root: string;

  constructor(fs: NodeFiles, path: NodePath, folder: string) {
    this.where = folder;
    this.#fs = fs;
    this.#path = path;
    this.#root = path.join(folder, LAYOUT);
  }

  async get(key: string): Promise<Entry | undefined> {
    const record = await this.#read(key);
    if (!record) return undefined;
    const entry = await unseal(key, record);
    // A folder that cannot be written to still answers.
    if (!entry) await this.delete([key]).catch(() => undefined);
    return entry;
  }

  getMany(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  async open(key: string): Promise<Opened | undefined> {
    const record = await this.#read(key);
    return record && openRecord(key, partsOf(record));
  }

  async put(key: string, bytes: Uint8Array, meta: string, sha256?: string): Promise<void> {
    const record = new Uint8Array(await (await seal(key, bytes, meta, sha256)).arrayBuffer());
    const incoming = this.#path.join(this.#root, INCOMING, crypto.randomUUID());
    try {
      await this.#write(key, record, incoming);
    } catch (error) {
      await this.#fs.rm(incoming, { force: true });
      if (!isMissing(error)) throw error;
      await this.#write(key, record, incoming); // somebody removed the folders in between
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.#fs.rm(this.#file(key), { force: true })));
  }

  async list(): Promise<Kept[]> {
    await this.#sweep();
    const kinds = (await this.#names("")).filter((kind) => kind !== INCOMING);
    const found = await Promise.all(kinds.map(async (kind) => this.#listKind(kind)));
    return found.flat();
  }

  async touch(keys: readonly string[]): Promise<void> {
    const now = Date.now() / 1000;
    await Promise.all(keys.map((key) => this.#fs.utimes(this.#file(key), now, now).catch(() => undefined)));
  }

  /** The folders stay, for others who write just now; so does what is not ours. */
  async clear(): Promise<void> {
    await this.delete((await this.list()).map(({ key }) => key));
  }

  async budget(): Promise<number> {
    return MOST;
  }

  async #write(key: string, record: Uint8Array, incoming: string): Promise<void> {
    const [kind = ""] = key.split("/");
    for (const folder of [INCOMING, kind]) {
      await this.#fs.mkdir(this.#path.join(this.#root, folder), { recursive: true });
    }
    await this.#fs.writeFile(incoming, record);
    await this.#fs.rename(incoming, this.#file(key));
  }

  async #read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const buffer = await this.#fs.readFile(this.#file(key));
      // Not a Node Buffer: Pyodide refuses those.
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #listKind(kind: string): Promise<Kept[]> {
    const keys = (await this.#names(kind)).map((name) => `${kind}/${name}`).filter(isKey);
    const stats = await Promise.all(keys.map((key) => this.#fs.stat(this.#file(key)).catch(() => undefined)));
    return keys.flatMap((key, at) => {
      const stat = stats[at];
      return stat?.isFile() ? [{ key, size: stat.size, used: stat.mtimeMs / 1000 }] : [];
    });
  }

  /** Remove what a process that was stopped left behind. */
  async #sweep(): Promise<void> {
    const before = Date.now() - ABANDONED_AFTER * 1000;
    for (const name of await this.#names(INCOMING)) {
      const file = this.#path.join(this.#root, INCOMING, name);
      const stat = await this.#fs.stat(file).catch(() => undefined);
      if (stat && stat.mtimeMs < before) await this.#fs.rm(file, { force: true }).catch(() => undefined);
    }
  }

  /** What is in a folder below the root; nothing when there is no such folder. */
  async #names(folder: string): Promise<string[]> {
    try {
      return await this.#fs.readdir(this.#path.join(this.#root, folder));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  #file(key: string): string {
    checkKey(key);
    return this.#path.join(this.#root, key);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as { code?: unknown } | undefined)?.code;
  return code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR";
}
