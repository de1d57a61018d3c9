/**
 * Python with packages in one call.
 *
 *     import { boot } from "wasminstall";
 *     const python = await boot({ packages: "pandas" });
 *     await python.run("import pandas");
 */

import { findCompiled } from "./ahead/compiled.js";
import type { Early } from "./ahead/early.js";
import type { Expected } from "./ahead/expected.js";
import { preload } from "./ahead/preload.js";
import { startAhead } from "./ahead/start.js";
import { compileAhead } from "./ahead/wasm.js";
import { type Archive, fetchArchive } from "./archive.js";
import { build } from "./build-info.js";
import { BootError, WasmInstallError } from "./errors.js";
import { createTeller, type ProgressDetail, tellStart } from "./events.js";
import { type InstallOptions, install } from "./install.js";
import { importModules, interpreterFacts, loadHelper, placeArchive, placeHelper, type Ready } from "./place.js";
import type { Python, StartReport, Wasminstall, WorkerPython } from "./python.js";
import { absolute, type Interpreter, importPyodide, type PyodideModule, requireWebAssembly } from "./runtime.js";
import { FirstVisit } from "./stdlib/first.js";
import { pyodideFolder } from "./stdlib/folder.js";
import { isDecided, start } from "./stdlib/index.js";
import { openStore } from "./store/index.js";
import { hearStreams } from "./streams.js";

export type {
  CodeFrame,
  DisplayOutput,
  ErrorFrame,
  ErrorLink,
  ErrorOutput,
  LibraryFrame,
  Output,
  StreamOutput,
} from "./display/model.js";
export { BootError, type BootErrorCode, WasmInstallError } from "./errors.js";
export type { ProgressDetail, ProgressPhase, WasminstallEventMap } from "./events.js";
export type { InstalledPackage, InstallOptions, InstallReport } from "./install.js";
export type { ExecuteOptions, Python, StartReport, Wasminstall, WorkerPython } from "./python.js";
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
  /** What to install before `boot()` resolves: one requirement ("pandas>=2") or several. */
  readonly packages?: string | readonly string[] | undefined;
  /** A requirements file, a pyproject.toml or a script with a PEP 723 block to install: its address, or its text. */
  readonly file?: string | undefined;
  /** A pylock.toml or a pyodide-lock.json, exactly which is installed: its address, or its text. */
  readonly lock?: string | undefined;
  /** A Simple API address (PEP 503, PEP 691): where this Python looks for packages, now and later, instead of PyPI. */
  readonly index?: string | undefined;
  /** Modules to import before `boot()` resolves. */
  readonly preload?: readonly string[] | undefined;
  /**
   * `true`: once this page is idle a snapshot is made of a fresh Python with exactly `packages` (or `file`, `lock`)
   * installed and `preload` imported, and the next visit starts from it.
   */
  readonly instant?: boolean | undefined;
  /**
   * A snapshot that was made ahead, by `wasminstall-snapshot`: Python starts from it, and nothing is installed or
   * imported. Where it cannot be used, `packages` (or `file`, `lock`) and `preload` are, as ever.
   */
  readonly snapshot?: string | URL | undefined;
  /** `true`: installs ask nobody and take what was kept. Python itself is loaded as ever. */
  readonly offline?: boolean | undefined;
  /** Told every step until `boot()` settles. */
  readonly onProgress?: ((detail: ProgressDetail) => void) | undefined;
  /** Takes what Python prints, in lines, or less where it is flushed; the console unless told. */
  readonly stdout?: ((text: string) => void) | undefined;
  /** The same for `sys.stderr`. */
  readonly stderr?: ((text: string) => void) | undefined;
  /** `true`: Python runs in a module worker, and the page goes on while it computes. */
  readonly worker?: boolean | undefined;
}

/**
 * Load Pyodide and wasminstall, and what is to be installed, at the same time. Resolves when all of it is importable.
 *
 * Rejects with a `BootError` when Python cannot be started, and with a `WasmInstallError` when something cannot be
 * installed.
 */
export function boot(options: BootOptions & { readonly worker: true }): Promise<WorkerPython>;
export function boot<P extends Interpreter = Interpreter>(
  options?: BootOptions<P> & { readonly worker?: false | undefined },
): Promise<Wasminstall<P>>;
export function boot(options: BootOptions): Promise<Python>;
export async function boot(options: BootOptions = {}): Promise<Python> {
  const core = { BootError, WasmInstallError, reachable };
  if (options.worker) return (await loadWorkerClient()).bootInWorker(options, core);
  const { python, make } = await bootHere(options);
  if (make) loadWorkerClient().then(({ makeLater }) => makeLater(options, core), console.warn);
  return python;
}

