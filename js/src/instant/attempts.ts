/**
 * Tries that end without a word. A tab that crashes while it restores, or a try that fails for no known reason, leaves
 * a note behind; where there are two the snapshot is given up.
 *
 * Of several tabs at once one keeps notes, the one that holds a lock: no other takes its note for one left behind.
 */

import type { Store } from "../store/index.js";

/** So many, and nobody tries again. */
export const MOST_FAILURES = 2;
/** Which is told like this. */
export const ENDED = "it was tried, and each time that ended without a word";

/** A try to restore. */
export interface Attempt {
  /** Tries before this one of which nobody knows how they ended. */
  readonly failures: number;
  /** It begins. Costs nothing: the note is written meanwhile. */
  begin(): void;
  /** It is over; `known` is whether one can say how it ended. */
  end(known: boolean): void;
}

/** Look up how earlier ones went. Never rejects. */
export async function attemptAt(store: Store, key: string): Promise<Attempt> {
  const release = await holdNow(`wasminstall-${key}`);
  if (!release) return { failures: 0, begin: () => {}, end: () => {} };
  const name = `${key}-attempts`;
  const failures = await failuresIn(store, name);
  let noted: Promise<unknown> | undefined = failures ? Promise.resolve() : undefined;
  const forget = (): void => {
    noted = noted?.then(() => store.delete([name])).catch(() => undefined);
  };
  return {
    failures,
    begin: () => {
      noted = store.put(name, new Uint8Array(), JSON.stringify({ failures: failures + 1 })).catch(() => undefined);
      addEventListener("pagehide", forget); // who leaves a page in the middle is no crash
    },
    end: (known) => {
      removeEventListener("pagehide", forget);
      if (known) forget();
      void Promise.resolve(noted).then(release);
    },
  };
}

async function failuresIn(store: Store, note: string): Promise<number> {
  try {
    const entry = await store.get(note);
    return entry ? (JSON.parse(entry.meta) as { failures: number }).failures : 0;
  } catch {
    return 0;
  }
}

/** Hold a lock if it is free; what comes back releases it. */
async function holdNow(name: string): Promise<(() => void) | undefined> {
  const { locks } = navigator;
  if (!locks) return undefined;
  return new Promise((resolve) => {
    const held = (lock: Lock | null): Promise<void> | undefined => {
      if (lock) return new Promise((release) => resolve(release));
      resolve(undefined);
      return undefined;
    };
    locks.request(name, { ifAvailable: true }, held).catch(() => resolve(undefined));
  });
}
