/**
 * Instant start: from the memory of a Python that had its packages imported, kept by an earlier visit.
 *
 * Whatever is not as it should be is a normal start, with one quiet warning.
 */

import type { BootOptions } from "../bootstrap.js";
import { nodeBuiltin } from "../node.js";
import type { Interpreter, PyodideModule } from "../runtime.js";
import { pyodideFolder } from "../stdlib/folder.js";
import { openStore, type Store } from "../store/index.js";
import { attemptAt, ENDED, MOST_FAILURES } from "./attempts.js";
import { isFresh, type Kept, keepRefusal, keepRefusalWhenFatal } from "./kept.js";
import { Refusal } from "./model.js";
import { restorePrepared } from "./prepared.js";
import { readFrom } from "./record.js";
import { restore } from "./restore.js";
import { importScript } from "./start.js";
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

/** Restore what these options ask for: from a file that was made ahead, or from what is kept. Never rejects. */
export async function restoreFor(
  options: BootOptions,
  loading: Promise<PyodideModule>,
  store?: Promise<Store | undefined>,
): Promise<Restored> {
  if (options.snapshot === undefined) return restoreKept(options, loading, store);
  try {
    return { ...(await restorePrepared(options, loading)), reason: "", make: false };
  } catch (error) {
    const reason = reasonOf(error);
    return options.instant ? restoreKept(options, loading, store) : { ...NONE, reason, make: false };
  }
}

async function restoreKept(
  options: BootOptions,
  loading: Promise<PyodideModule>,
  store: Promise<Store | undefined> | undefined,
): Promise<Restored> {
  if (nodeBuiltin("node:fs")) return { ...NONE, reason: "only pages make snapshots for their next visit", make: false };
  let place: [Wish, Store] | undefined;
  try {
    void importAhead(options, loading);
    place = await placeOf(options, store);

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

/** Pyodide's main script, which it would import when all else is known. Never rejects. */
async function importAhead({ pyodide, config }: BootOptions, loading: Promise<PyodideModule>): Promise<void> {
  try {
    const { version = "0." } = await loading;
    const folder = pyodideFolder(pyodide, (config as { indexURL?: string } | undefined)?.indexURL);
    // No more than a guess: older ones have none of that name.
    if (folder && !version.startsWith("0.")) await importScript(folder);
  } catch {
    // Who needs it will be told.
  }
}

/** Where a snapshot for these options is kept. Rejects with a `Refusal` where there can be none. */
export async function placeOf(
  options: BootOptions,
  opening: Promise<Store | undefined> = openStore(),
): Promise<[Wish, Store]> {
  const [wish, store] = await Promise.all([wishOf(options), opening]);
  if (!store) throw new Refusal("nothing can be kept here");
  return [wish, store];
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
    if (attempt.failures >= MOST_FAILURES) throw new Refusal(ENDED);
    const loader = await loading;
    attempt.begin();
    const reading = readFrom(entry);
    const pyodide = await restore(reading, { loader, folder, config: options.config ?? {} });
    void store.touch([key]);
    keepRefusalWhenFatal(pyodide, { key }, store);
    // What a lock names is the same tomorrow.
    return { pyodide, magic: (await reading.header).magic, reason: "", make: isOld && options.lock === undefined };
  } catch (error) {
    known = error instanceof Refusal;
    throw error;
  } finally {
    entry?.close();
    attempt.end(known);
  }
}

function forget({ key }: Wish, store: Store): Promise<void> {
  return store.delete([key]).catch(() => undefined);
}

/** An error's first line: those of Pyodide may go on with its source. */
export function shortened(error: unknown): string {
  return String(error).split("\n", 1)[0]?.slice(0, 200) ?? "";
}
