/** The store for the Python half: opened on first use, and a plain "nothing is kept" where there is none. */

import { openStore } from "./index.js";
import type { Entry, Store } from "./model.js";

/** What src/wasminstall/cache/browser.py calls. Where there is no store, nothing is found and nothing is kept. */
export interface PythonStore {
  /** Where the bytes lie, for people; empty where nothing can be kept. */
  where(): Promise<string>;
  getMany(keys: readonly string[]): Promise<(Entry | undefined)[]>;
  /** Whether there was room. */
  put(key: string, bytes: Uint8Array, meta: string, sha256?: string): Promise<boolean>;
  delete(keys: readonly string[]): Promise<void>;
  /** JSON: a list of `Kept`. */
  list(): Promise<string>;
  touch(keys: readonly string[]): Promise<void>;
  clear(): Promise<void>;
  budget(): Promise<number>;
}

const NO_ROOM = ["QuotaExceededError", "ENOSPC", "EDQUOT", "EFBIG"];

export function storeForPython(open: () => Promise<Store | undefined> = openStore): PythonStore {
  let opened: Promise<Store | undefined> | undefined;
  const store = (): Promise<Store | undefined> => {
    opened ??= open();
    return opened;
  };
  return {
    where: async () => (await store())?.where ?? "",
    getMany: async (keys) => (await store())?.getMany(keys) ?? keys.map(() => undefined),
    put: async (key, bytes, meta, sha256) => {
      try {
        await (await store())?.put(key, bytes, meta, sha256);
        return true;
      } catch (error) {
        if (isNoRoom(error)) return false;
        throw error;
      }
    },
    delete: async (keys) => (await store())?.delete(keys),
    list: async () => JSON.stringify((await (await store())?.list()) ?? []),
    touch: async (keys) => (await store())?.touch(keys),
    clear: async () => (await store())?.clear(),
    budget: async () => (await store())?.budget() ?? 0,
  };
}

function isNoRoom(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return NO_ROOM.includes(String(name)) || NO_ROOM.includes(String(code));
}
