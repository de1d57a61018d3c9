/**
 * Python with an installer in one call.
 *
 *     import { boot } from "wasminstall";
 *     const python = await boot();
 *     await python.install("pandas");
 *     await python.run("import pandas");
 */

import { type Archive, fetchArchive } from "./archive.js";
import { build } from "./build-info.js";
import { announceRuntime } from "./events.js";
import { ownUrl } from "./home.js";
import { type InstallOptions, type InstallReport, install } from "./install.js";
import { interpreterFacts, placeArchive, placeHelper } from "./place.js";
import {
  absolute,
  type Interpreter,
  importPyodide,
  likelyCacheTag,
  type PyodideModule,
  requireWebAssembly,
} from "./runtime.js";
import { pyodideFolder } from "./stdlib/folder.js";
import { start } from "./stdlib/index.js";

export { BootError, type BootErrorCode } from "./errors.js";
export type { ProgressDetail, ProgressPhase, WasminstallEventMap } from "./events.js";
export type { InstalledPackage, InstallOptions, InstallReport } from "./install.js";
export type { Interpreter, PyodideModule } from "./runtime.js";

/** Version of this release. */
export const version: string = build.version;

/** Options of `attach()`. */
export interface AttachOptions {
  /** Folder of the wasminstall archives; where this script came from unless told. */
  readonly archive?: string | URL | undefined;
}

/** Options of `boot()`. */
export interface BootOptions<P extends Interpreter = Interpreter> extends AttachOptions {
  /**
   * Which Pyodide: the address of its folder or of its `pyodide.mjs`, or the imported module.
   * Unless told: in a page the release this bundle was built for, from Pyodide's CDN; in Node the package `pyodide`.
   */
  readonly pyodide?: string | URL | PyodideModule<P> | undefined;
  /** Handed to `loadPyodide()` as it is: `stdout`, `packageBaseUrl`, `lockFileURL`, `env` ... */
  readonly config?: object | undefined;
  /**
   * `false`: keep nothing between visits, and use nothing that was kept. Otherwise wheels, and the standard library
   * as this visit compiled it, are there for the next one.
   */
  readonly cache?: boolean | undefined;
  /** A standard library that was compiled ahead for this Pyodide, by `js/build/stdlib.mjs`. */
  readonly stdlib?: string | URL | undefined;
}

/** A Python that can install packages. */
export interface Wasminstall<P extends Interpreter = Interpreter> {
  /** Version of wasminstall. */
  readonly version: string;
  /** The interpreter itself. */
  readonly pyodide: P;
  /** Install packages: one requirement ("pandas>=2") or several. Rejects with Python's error, the environment untouched. */
  install(requirements: string | readonly string[], options?: InstallOptions): Promise<InstallReport>;
  /** Run Python code, top-level `await` included; the value of its last expression. */
  run(code: string): Promise<unknown>;
}

/** Load Pyodide and wasminstall at the same time. Rejects with a `BootError`. */
export async function boot<P extends Interpreter = Interpreter>(options: BootOptions<P> = {}): Promise<Wasminstall<P>> {
  requireWebAssembly();
  announceRuntime("loading Python");
  const base = archiveBase(options);
  const { pyodide: wanted, config = {}, cache = true } = options;
  const isAddress = wanted === undefined || typeof wanted === "string" || wanted instanceof URL;
  const module = isAddress ? importPyodide(wanted) : Promise.resolve(wanted);
  const folder = pyodideFolder(wanted, (config as { indexURL?: string }).indexURL);
  const stdlib = options.stdlib === undefined ? undefined : absolute(options.stdlib);
  // The default Pyodide's CPython is known at once, another one's as soon as its script says its version.
  const tag = wanted === undefined ? Promise.resolve(likelyCacheTag()) : module.then((m) => likelyCacheTag(m.version));
  const [pyodide, archive] = await Promise.all([
    start(module as Promise<PyodideModule<P>>, config, { folder, cache, stdlib }),
    tag.then((likely) => fetchArchive(base, likely)),
  ]);
  await equip(pyodide, base, cache, archive);
  announceRuntime(`Python ${interpreterFacts(pyodide).python} is ready`);
  return handle(pyodide);
}

/** Add wasminstall to an interpreter that somebody else started. Harmless when it is there already. */
export async function attach<P extends Interpreter>(pyodide: P, options: AttachOptions = {}): Promise<Wasminstall<P>> {
  await equip(pyodide, archiveBase(options), true);
  return handle(pyodide);
}

/** Make `import wasminstall` work; `early` is an archive fetched before the interpreter could be asked. */
async function equip(pyodide: Interpreter, base: URL, cache: boolean, early?: Archive): Promise<void> {
  placeHelper(pyodide, cache);
  const { importable, cacheTag, magic } = interpreterFacts(pyodide);
  if (importable) return;
  const fits = (archive: Archive): boolean => archive.magic === undefined || archive.magic === magic;
  let archive = early ?? (await fetchArchive(base, cacheTag));
  if (!fits(archive)) archive = await fetchArchive(base, cacheTag);
  // Two pre-releases of one CPython can share a cache tag and still refuse each other's bytecode.
  if (!fits(archive)) archive = await fetchArchive(base, undefined);
  placeArchive(pyodide, archive);
}

function archiveBase({ archive }: AttachOptions): URL {
  if (archive === undefined) return new URL(".", ownUrl());
  const url = absolute(archive);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function handle<P extends Interpreter>(pyodide: P): Wasminstall<P> {
  return {
    version,
    pyodide,
    install: (requirements, options) => install(pyodide, requirements, options),
    run: (code) => pyodide.runPythonAsync(code),
  };
}
