/**
 * The standard library archive of one Pyodide, kept in the store: Pyodide's own zip with the bytecode of what was
 * imported so far beside the sources.
 *
 * An entry is found by the address of the Pyodide, and is for exactly the standard library it was made from (`source`,
 * the sha256 of Pyodide's zip) and the interpreter that compiled it (`magic`).
 */

import type { Interpreter } from "../runtime.js";
import { openStore, type Store } from "../store/index.js";
import { sha256 } from "./bytes.js";
import { idle } from "./idle.js";
import { mayLend } from "./lend.js";
import { takeCompiled } from "./watch.js";
import { type Member, readDirectory, withMembers } from "./zip.js";

const KIND = "stdlib/";
/** One site seldom has pages with more Pyodide builds than this. */
const MOST_BUILDS = 2;
const MOST_BYTES = 24e6;
/** Of a turn of the page, in seconds. */
const SLICE = 0.008;

/** What is known of an archive. */
export interface Facts {
  /** SHA-256 of the zip that Pyodide came with. */
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
  /** Path of its standard library. */
  readonly path: string;
}

/** The keeper for the Pyodide in this folder; undefined where nothing can be kept. */
export async function openKeeper(folder: URL): Promise<Keeper | undefined> {
  try {
    const store = await openStore();
    return store && new Keeper(store, `${KIND}${(await sha256(new TextEncoder().encode(folder.href))).slice(0, 32)}`);
  } catch {
    return undefined;
  }
}

export class Keeper {
  readonly #store: Store;
  readonly #key: string;
  #busy = false;
  #touched = false;

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

  /** Keep the bytecode of what was compiled since the last time. Never rejects, never takes long at once. */
  async keep(pyodide: Interpreter, started: Started): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      if (!this.#touched) await this.#store.touch([this.#key]);
      this.#touched = true;
      const members = await collect(pyodide);
      if (members.length && (await mayLend())) await this.#add(pyodide, started, members);
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
    if (bytes.length === base.length || bytes.length > Math.min(MOST_BYTES, (await this.#store.budget()) / 4)) return;
    const facts: Facts = { source, pyodide: started.pyodide, magic: started.magic };
    await idle();
    await this.#store.put(this.#key, bytes, JSON.stringify(facts));
    await this.#dropOthers();
  }

  /** Those of other builds, but for the one that was used last. */
  async #dropOthers(): Promise<void> {
    const others = (await this.#store.list()).filter(({ key }) => key.startsWith(KIND) && key !== this.#key);
    others.sort((a, b) => b.used - a.used);
    await this.#store.delete(others.slice(MOST_BUILDS - 1).map(({ key }) => key));
  }
}

async function collect(pyodide: Interpreter): Promise<Member[]> {
  const members: Member[] = [];
  for (;;) {
    await idle();
    const some = takeCompiled(pyodide, SLICE);
    if (some.length === 0) return members;
    members.push(...some);
  }
}
