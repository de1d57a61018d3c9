/**
 * A zip of Python sources (the standard library of one Pyodide, or wasminstall itself), kept in the store with the
 * bytecode of what was imported so far beside the sources.
 *
 * An entry is found by the address it came from, and is for exactly the zip it was made from (`source`, its sha256)
 * and the interpreter that compiled it (`magic`).
 */

import type { Interpreter } from "../runtime.js";
import { openStore, type Store } from "../store/index.js";
import { sha256 } from "./bytes.js";
import { idle, later } from "./idle.js";
import { mayLend } from "./lend.js";
import type { Sources } from "./sources.js";
import { takeCompiled } from "./watch.js";
import { type Member, readDirectory, withMembers } from "./zip.js";

/** Seconds after the start: when it is over, and when the page has been used for a while. */
const KEEP_AFTER = [2, 5, 10, 20, 60, 180, 600];
/** One site seldom has pages with more Pyodide builds than this. */
const MOST_BUILDS = 2;
const MOST_BYTES = 24e6;
/** Of a turn of the page, in seconds. */
const SLICE = 0.008;

/** What is known of an archive. */
export interface Facts {
  /** SHA-256 of the zip without bytecode. */
  readonly source: string;
  /** Release of Pyodide. */
  readonly pyodide: string;
  /** Magic number of the bytecode, in hexadecimal. */
  readonly magic: string;
}

/** An archive that was kept. */
export interface KeptArchive extends Facts {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What an interpreter runs with: `source` where it is known already. */
export interface Started extends Omit<Facts, "source"> {
  readonly source: string | undefined;
  /** Path of the zip. */
  readonly path: string;
  /** Those of the zip's sources that are still to come. */
  readonly sources?: Sources | undefined;
  /** The zip came with bytecode, which nobody has kept yet. */
  readonly extended?: boolean | undefined;
}

/** The keeper for what comes from this address; undefined where nothing can be kept. */
export async function openKeeper(kind: "stdlib" | "python", from: URL): Promise<Keeper | undefined> {
  try {
    const store = await openStore();
    return store && new Keeper(store, `${kind}/${(await sha256(new TextEncoder().encode(from.href))).slice(0, 32)}`);
  } catch {
    return undefined;
  }
}

export class Keeper {
  readonly #store: Store;
  readonly #key: string;
  #busy = false;
  #touched = false;
  #added = false;

  constructor(store: Store, key: string) {
    this.#store = store;
    this.#key = key;
  }

  /** What was kept, undamaged. */
  async find(): Promise<KeptArchive | undefined> {
    try {
      const entry = await this.#store.get(this.#key);
      return entry && { ...(JSON.parse(entry.meta) as Facts), bytes: entry.bytes };
    } catch {
      return undefined;
    }
  }

  /** It is of no use. Never rejects. */
  async drop(): Promise<void> {
    await this.#store.delete([this.#key]).catch(() => undefined);
  }

  /** Keep what is compiled from now on, while the page is there. */
  keepLater(pyodide: Interpreter, started: Started): void {
    later(KEEP_AFTER, () => this.#keep(pyodide, started));
  }

  /** Keep the bytecode of what was compiled since the last time. Never rejects, never takes long at once. */
  async #keep(pyodide: Interpreter, started: Started): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      if (!this.#touched) await this.#store.touch([this.#key]);
      this.#touched = true;
      await started.sources?.whole();
      const members = await collect(pyodide, started.path);
      const some = members.length > 0 || (started.extended && !this.#added);
      if (some && (await mayLend())) await this.#add(pyodide, started, members);
      this.#added = true;
    } catch {
      // No room, or the interpreter has ended: the next start is a plain one.
    } finally {
      this.#busy = false;
    }
  }

  async #add(pyodide: Interpreter, started: Started, members: readonly Member[]): Promise<void> {
    // More than its public types tell; what it runs with is what the next one shall have.
    const { FS } = pyodide as unknown as { FS: { readFile(path: string): Uint8Array } };
    const own = FS.readFile(started.path);
    const source = started.source ?? (await sha256(own));
    // Another tab may have added to it meanwhile.
    const kept = await this.find();
    const fits = kept?.source === source && kept.magic === started.magic;
    const base = fits ? kept.bytes : own;
    const directory = readDirectory(base);
    if (!directory) return;
    await idle();
    const bytes = withMembers(base, directory, members);
    const more = bytes.length > base.length || (started.extended && !fits);
    if (!more || bytes.length > Math.min(MOST_BYTES, (await this.#store.budget()) / 4)) return;
    const facts: Facts = { source, pyodide: started.pyodide, magic: started.magic };
    await idle();
    await this.#store.put(this.#key, bytes, JSON.stringify(facts));
    await this.#dropOthers();
  }

  /** Those of other builds, but for the one that was used last. */
  async #dropOthers(): Promise<void> {
    const kind = this.#key.replace(/\/.*/, "/");
    const others = (await this.#store.list()).filter(({ key }) => key.startsWith(kind) && key !== this.#key);
    others.sort((a, b) => b.used - a.used);
    await this.#store.delete(others.slice(MOST_BUILDS - 1).map(({ key }) => key));
  }
}

async function collect(pyodide: Interpreter, path: string): Promise<Member[]> {
  const members: Member[] = [];
  for (;;) {
    await idle();
    const some = takeCompiled(pyodide, path, SLICE);
    if (some.length === 0) return members;
    members.push(...some);
  }
}
