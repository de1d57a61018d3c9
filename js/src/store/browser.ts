/**
 * The store in browsers: Cache Storage, shared by all pages and workers of an origin.
 *
 * Chosen by measurement (tests/bench/storage.py): OPFS and IndexedDB read as fast within some ten milliseconds,
 * but not every browser has OPFS, and here a put is atomic, the sizes are in the keys, and reading needs no opening.
 */

import type { Entry, Kept, Store } from "./model.js";
import { seal, unseal } from "./record.js";

const CACHE = "wasminstall-v1";
// Nobody can own this address, so no service worker takes an entry for a page of its own.
const BASE = "https://wasminstall.invalid/";
/** Not below a kind, so never an entry: when which key was last used. */
const USAGE = `${BASE}usage`;
const LOCK = "wasminstall-usage";
const LONGEST_WAIT = 2000;
const LONGEST_SILENCE = 10_000;
const MOST = 2 ** 30;

type Usage = Record<string, number>;

/** Undefined where nothing can be kept: insecure or opaque origins, private windows, storage that is switched off. */
export async function openBrowserStore(): Promise<Store | undefined> {
  try {
    if (typeof crypto.subtle !== "object") return undefined;
    await answered(caches.open(CACHE));
  } catch {
    return undefined; // even naming `caches` throws in some of these places
  }
  return {
    where: "this browser, for this site",
    get: (key) => answered(get(key)),
    getMany: (keys) => answered(Promise.all(keys.map(get))),
    put: (key, bytes, meta, sha256) => answered(put(key, bytes, meta, sha256)),
    delete: (keys) => answered(remove(keys)),
    list: () => answered(list()),
    touch: (keys) => answered(touch(keys)).catch(() => undefined),
    clear: () => answered(clear()),
    budget,
  };
}

/** A storage that got stuck, as one may when another tab is closed while it writes, must not stop an install. */
async function answered<T>(work: Promise<T>): Promise<T> {
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

async function get(key: string): Promise<Entry | undefined> {
  const found = await caches.match(BASE + key, { cacheName: CACHE });
  if (!found) return undefined;
  const entry = await unseal(key, await bytesOf(found));
  if (!entry) await remove([key]);
  return entry;
}

/** The body; nothing when its file is damaged, which is noticed while reading. */
async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}

async function put(key: string, bytes: Uint8Array, meta: string, sha256?: string): Promise<void> {
  const record = await seal(key, bytes, meta, sha256);
  const facts = { size: String(record.size), stored: String(now()) };
  // Chromium fetches a large Blob from the page bit by bit. Were the tab closed meanwhile, the storage could wait for
  // it for ever, and with it everybody who asks for this key: so let it have all of it before.
  await record.slice(-1).arrayBuffer();
  // Opened anew each time: another page may have deleted the cache since.
  const cache = await caches.open(CACHE);
  // A request's headers come back with the list of keys; a response would have to be read.
  await cache.put(new Request(BASE + key, { headers: facts }), new Response(record));
}

async function remove(keys: readonly string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(keys.map((key) => cache.delete(BASE + key)));
}

async function list(): Promise<Kept[]> {
  const cache = await caches.open(CACHE);
  const [requests, usage] = await Promise.all([cache.keys(), readUsage(cache)]);
  return requests
    .filter(({ url }) => url !== USAGE)
    .map(({ url, headers }) => {
      const key = url.slice(BASE.length);
      const stored = Number(headers.get("stored"));
      return { key, size: Number(headers.get("size")), used: Math.max(stored, usage[key] ?? 0) };
    });
}

async function touch(keys: readonly string[]): Promise<void> {
  try {
    const signal = AbortSignal.timeout(LONGEST_WAIT); // a page that was put to sleep may hold the lock
    await navigator.locks.request(LOCK, { signal }, () => noteUse(keys));
  } catch {
    // The entries look older than they are, no more.
  }
}

/** Times only ever grow, and those of entries that are gone are dropped. */
async function noteUse(keys: readonly string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  const [requests, before] = await Promise.all([cache.keys(), readUsage(cache)]);
  const usage: Usage = { ...before, ...Object.fromEntries(keys.map((key) => [key, now()])) };
  const present = requests.map(({ url }) => url.slice(BASE.length)).filter((key) => key in usage);
  const kept = Object.fromEntries(present.map((key) => [key, usage[key]]));
  await cache.put(USAGE, new Response(JSON.stringify(kept)));
}

async function readUsage(cache: Cache): Promise<Usage> {
  try {
    return (await (await cache.match(USAGE))?.json()) ?? {};
  } catch {
    return {};
  }
}

async function clear(): Promise<void> {
  await caches.delete(CACHE);
}

/** Half of what the browser would give to the whole site. */
async function budget(): Promise<number> {
  const { quota = Number.POSITIVE_INFINITY } = (await navigator.storage?.estimate?.()) ?? {};
  return Math.min(MOST, Math.floor(quota / 2));
}

function now(): number {
  return Date.now() / 1000;
}
