/**
 * The store in browsers, shared by all pages and workers of an origin: IndexedDB says what there is and holds what is
 * small, and what is large lies in files (files.ts), which are read with fewer copies. Where the browser has no such
 * files, IndexedDB holds everything.
 *
 * A transaction is all or nothing, and a file is named by it only when it is written. Cache Storage is no way: when a
 * tab is closed in the middle of a put, Chromium's may stop answering the whole origin.
 *
 * Large entries, such as a memory snapshot of 90 MB: in a page `getMany([key])` reads beside it and blocks nothing, `get`
 * blocks for what hashing takes (1.5 ms a MB). `put` copies and hashes, so it is best called in a worker, and with the
 * sha256 where that is known.
 */

import { readFile, readPart, removeFiles, sweep, writeFile } from "./files.js";
import { inTime } from "./in-time.js";
import type { Entry, Kept, Opened, Part, ReadPart, Store } from "./model.js";
import type { Reader } from "./reader.js";
import { openRecord, partsOf, seal, unseal } from "./record.js";

const DATABASE = "wasminstall-v1";
/** Key to record, if it is in no file, as an ArrayBuffer: of a Blob, WebKitGTK loses the content with the page. */
const RECORDS = "records";
/** Key to `Facts`: a list reads no records, and noting a use writes none. */
const FACTS = "facts";
/** Bytes of a record from which on it is a file. */
const LARGE = 2 ** 16;
const MOST = 2 ** 30;

interface Facts extends Omit<Kept, "key"> {
  /** Where the record is, if that is a file. */
  readonly file?: string | undefined;
}

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
  #reader: Promise<Reader> | undefined;
  #swept: Promise<void> | undefined;

  async get(key: string): Promise<Entry | undefined> {
    const [entry] = await this.#get([key], () => undefined);
    return entry;
  }

  getMany(keys: readonly string[]): Promise<(Entry | undefined)[]> {
    return this.#get(keys, () => this.#startReader());
  }

  /** A worker has no page to keep from its work. */
  #startReader(): Promise<Reader> | undefined {
    if ("document" in globalThis) this.#reader ??= import("./reader.js").then(({ startReader }) => startReader());
    this.#reader?.catch(() => undefined); // the page then reads itself
    return this.#reader;
  }

  /** `reader` is asked for when there is a file: at a first visit there is none. */
  async #get(keys: readonly string[], reader: () => Promise<Reader> | undefined): Promise<(Entry | undefined)[]> {
    const found = await this.#transact("readonly", [RECORDS, FACTS], (records, facts) =>
      Promise.all(keys.map((key) => Promise.all([answer<ArrayBuffer>(records.get(key)), factsOf(facts, key)]))),
    );
    return Promise.all(
      found.map(async ([record, facts], at) => {
        if (!facts) return undefined;
        const [key, file] = [keys[at] as string, facts.file];
        const entry = await (file ? readEntry({ key, file }, reader()) : record && unseal(key, new Uint8Array(record)));
        if (!entry) await this.#drop(key, file);
        return entry;
      }),
    );
  }

  async open(key: string): Promise<Opened | undefined> {
    const reader = this.#startReader();
    const [record, facts] = await this.#transact("readonly", [RECORDS, FACTS], (records, facts) =>
      Promise.all([answer<ArrayBuffer | undefined>(records.get(key)), factsOf(facts, key)]),
    );
    const file = facts?.file;
    if (file) {
      const read: ReadPart = (start, end) => inTime(readSome(file, start, end, reader));
      const close = (): void => void reader?.then((started) => started.rest()).catch(() => undefined);
      return openRecord(key, read, close).catch(() => undefined);
    }
    return record && openRecord(key, partsOf(new Uint8Array(record)));
  }

  async put(key: string, bytes: Uint8Array, meta: string, sha256?: string): Promise<void> {
    await this.#put(key, await seal(key, bytes, meta, sha256)).catch(roomless);
  }

  async #put(key: string, record: Blob): Promise<void> {
    const file = record.size < LARGE ? undefined : await writeFile(record);
    const small = file ? undefined : await record.arrayBuffer();
    const before = await this.#transact("readwrite", [RECORDS, FACTS], async (records, facts) => {
      if (small) records.put(small, key);
      else records.delete(key);
      const before = factsOf(facts, key);
      facts.put({ size: record.size, used: now(), file } satisfies Facts, key);
      facts.transaction.commit(); // or it would wait for this page once more
      return (await before)?.file;
    }).catch(async (error) => {
      await removeFiles([file]);
      throw error;
    });
    await removeFiles([before]);
  }

  async delete(keys: readonly string[]): Promise<void> {
    const before = await this.#transact("readwrite", [RECORDS, FACTS], (records, facts) => {
      const found = keys.map((key) => {
        const before = factsOf(facts, key);
        for (const each of [records, facts]) each.delete(key);
        return before;
      });
      facts.transaction.commit(); // a page that is just being left would not come to it
      return Promise.all(found);
    });
    await removeFiles(before.map((each) => each?.file));
  }

  async list(): Promise<Kept[]> {
    const [keys, facts] = await this.#transact("readonly", [FACTS], (facts) =>
      Promise.all([answer(facts.getAllKeys()), answer<Facts[]>(facts.getAll())]),
    );
    this.#swept ??= sweep(new Set(facts.map(({ file }) => file)));
    await this.#swept;
    return facts.map(({ size, used }, at) => ({ key: String(keys[at]), size, used }));
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
    const gone = await this.#transact("readwrite", [RECORDS, FACTS], (records, facts) => {
      const before = answer<Facts[]>(facts.getAll());
      for (const each of [records, facts]) each.clear();
      return before;
    });
    await removeFiles(gone.map(({ file }) => file));
  }

  /** Half of what the browser would give to the whole site. */
  async budget(): Promise<number> {
    const { quota = Number.POSITIVE_INFINITY } = (await navigator.storage?.estimate?.()) ?? {};
    return Math.min(MOST, Math.floor(quota / 2));
  }

  /** Forget a damaged record, unless another is in its place by now. */
  async #drop(key: string, file: string | undefined): Promise<void> {
    const gone = await this.#transact("readwrite", [RECORDS, FACTS], async (...both) => {
      if ((await factsOf(both[1] as IDBObjectStore, key))?.file !== file) return false;
      for (const each of both) each.delete(key);
      return true;
    });
    if (gone) await removeFiles([file]);
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

/** Beside the page if that can be, else here. */
async function readEntry(
  wanted: { readonly key: string; readonly file: string },
  reader: Promise<Reader> | undefined,
): Promise<Entry | undefined> {
  try {
    if (reader) return await inTime(reader.then((read) => read(wanted)));
  } catch {
    // Forbidden by the page's policy, or the chunk is not there.
  }
  const record = await readFile(wanted.file);
  return record && unseal(wanted.key, new Uint8Array(record));
}

/** The same for some of the bytes. */
async function readSome(file: string, start: number, end: number, reader: Promise<Reader> | undefined): Promise<Part> {
  const read = await reader?.catch(() => undefined);
  if (!read) return readPart(file, start, end);
  return read({ file, start, end }).catch(() => readPart(file, start, end));
}

/** Where storage is full Chromium has no room for a large Blob either, and says that it cannot be read. */
function roomless(error: Error): never {
  throw error.name === "NotReadableError" ? new DOMException(error.message, "QuotaExceededError") : error;
}

function factsOf(facts: IDBObjectStore, key: string): Promise<Facts | undefined> {
  return answer(facts.get(key));
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

function now(): number {
  return Date.now() / 1000;
}
