/**
 * The store in browsers: IndexedDB, shared by all pages and workers of an origin.
 *
 * Every browser has it, and a transaction is all or nothing. Cache Storage reads as fast (tests/bench/storage.py), but
 * when a tab is closed in the middle of a put, Chromium's may stop answering the whole origin.
 */

import type { Entry, Kept, Store } from "./model.js";
import { seal, unseal } from "./record.js";

const DATABASE = "wasminstall-v1";
/** Key to record, as an ArrayBuffer: of a Blob, WebKitGTK loses the content with the page it came from. */
const RECORDS = "records";
/** Key to `Facts`: a list reads no records, and noting a use writes none. */
const FACTS = "facts";
const LONGEST_SILENCE = 10_000;
const MOST = 2 ** 30;

type Facts = Omit<Kept, "key">;

/** Undefined where nothing can be kept: insecure or opaque origins, private windows, storage that is switched off. */
export async function openBrowserStore(): Promise<Store | undefined> {
  try {
    if (typeof crypto.subtle !== "object") return undefined;
    const store = new BrowserStore();
    await store.delete([]);
    return store;
  } catch {
    return undefined; // even naming `indexedDB` throws in some of these places
  }
}

class BrowserStore implements Store {
  readonly where = "this browser, for this site";
  #opened: Promise<IDBDatabase> | undefined;

  async get(key: string): Promise<Entry | undefined> {
    const [entry] = await this.getMany([key]);
    return entry;
  }

  async getMany(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    const found = await this.#transact("readonly", [RECORDS], (records) =>
      Promise.all(keys.map((key) => answer<ArrayBuffer | undefined>(records.get(key)))),
    );
    return Promise.all(keys.map((key, at) => this.#unseal(key, found[at])));
  }

  async put(key: string, bytes: Uint8Array, meta: string, sha256?: string): Promise<void> {
    const record = await (await seal(key, bytes, meta, sha256)).arrayBuffer();
    await this.#transact("readwrite", [RECORDS, FACTS], (records, facts) => {
      records.put(record, key);
      facts.put({ size: record.byteLength, used: now() } satisfies Facts, key);
      facts.transaction.commit(); // or it would wait for this page once more
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#transact("readwrite", [RECORDS, FACTS], (...both) => {
      for (const key of keys) for (const each of both) each.delete(key);
    });
  }

  async list(): Promise<Kept[]> {
    const [keys, facts] = await this.#transact("readonly", [FACTS], (facts) =>
      Promise.all([answer(facts.getAllKeys()), answer<Facts[]>(facts.getAll())]),
    );
    return facts.map((each, at) => ({ key: String(keys[at]), ...each }));
  }

  async touch(keys: readonly string[]): Promise<void> {
    const noted = this.#transact("readwrite", [FACTS], (facts) => {
      for (const key of keys) {
        const found: IDBRequest<Facts | undefined> = facts.get(key);
        found.onsuccess = () => found.result && facts.put({ ...found.result, used: now() }, key);
      }
    });
    await noted.catch(() => undefined); // the entries look older than they are, no more
  }

  async clear(): Promise<void> {
    await this.#transact("readwrite", [RECORDS, FACTS], (...both) => {
      for (const each of both) each.clear();
    });
  }

  /** Half of what the browser would give to the whole site. */
  async budget(): Promise<number> {
    const { quota = Number.POSITIVE_INFINITY } = (await navigator.storage?.estimate?.()) ?? {};
    return Math.min(MOST, Math.floor(quota / 2));
  }

  async #unseal(key: string, record: ArrayBuffer | undefined): Promise<Entry | undefined> {
    if (!record) return undefined;
    const entry = await unseal(key, new Uint8Array(record));
    if (!entry) await this.delete([key]);
    return entry;
  }

  /** What `work` returns, once all of its transaction is stored. */
  #transact<T>(
    mode: IDBTransactionMode,
    names: readonly string[],
    work: (...stores: IDBObjectStore[]) => T | Promise<T>,
  ): Promise<T> {
    const transact = async (): Promise<T> => {
      this.#opened ??= this.#open();
      const transaction = (await this.#opened).transaction(names, mode, { durability: "relaxed" });
      const stored = finished(transaction);
      const [result] = await Promise.all([work(...names.map((name) => transaction.objectStore(name))), stored]);
      return result;
    };
    return inTime(transact());
  }

  async #open(): Promise<IDBDatabase> {
    const forget = (): void => {
      this.#opened = undefined;
    };
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        for (const name of [RECORDS, FACTS]) request.result.createObjectStore(name);
      };
      const database = await answer(request);
      database.onclose = forget; // the user cleared the site's data
      database.onversionchange = () => {
        database.close(); // a page deletes it
        forget();
      };
      return database;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the browser's storage was closed"));
  });
}

/** A storage that got stuck must not stop an install. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the browser's storage does not answer")), LONGEST_SILENCE);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function now(): number {
  return Date.now() / 1000;
}
