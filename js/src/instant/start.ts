/** Starting a Python whose libraries are loaded before it runs, which is how snapshots are made and restored. */

import type { Interpreter, PyodideModule } from "../runtime.js";
import type { Compiled } from "./libraries.js";
import { preload } from "./libraries.js";
import { hasParts, type Module, Refusal } from "./model.js";
import { reserveTrampoline } from "./trampoline.js";

/** What a Python is started with. */
export interface Ingredients {
  readonly loader: PyodideModule;
  /** Folder of the Pyodide. */
  readonly folder: URL;
  /** Options of `loadPyodide()`. */
  readonly config: object;
  /** Those of a snapshot: `_makeSnapshot` or `_loadSnapshot`. */
  readonly options: object;
  /** Called when there is a file system; the libraries are loaded afterwards. */
  prepare(module: Module): void | Promise<void>;
  readonly libraries: Promise<readonly Compiled[]>;
  /** Called when all of that is done, before Python runs. */
  complete?(module: Module): Promise<void>;
}

/** A Python, and what belongs to it that its public interface does not tell. */
export interface Begun {
  readonly pyodide: Snapshotable;
  readonly module: Module;
  /** Constructors of libraries, which have not run. */
  readonly constructors: readonly (() => void)[];
  /** Length of the function table when the libraries were there. */
  readonly table: number;
  /** Place of CPython's trampoline in it; 0 where the engine can have none. */
  readonly trampoline: number;
}

/** Pyodide's parts that snapshots use. */
export interface Snapshotable extends Interpreter {
  readonly _api: { readonly config: Record<string, unknown>; on_fatal?: ((error: unknown) => void) | undefined };
  readonly loadedPackages: Record<string, string>;
  makeMemorySnapshot(): Uint8Array<ArrayBuffer>;
}

interface Settings {
  preRun: ((module: Partial<Module>) => void)[];
}

type Create = (settings: Settings) => Promise<unknown>;

/** Start. Rejects with a `Refusal`, or with what went wrong. */
export async function begin(given: Ingredients): Promise<Begun> {
  const { loader, folder, config, options } = given;
  const loading = importScript(folder);
  // It may be refused before Pyodide asks for it.
  loading.catch(() => undefined);
  let begun: Omit<Begun, "pyodide"> | undefined;
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const prepare = async (module: Partial<Module>): Promise<void> => {
    if (!hasParts(module)) throw new Refusal("this Pyodide lacks a part that snapshots take");
    const trampoline = reserveTrampoline(module);
    await given.prepare(module);
    const constructors = await preload(module, await given.libraries);

    begun = { module, constructors, table: module.wasmTable.length, trampoline };
  };
  const createPyodideModule = async (settings: Settings): Promise<unknown> => {
    settings.preRun.push((module) => {
      module.addRunDependency?.("snapshot");
      prepare(module).then(() => module.removeRunDependency?.("snapshot"), fail);
    });
    const module = await (await loading).default(settings);
    if (begun) await given.complete?.(begun.module);
    return module;
  };
  const indexURL = indexOf(folder);
  const starting = loader.loadPyodide({ ...config, indexURL, ...options, createPyodideModule });
  const pyodide = (await Promise.race([starting, failed])) as Snapshotable;
  if (!begun) throw new Refusal("this Pyodide cannot be started from a snapshot");
  // Pyodide keeps its options, and with them the memory of a snapshot and all that was compiled.
  for (const name of ["_loadSnapshot", "createPyodideModule"]) delete pyodide._api.config[name];
  return { pyodide, ...begun };
}

/** Pyodide's main script, which it would import itself. */
export function importScript(folder: URL): Promise<{ default: Create }> {
  const { href } = new URL("pyodide.asm.mjs", folder);
  return import(/* webpackIgnore: true */ /* @vite-ignore */ href);
}

/** In Node Pyodide takes a path. */
function indexOf(folder: URL): string {
  return folder.protocol === "file:" ? decodeURIComponent(folder.pathname) : folder.href;
}
