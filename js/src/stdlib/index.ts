/**
 * Starting Pyodide with a standard library that is compiled already.
 *
 * More than half of a plain start is compiling the standard library's sources. By its option `stdLibURL` Pyodide takes
 * another archive of it: one that was made ahead (js/build/stdlib.mjs), or one that an earlier visit left in the store.
 * Where there is neither, the bytecode that comes with the release is added to Pyodide's own (first.ts).
 * Whatever goes wrong with any of them, a plain start follows.
 */

import { build } from "../build-info.js";
import { type Interpreter, type PyodideModule, startPyodide } from "../runtime.js";
import { read, sha256 } from "./bytes.js";
import type { FirstVisit } from "./first.js";
import { openKeeper, type Started } from "./keeper.js";
import { type Loan, lend } from "./lend.js";
import { findPrepared, refuse } from "./prepared.js";
import { zipIn } from "./release.js";
import { inspect, watched } from "./watch.js";

/** Where a compiled standard library may come from. */
export interface Choice {
  /** Folder of the Pyodide, where it is known. */
  readonly folder: URL | undefined;
  /** Whether something may be kept between visits. */
  readonly cache: boolean;
  /** An archive that was made ahead. */
  readonly stdlib: URL | undefined;
  /** What comes with the release. */
  readonly first: FirstVisit;
}

/** With one of these the caller has decided about the standard library, or about memory that refers to it. */
const DECIDED = ["stdLibURL", "_loadSnapshot", "_makeSnapshot"];

export function isDecided(config: object): boolean {
  return DECIDED.some((name) => (config as Record<string, unknown>)[name] !== undefined);
}

/** Start the interpreter. Rejects with a `BootError`. */
export async function start<P extends Interpreter>(
  module: Promise<PyodideModule<P>>,
  config: object,
  choice: Choice,
): Promise<P> {
  if (isDecided(config)) return startPyodide(await module, config);
  const fast = (await startPrepared(module, config, choice)) ?? (await startKept(module, config, choice));
  return fast ?? startPyodide(await module, config);
}

/** Start with the archive made ahead; undefined when there is none, or it does not fit. */
async function startPrepared<P extends Interpreter>(
  module: Promise<PyodideModule<P>>,
  config: object,
  { stdlib }: Choice,
): Promise<P | undefined> {
  if (!stdlib) return undefined;
  const [loaded, prepared] = await Promise.all([module, findPrepared(stdlib)]);
  if (!prepared) return undefined;
  if (prepared.pyodide === loaded.version) {
    const loan = await lend(prepared.bytes);
    // Where nothing can be lent Pyodide fetches it once more.
    const pyodide = await attempt(loaded.loadPyodide({ ...config, stdLibURL: loan?.url ?? stdlib.href }));
    await loan?.free();
    if (pyodide && inspect(pyodide).magic === prepared.magic) return pyodide;
  }
  refuse(stdlib, `it is for Pyodide ${prepared.pyodide}, and this one is ${loaded.version}`);
  return undefined;
}

/** Start with what was kept, or watch a plain start so that there is more the next time; undefined if both fail. */
async function startKept<P extends Interpreter>(
  module: Promise<PyodideModule<P>>,
  config: object,
  { folder, cache, first }: Choice,
): Promise<P | undefined> {
  const keeper = cache && folder ? await openKeeper("stdlib", folder) : undefined;
  if (!keeper || !folder) return startOnce(await module, config, first);
  const [loaded, kept] = await Promise.all([module, keeper.find()]);
  const used = kept?.pyodide === loaded.version ? kept : undefined;
  const loan = used && (await lend(used.bytes));
  if (used && !loan) return startOnce(loaded, config, first);
  const settings = watched(config, true);
  const fast = used && loan && (await startWith(loaded, settings, loan, isFrom(used.source, folder, first)));
  let extended: Pick<Started, "source" | "sources"> = { source: fast && used?.source };
  const startFirst = async (): Promise<P> => {
    const quick = await first.quickened(settings, loaded.version, (found) => {
      extended = found;
    });
    return loaded.loadPyodide(quick);
  };
  const pyodide = fast ?? (await attempt(startFirst()));
  if (!pyodide) return undefined;
  if (used && !fast) await keeper.drop();
  const found = inspect(pyodide);
  if (fast && found.magic !== used.magic) {
    // Bytecode of another interpreter does no harm, Python reads the sources instead; but it is of no use.
    await keeper.drop();
    return pyodide;
  }
  const started: Started = { ...found, ...extended, pyodide: loaded.version ?? "" };
  keeper.keepLater(pyodide, started);
  return pyodide;
}

/** Start with nothing kept, and keep nothing; undefined when that fails. */
async function startOnce<P extends Interpreter>(
  module: PyodideModule<P>,
  config: object,
  first: FirstVisit,
): Promise<P | undefined> {
  const quick = await first.quickened(watched(config, false), module.version);
  const pyodide = await attempt(module.loadPyodide(quick));
  if (pyodide) inspect(pyodide);
  return pyodide;
}

/** Start with an archive that was kept; undefined when that fails, or the Pyodide in the folder is no longer the same. */
async function startWith<P extends Interpreter>(
  module: PyodideModule<P>,
  config: object,
  loan: Loan,
  fits: Promise<boolean>,
): Promise<P | undefined> {
  // At the same time: that it fits is the rule.
  const starting = attempt(module.loadPyodide({ ...config, stdLibURL: loan.url }));
  void starting.then(() => loan.free());
  return (await fits) ? starting : undefined;
}

/** Whether the standard library in the folder is this one. Where it cannot be had a plain start would fail too. */
async function isFrom(source: string, folder: URL, first: FirstVisit): Promise<boolean> {
  if (await first.isOfRelease()) return source === build.stdlib.source;
  const bytes = await read(zipIn(folder)).catch(() => undefined);
  return !bytes || (await sha256(bytes)) === source;
}

async function attempt<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    return undefined;
  }
}
