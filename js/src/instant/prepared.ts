/**
 * Snapshots that were made ahead, by js/build/snapshot.mjs, and lie on a server: fetched and unpacked while Pyodide
 * starts, at the first visit as at later ones. Nothing of them goes into the store: the browser's HTTP cache has them.
 */

import type { BootOptions } from "../bootstrap.js";
import { nodeBuiltin } from "../node.js";
import { runAside } from "../place.js";
import { absolute, type PyodideModule } from "../runtime.js";
import { read, sha256 } from "../stdlib/bytes.js";
import { pyodideFolder } from "../stdlib/folder.js";
import { openStore } from "../store/index.js";
import { type Attempt, attemptAt, ENDED, MOST_FAILURES } from "./attempts.js";
import ENVIRON from "./environ.py";
import { isFresh, type Kept, keepRefusal, keepRefusalWhenFatal } from "./kept.js";
import { lengthOf } from "./memory.js";
import { Refusal } from "./model.js";
import { FIRST, headerIn, lengthOfHeader, partOf, type Reading } from "./record.js";
import { restore } from "./restore.js";
import type { Snapshotable } from "./start.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** A Python from such a file, and the magic number of its bytecode. */
export interface FromPrepared {
  readonly pyodide: Snapshotable;
  readonly magic: string;
}

/** Restore what lies at `options.snapshot`. Rejects with a `Refusal` where it is known why that cannot be. */
export async function restorePrepared(options: BootOptions, loading: Promise<PyodideModule>): Promise<FromPrepared> {
  const { snapshot = "", pyodide: wanted, config = {} } = options;
  const { indexURL, env = {} } = config as { indexURL?: string; env?: Readonly<Record<string, string>> };
  const folder = pyodideFolder(wanted, indexURL);
  if (!folder) throw new Refusal("the folder of this Pyodide is not known");
  const url = absolute(snapshot);
  const guarding = guardOf(url, options);
  const fetching = new AbortController();
  const reading = fetchSnapshot(url, fetching.signal);
  for (const early of Object.values(reading)) early.catch(() => undefined); // told where it is waited for
  try {
    const guard = await guarding;
    if (guard?.refused) throw new Refusal(guard.refused);
    const loader = await loading;
    guard?.attempt.begin();
    const pyodide = await restore(reading, { loader, folder, config });
    guard?.watch(pyodide);
    runAside(pyodide, `${ENVIRON}\nupdate_environ(${JSON.stringify({ ...language(), ...env })})`);
    return { pyodide, magic: (await reading.header).magic };
  } catch (error) {
    fetching.abort(); // the line is wanted for a normal start
    throw error;
  } finally {
    (await guarding)?.attempt.end(true);
  }
}

/** What is known of this file from earlier visits. */
interface Guard {
  readonly attempt: Attempt;
  /** Why it is not tried; "" when it is. */
  readonly refused: string;
  /** Note it when this Python dies. */
  watch(pyodide: Snapshotable): void;
}

/** Undefined where nothing can be kept. Never rejects. */
async function guardOf({ href }: URL, { cache }: BootOptions): Promise<Guard | undefined> {
  if (cache === false || nodeBuiltin("node:fs")) return undefined;
  const store = await openStore();
  if (!store) return undefined;
  const place = { key: `instant/${(await sha256(new TextEncoder().encode(href))).slice(0, 32)}` };
  const [entry, attempt] = await Promise.all([
    store.get(place.key).catch(() => undefined),
    attemptAt(store, place.key),
  ]);
  const kept = entry && (JSON.parse(entry.meta) as Kept);
  const isDeadly = attempt.failures >= MOST_FAILURES;
  if (isDeadly) await keepRefusal(place, store, ENDED);
  const refused = isDeadly ? ENDED : kept && isFresh(kept) ? kept.refused : "";
  return { attempt, refused: refused ?? "", watch: (pyodide) => keepRefusalWhenFatal(pyodide, place, store) };
}

/** As Pyodide tells it to a Python that starts as ever. */
function language(): Record<string, string> {
  const { language = "C" } = globalThis.navigator ?? {};
  return { LANG: `${language.replace("-", "_")}.UTF-8` };
}

/** Its parts, one after the other. Rejected with a `Refusal` when this is no snapshot. */
function fetchSnapshot(url: URL, signal: AbortSignal): Reading {
  const opening = open(url, signal).then(async (stream) => {
    const source = new Source((await unpacked(stream)).getReader());
    const first = await source.read(FIRST);
    return { source, header: await headerIn(await source.read(lengthOfHeader(first)), first) };
  });
  const header = opening.then((opened) => opened.header);
  const blob = opening.then(async ({ source, header }) => partOf(await source.read(header.blob)));
  const memory = Promise.all([opening, blob]).then(async ([{ source, header }]) => {
    const bytes = await source.read(lengthOf(header.memory));
    await source.end();
    return partOf(bytes);
  });
  return { header, blob, memory };
}

async function open(url: URL, signal: AbortSignal): Promise<ReadableStream<Bytes>> {
  if (url.protocol === "file:") return new Blob([await read(url)]).stream();
  const response = await fetch(url, { signal });
  if (!response.ok || !response.body) throw new Refusal(`${url} gives HTTP ${response.status}`);
  return response.body;
}

/** Decompress, unless the server said `Content-Encoding` and the browser has done it. */
async function unpacked(stream: ReadableStream<Bytes>): Promise<ReadableStream<Bytes>> {
  const [ahead, whole] = stream.tee();
  const reader = ahead.getReader();
  const { value } = await reader.read();
  void reader.cancel();
  const isGzip = value?.[0] === 0x1f && value[1] === 0x8b;
  return isGzip ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
}

/** A stream that is read in pieces of known length. */
class Source {
  readonly #reader: ReadableStreamDefaultReader<Bytes>;
  #rest: Bytes = new Uint8Array();

  constructor(reader: ReadableStreamDefaultReader<Bytes>) {
    this.#reader = reader;
  }

  async read(length: number): Promise<Bytes> {
    const piece = new Uint8Array(length);
    await this.#fill(piece);
    return piece;
  }

  /** Nothing may follow; what a decompressor checks, it checks here. */
  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#next())) throw new Refusal("it is longer than it says");
  }

  async #fill(target: Bytes): Promise<void> {
    for (let at = 0; at < target.length; ) {
      if (this.#rest.length === 0) this.#rest = (await this.#next()) ?? cutOff();
      const piece = this.#rest.subarray(0, target.length - at);
      target.set(piece, at);
      at += piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
  }

  async #next(): Promise<Bytes | undefined> {
    return (await this.#reader.read()).value;
  }
}

function cutOff(): never {
  throw new Refusal("it is cut off");
}
