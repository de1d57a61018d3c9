/** What is kept beside a snapshot, or in place of one: why there can be none. */

import type { Store } from "../store/index.js";
import type { Snapshotable } from "./start.js";

/** Seconds after which what a page asks for is looked up again. */
const FRESH_FOR = 24 * 3600;

/** Where in the store. */
interface Place {
  readonly key: string;
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

/** Note that there can be no snapshot, so that nobody tries again at every visit. */
export async function keepRefusal({ key }: Place, store: Store, refused: string): Promise<void> {
  await store
    .put(key, new Uint8Array(), JSON.stringify({ made: now(), refused } satisfies Kept))
    .catch(() => undefined);
}

/** A Python that dies is perhaps one that was not restored well, and the next might not be better. */
export function keepRefusalWhenFatal(pyodide: Snapshotable, place: Place, store: Store): void {
  const api = pyodide._api;
  const { on_fatal } = api;
  api.on_fatal = (error) => {
    const hasExited = (error as Error)?.constructor?.name === "Exit"; // which Python may do
    if (!hasExited) void keepRefusal(place, store, "a Python that was restored has died");
    on_fatal?.(error);
  };
}