async function loadWorkerClient(): Promise<typeof import("./worker/client.js")> {
  return import("./worker/client.js").catch((cause) => {
    throw new BootError("worker-failed", `The worker for Python could not be started: ${cause.message}`, cause);
  });
}

/** After the start, what scripts were expected to need and did not take by then is forgotten: milliseconds. */
const EXPECTED_WITHIN = 30_000;

/** A Python in this thread, and whether a snapshot should be made for the next visit. */
export interface Booted {
  readonly python: Wasminstall;
  readonly make: boolean;
}

/** What `boot()` does where Python is to run. */
export async function bootHere(options: BootOptions): Promise<Booted> {
  const tell = createTeller(options.onProgress);
  const [file, lock, index] = [options.file, options.lock, options.index].map((given) => given && reachable(given));
  const given = { ...options, file, lock, index };
  const { packages = [], preload = [], offline } = given;
  const ready = ({ pyodide, start }: Started): string =>
    `Python ${interpreterFacts(pyodide).python} is ready${start.instant ? ", its packages imported" : ""}`;
  const { pyodide, start, make, early } = await tellStart(tell, checked(options, startSoon(given)), ready);
  try {
    // What a script tag names is installed by it, and a failure told in the words of the page.
    if (!start.instant && !("expected" in options)) {
      if (packages.length || file || lock) await install(pyodide, packages, { file, lock, offline, progress: tell });
      if (preload.length) importModules(pyodide, preload);
    }
    return { python: handle(pyodide, start, { offline }), make };
  } finally {
    early?.();
  }
}

/** What is wrong with the options is told in place of what came of it. */
async function checked<T>(options: BootOptions, starting: Promise<T>): Promise<T> {
  const check = loadHelper().then(({ checkOptions }) => checkOptions(options, BootError));
  const told = starting.catch((error) => check.then(() => Promise.reject(error)));
  return (await Promise.all([told, check]))[0];
}

/** A Python that runs, with wasminstall in it. */
interface Started {
  readonly pyodide: Interpreter;
  readonly start: StartReport;
  readonly make: boolean;
  /** Forget what was fetched ahead. */
  readonly early?: () => void;
}

/** From a snapshot, where there is one. */
async function startSoon(options: BootOptions): Promise<Started> {
  requireWebAssembly();
  const load = loadModule(options);
  if (!options.instant && !options.snapshot) return startFetching(options, load, "", false);
  // While more of this is loaded.
  const { indexURL } = (options.config ?? {}) as { indexURL?: string };
  compileAhead(pyodideFolder(options.pyodide, indexURL));
  const store = options.instant ? openStore() : undefined;
  const { restoreFor } = await import("./instant/index.js");
  const archive = fetchArchive(archiveBase(options), true);
  archive.catch(() => undefined); // a normal start will tell
  const { pyodide, magic, reason, make } = await restoreFor(options, load, store);
  if (!pyodide) return startFetching(options, load, reason, make);
  hearStreams(pyodide, options);
  await placeHelper(pyodide, { cache: true, index: options.index, findCompiled: findCompiled(archiveBase(options)) });
  placeArchive(pyodide, await archive, magic);
  return { pyodide, start: { instant: true, reason }, make };
}

/** As ever, and what is to be installed is fetched at the same time. */
async function startFetching(
  options: BootOptions,
  load: Promise<PyodideModule>,
  reason: string,
  make: boolean,
): Promise<Started> {
  const { packages = [], file, lock, index, offline } = options;
  const { expected } = options as { expected?: readonly Expected[] }; // the script tag's
  const some = packages.length || file || lock || expected?.length;
  const wishes = { ...options, packages, file, lock, index, expected };
  const first = firstVisit(options);
  const early = some && !offline ? startAhead(wishes, findCompiled(archiveBase(options)), first.sources) : undefined;
  const close = (): void => early?.close();
  try {
    const pyodide = await startEquipped(options, load, early, first);
    const forget = expected?.length ? () => void setTimeout(close, EXPECTED_WITHIN) : close;
    return { pyodide, start: { instant: false, reason }, make, early: forget };
  } catch (error) {
    close();
    throw error;
  }
}

