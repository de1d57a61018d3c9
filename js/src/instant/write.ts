/** In a worker: make the snapshot that these options ask for, see that it can be restored, and keep it. */

import type { BootOptions, boot } from "../bootstrap.js";
import { importPyodide, type PyodideModule } from "../runtime.js";
import type { Store } from "../store/index.js";
import { placeOf } from "./index.js";
import { isFresh, type Kept, keepRefusal, now } from "./kept.js";
import { make } from "./make.js";
import { Refusal } from "./model.js";
import { readBytes } from "./record.js";
import { restore } from "./restore.js";
import type { Wish } from "./wish.js";

/** The largest part of what may be kept here. */
const SHARE = 4;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Settles when it is kept, which perhaps another tab saw to. Rejects when there is none, and keeps a note of that, so
 * that nobody tries at every visit.
 */
export async function writeFor(options: BootOptions, start: typeof boot): Promise<void> {
  const [wish, store] = await placeOf(options);
  await oneAtATime(wish.key, async () => {
    const before = await keptAt(wish, store);
    if (before && isFresh(before)) return;
    try {
      const bytes = await made(options, wish, store, start);
      await store.put(wish.key, bytes, JSON.stringify({ made: now() } satisfies Kept)).catch(roomless);
      await shrink(store, wish.key);
    } catch (error) {
      const { name, message } = error as Error;
      if (error instanceof Refusal) await keepRefusal(wish, store, message);
      // The network, perhaps: an older snapshot still is of use. The text may have an address with a password in it.
      else if (!before || before.refused) await keepRefusal(wish, store, `it could not be made (${name})`);
      throw error;
    }
  });
}

function roomless(error: Error): never {
  throw error.name === "QuotaExceededError" ? new Refusal("there is no room for it") : error;
}

/** Work for one key once, whichever tab sees to it, and for one key after the other. */
async function oneAtATime(key: string, work: () => Promise<void>): Promise<void> {
  const { locks } = navigator;
  if (!locks) return work();
  await locks.request(`wasminstall-make-${key}`, { ifAvailable: true }, async (free) => {
    if (free) await locks.request("wasminstall-instant", work);
  });
}

async function keptAt({ key }: Wish, store: Store): Promise<Kept | undefined> {
  const entry = await store.open(key);
  return entry && (JSON.parse(entry.meta) as Kept);
}

async function made(options: BootOptions, { folder }: Wish, store: Store, start: typeof boot): Promise<Bytes> {
  const loader = await importPyodide(folder);
  const bytes = await make({ options, preload: options.preload, loader, folder }, start);
  const { length } = bytes;
  if (length > (await store.budget()) / SHARE) throw new Refusal(`it would take ${Math.round(length / 1e6)} MB`);
  await tryOut(bytes, loader, folder, options.config ?? {});
  return bytes;
}

/** Rejects when it cannot be restored here, where it was made: no page is to find that out. */
async function tryOut(bytes: Bytes, loader: PyodideModule, folder: URL, config: object): Promise<void> {
  await restore(readBytes(bytes), { loader, folder, config });
}

/** What was not used for the longest time makes room, as after an install. */
async function shrink(store: Store, key: string): Promise<void> {
  const kept = await store.list();
  let excess = kept.reduce((sum, { size }) => sum + size, 0) - (await store.budget());
  const gone: string[] = [];
  for (const { key: other, size } of kept.sort((a, b) => a.used - b.used)) {
    if (excess <= 0) break;
    if (other === key) continue;
    gone.push(other);
    excess -= size;
  }
  await store.delete(gone);
}
