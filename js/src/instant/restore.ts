/** A Python as it was when its snapshot was made, with what belongs to this visit put in its place. */

import { runAside } from "../place.js";
import type { PyodideModule } from "../runtime.js";
import { bytesOf, fill } from "./files.js";
import { type Compiled, compile, restoreFunctions, restoreHandles } from "./libraries.js";
import { newHead, spread } from "./memory.js";
import { Refusal, runtimeOf } from "./model.js";
import { type Reading, verify } from "./record.js";
import RENEW from "./renew.py";
import { begin, type Snapshotable } from "./start.js";
import { setTrampoline } from "./trampoline.js";

/** Where and how. */
export interface Place {
  readonly loader: PyodideModule;
  /** Folder of the Pyodide. */
  readonly folder: URL;
  /** Options of `loadPyodide()`. */
  readonly config: object;
}

/**
 * Start from a snapshot, while it is still being read. Rejects, with a `Refusal` where it is known why, and then nothing
 * of it is of use.
 */
export async function restore(reading: Reading, place: Place): Promise<Snapshotable> {
  const compiling = compileLibraries(reading);
  const checking = verify(reading);
  const head = newHead();
  for (const early of [compiling, checking, ...Object.values(reading)]) early.catch(() => undefined); // told where they are waited for
  const { pyodide, module, table, trampoline } = await begin({
    ...place,
    options: { _loadSnapshot: head },
    libraries: compiling,
    async prepare(module) {
      const { files, globals, pyodide } = await reading.header;
      if (place.loader.version !== pyodide) throw new Refusal(`it was made by Pyodide ${pyodide}`, { again: true });
      checkGlobals(globals);
      fill(runtimeOf(module), { files, blob: (await reading.blob).bytes });
    },
    async complete(module) {
      const { memory } = await reading.header;
      const { bytes } = await reading.memory;
      await checking;
      spread(module, head, memory, bytes);
    },
  }).catch(async (error) => {
    // Where bytes are not what they were, that is the reason; one of another Pyodide is not read to its end.
    if (!(error instanceof Refusal && error.again)) await checking;
    // Of a release there may be several builds; Pyodide compares the id of this one with that in the memory.
    const isOther = /build id mismatch/.test((error as Error).message);
    throw isOther ? new Refusal("it was made by another build of Pyodide", { again: true }) : error;
  });
  const header = await reading.header;
  if (table !== header.table) throw new Refusal("its libraries are not where they were");
  setTrampoline(module, trampoline);
  restoreHandles(module, header.handles);
  restoreFunctions(module, header.functions);
  Object.assign(pyodide.loadedPackages, header.loaded);
  renew(pyodide, header.preload);

  return pyodide;
}

function renew(pyodide: Snapshotable, modules: readonly string[]): void {
  let missing: string;
  try {
    missing = runAside(pyodide, `${RENEW}\ntried(${JSON.stringify(modules)})`);
  } catch {
    throw new Refusal("Python does not work as it should");
  }
  if (missing) throw new Refusal(`${missing} is not there`);
}

/** Throws where modules, imported here, would have found something else. */
function checkGlobals(asked: Readonly<Record<string, boolean>>): void {
  const other = Object.keys(asked).find((name) => name in globalThis !== asked[name]);
  if (other) throw new Refusal(`a module asks for js.${other}, which pages and workers do not both have`);
}

async function compileLibraries(reading: Reading): Promise<Compiled[]> {
  const [{ files, libraries }, { bytes: blob }] = await Promise.all([reading.header, reading.blob]);
  return Promise.all(libraries.map((each) => compile(each, bytesOf({ files, blob }, each.path))));
}
