/**
 * Instant start: from the memory of a Python that had its packages imported, kept by an earlier visit.
 *
 * Whatever is not as it should be is a normal start, with one quiet warning.
 */

import type { BootOptions } from "../bootstrap.js";
import { nodeBuiltin } from "../node.js";
import type { Interpreter, PyodideModule } from "../runtime.js";
import { openStore, type Store } from "../store/index.js";
import { attemptAt, MOST_FAILURES } from "./attempts.js";
import { Refusal } from "./model.js";
import { restorePrepared } from "./prepared.js";
import { readFrom } from "./record.js";
import { restore } from "./restore.js";
import { type Wish, wishOf } from "./wish.js";

/** What came of trying to start from a snapshot. */
export interface Restored {
  /** Undefined when there is none, or it was of no use: start as ever. */
  readonly pyodide: Interpreter | undefined;
  /** Magic number of its bytecode. */
  readonly magic: string;
  /** Why not; "" when it was. */
  readonly reason: string;
  /** Whether a snapshot should be made for the next visit. */
  readonly make: boolean;
}

/** Seconds after which what a page asks for is looked up again. */
const FRESH_FOR = 24 * 3600;

/** Restore what these options ask for: from a file that was made ahead, or from what is kept. Never rejects. */
export async function restoreFor(options: BootOptions, loading: Promise<PyodideModule>): Promise<Restored> {
  if (options.snapshot === undefined) return restoreKept(options, loading);
  try {
    return { ...(await restorePrepared(options, loading)), reason: "", make: false };
  } catch (error) {
    const reason = reasonOf(error);
    return options.instant ? restoreKept(options, loading) : { ...NONE, reason, make: false };
  }
}

async function restoreKept(options: BootOptions, loading: Promise<PyodideModule>): Promise<Restored> {
  if (nodeBuiltin("node:fs")) return { ...NONE, reason: "only pages make snapshots for their next visit", make: false };
  let place: [Wish, Store] | undefined;
  try {
    place = await placeOf(options);
    return await restoreFrom(...place, options, loading);
  } catch (error) {
    const reason = reasonOf(error);
    const known = error instanceof Refusal ? error : undefined;
    const make = known?.again ?? false;
    if (place && make) await forget(...place);
    else if (place && known) await keepRefusal(...place, reason);
    return { ...NONE, reason, make };
  }
}

/** Half a sentence, which the console is told as well. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Refusal ? error.message : `it could not be restored: ${shortened(error)}`;
  console.warn(`wasminstall: Python does not start from a snapshot: ${reason}`);
  return reason;
}

/** Where a snapshot for these options is kept. Rejects with a `Refusal` where there can be none. */
export async function placeOf(options: BootOptions): Promise<[Wish, Store]> {
  const [wish, store] = await Promise.all([wishOf(options), openStore()]);
  if (!store) throw new Refusal("nothing can be kept here");
  return [wish, store];
}

/** Note that there can be no snapshot, so that nobody tries again at every visit. */
export async function keepRefusal({ key }: Wish, store: Store, refused: string): Promise<void> {
  await store
    .put(key, new Uint8Array(), JSON.stringify({ made: now(), refused } satisfies Kept))
    .catch(() => undefined);
}

const NONE = { pyodide: undefined, magic: "" } as const;

async function restoreFrom(
  { key, folder }: Wish,
  store: Store,
  options: BootOptions,
  loading: Promise<PyodideModule>,
): Promise<Restored> {
  const [entry, attempt] = await Promise.all([store.open(key), attemptAt(store, key)]);
  let known = true;
  try {
    if (!entry) return { ...NONE, reason: "there is no snapshot yet", make: true };
    const kept = JSON.parse(entry.meta) as Kept;
    const isOld = !isFresh(kept);
    if (kept.refused) return { ...NONE, reason: kept.refused, make: isOld };
    if (attempt.failures >= MOST_FAILURES) throw new Refusal("it was tried, and each time that ended without a word");
    const loader = await loading;
    attempt.begin();
    const reading = readFrom(entry);
    const pyodide = await restore(reading, { loader, folder, config: options.config ?? {} });
    void store.touch([key]);
    keepRefusalWhenFatal(pyodide, { key, folder }, store);
    // What a lock names is the same tomorrow.
    return { pyodide, magic: (await reading.header).magic, reason: "", make: isOld && options.lock === undefined };
  } catch (error) {
    known = error instanceof Refusal;
    throw error;
  } finally {
    attempt.end(known);
  }
}

function forget({ key }: Wish, store: Store): Promise<void> {
  return store.delete([key]).catch(() => undefined);
}

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** What is kept beside a snapshot. */
export interface Kept {
  /** Seconds since 1970. */
  readonly made: number;
  /** Why there can be none. */
  readonly refused?: string;
}

/** Whether what is kept is what a visit now would keep. */
export function isFresh({ made }: Kept): boolean {
  return now() - made <= FRESH_FOR;
}

/** A Python that dies is perhaps one that was not restored well, and the next might not be better. */
function keepRefusalWhenFatal(pyodide: Awaited<ReturnType<typeof restore>>, wish: Wish, store: Store): void {
  const api = pyodide._api;
  const { on_fatal } = api;
  api.on_fatal = (error) => {
    const hasExited = (error as Error)?.constructor?.name === "Exit"; // which Python may do
    if (!hasExited) void keepRefusal(wish, store, "a Python that was restored has died");
    on_fatal?.(error);
  };
}

/** An error's first line: those of Pyodide may go on with its source. */
export function shortened(error: unknown): string {
  return String(error).split("\n", 1)[0]?.slice(0, 200) ?? "";
}