/** Import Pyodide's script, and have its other files fetched. */
function loadModule({ pyodide, config = {} }: BootOptions): Promise<PyodideModule> {
  const { indexURL, lockFileURL } = config as { indexURL?: string; lockFileURL?: string };
  preload(pyodideFolder(pyodide, indexURL), lockFileURL);
  const isAddress = pyodide === undefined || typeof pyodide === "string" || pyodide instanceof URL;
  const loading = isAddress ? importPyodide(pyodide) : Promise.resolve(pyodide);
  for (const early of [loading, loadHelper()]) early.catch(() => undefined); // told where it is waited for
  return loading;
}

/** Start Pyodide, and make `import wasminstall` work in it. */
async function startEquipped(
  options: BootOptions,
  module: Promise<PyodideModule>,
  early: Early | undefined,
  first: FirstVisit,
): Promise<Interpreter> {
  const base = archiveBase(options);
  const { cache = true, config = {}, index } = options;
  const folder = folderOf(options);
  const stdlib = options.stdlib === undefined ? undefined : absolute(options.stdlib);
  const [pyodide, archive] = await Promise.all([
    start(module, early ? releasing(config, early) : config, { folder, cache, stdlib, first }),
    fetchArchive(base, cache),
    module, // whose failure comes before anybody waits for it
  ]);
  early?.release(); // a Pyodide without fsInit
  // Nothing else is to come that they would have to wait for.
  if (!early) void first.sources.then((sources) => sources?.whole()).catch(console.warn);
  hearStreams(pyodide, options);
  const bytes = archive.kept ? archive.bytes : await first.extended(archive.bytes);
  const extended = bytes !== archive.bytes;
  await equip(pyodide, base, { cache, index, archive: { ...archive, bytes, extended }, early });
  return pyodide;
}

/** Where Pyodide's standard library is its own affair, nothing is asked about it. */
function firstVisit(options: BootOptions): FirstVisit {
  const given = options.stdlib !== undefined || isDecided(options.config ?? {});
  const first = new FirstVisit(archiveBase(options), given ? undefined : folderOf(options));
  void first.isOfRelease(); // it is on its way while the rest comes
  return first;
}

function folderOf({ pyodide, config = {} }: BootOptions): URL | undefined {
  return pyodideFolder(pyodide, (config as { indexURL?: string }).indexURL);
}

/** The configuration of a Pyodide that gives the line free when its files are here. */
function releasing(config: object, early: Early): object {
  const { fsInit } = config as { fsInit?: (...given: unknown[]) => unknown };
  const prepare = async (...given: unknown[]): Promise<void> => {
    early.release();
    await fsInit?.(...given);
  };
  return { ...config, fsInit: prepare };
}

/** What Python reads or asks: text as it is, an address as the page means it. */
function reachable(source: string): string {
  try {
    return /[\r\n]/.test(source) ? source : absolute(source).href;
  } catch {
    return source; // in Node nothing is relative to a page; Python says what is wrong
  }
}

/** Add wasminstall to an interpreter that somebody else started. Harmless when it is there already. */
export async function attach<P extends Interpreter>(pyodide: P, options: AttachOptions = {}): Promise<Wasminstall<P>> {
  await equip(pyodide, archiveBase(options), { cache: true });
  return handle(pyodide, { instant: false, reason: "" });
}

/** Make `import wasminstall` work. */
async function equip(
  pyodide: Interpreter,
  base: URL | undefined,
  ready: Omit<Ready, "findCompiled"> & { readonly archive?: Archive },
): Promise<void> {
  await placeHelper(pyodide, { ...ready, findCompiled: findCompiled(base) });
  const { importable, magic } = interpreterFacts(pyodide);
  if (!importable) placeArchive(pyodide, ready.archive ?? (await fetchArchive(base, ready.cache)), magic);
}

function archiveBase({ archive }: AttachOptions): URL | undefined {
  if (archive === undefined) return undefined;
  const url = absolute(archive);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** `usual` are options that every install of this Python has unless told. */
function handle<P extends Interpreter>(pyodide: P, start: StartReport, usual: InstallOptions = {}): Wasminstall<P> {
  return {
    version,
    start,
    pyodide,
    install: (requirements, options) => install(pyodide, requirements, { ...usual, ...options }),
    run: (code) => pyodide.runPythonAsync(code),
    execute: async (code, onOutput, options) => {
      const { execute } = await import("./display/execute.js");
      return await execute(pyodide, code, onOutput, options);
    },
  };
}
