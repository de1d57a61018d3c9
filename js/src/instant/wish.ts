/**
 * What a page asks of an instant start, and the key under which its snapshot is kept.
 *
 * In the key is everything known before anything was looked up that decides what is in a snapshot: this release and
 * its recipe, the Pyodide's address and options, what is installed and imported, language and time zone. The store's
 * key is a digest, so nothing of an index's password can be read there.
 *
 * The rest is checked when it is restored: Pyodide's release (restore.ts) and build (Pyodide itself, by the id that it
 * writes into the memory); the bytes of memory, files and libraries (record.ts); the libraries' order and what they put
 * into the function table (restore.ts). Files and libraries come out of the snapshot, so they are what it was made
 * with; a lock's text, with the hashes of its wheels, is in the key, and what other requests mean is looked up anew
 * after a day (index.ts).
 */

import type { BootOptions } from "../bootstrap.js";
import { build } from "../build-info.js";
import { absolute } from "../runtime.js";
import { read, sha256 } from "../stdlib/bytes.js";
import { pyodideFolder } from "../stdlib/folder.js";
import { withAddresses } from "../worker/options.js";
import { RECIPE, Refusal } from "./model.js";

/** A snapshot's key in the store, and where its Pyodide is. */
export interface Wish {
  readonly key: string;
  readonly folder: URL;
}

/** Of Pyodide's options, those that are called and of which nothing stays in Python. */
const CALLED = ["stdin", "stdout", "stderr"];

/** Rejects with a `Refusal` where an instant start is not possible with these options. */
export async function wishOf(options: BootOptions): Promise<Wish> {
  const { pyodide, archive, packages = [], file, lock, index, preload, config = {}, cache } = options;
  if (cache === false) throw new Refusal("nothing may be kept (cache: false)");
  const { indexURL } = config as { indexURL?: string };
  const folder = pyodideFolder(pyodide, indexURL);
  if (!folder) throw new Refusal("the folder of this Pyodide is not known");
  const kept = Object.entries(config).filter(([name]) => !CALLED.includes(name));
  const settings = withAddresses(Object.fromEntries(kept));
  const odd = Object.entries(settings).find(([, value]) => !isPlain(value));
  if (odd) throw new Refusal(`the option config.${odd[0]} is not text, a number or a list of them`);
  const texts = await Promise.all([file, lock].map((source) => source && textOf(source, options.offline)));
  const { language } = navigator;
  const about = [RECIPE, build.version, folder.href, archive && absolute(archive).href, settings, language, offsets()];
  const wanted = [[packages].flat(), ...texts, index, preload];
  const digest = await sha256(new TextEncoder().encode(JSON.stringify([...about, ...wanted])));
  return { key: `instant/${digest.slice(0, 32)}`, folder };
}

/** Minutes from UTC, in winter and in summer. To name its time zone, a browser loads megabytes of them. */
function offsets(): number[] {
  const year = new Date().getFullYear();
  return [0, 6].map((month) => new Date(year, month).getTimezoneOffset());
}

/** Whether JSON tells all of it. */
function isPlain(value: unknown): boolean {
  if (value === null || ["undefined", "boolean", "number", "string"].includes(typeof value)) return true;
  const isList = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isList && Object.values(value as object).every(isPlain);
}

/** What stands at an address; the text itself is told by its lines. */
async function textOf(source: string, offline: boolean | undefined): Promise<string> {
  if (/[\r\n]/.test(source)) return source;
  if (offline) return source;
  try {
    return new TextDecoder().decode(await read(new URL(source)));
  } catch {
    return source; // what is wrong with it, the install says
  }
}
