/**
 * One script tag: starts Python by itself, gives `globalThis.wasminstall`, and has the page's Python scripts run.
 *
 *     <script src="wasminstall.js" data-pyodide="/pyodide/"></script>
 *     <script type="text/python" data-packages="pandas">...</script>
 *
 * What running scripts takes is a chunk of its own, loaded while the page is still being read. Python starts when the
 * page is read: its scripts say whether it is wanted here or in a worker, and what it will need.
 */

import type { Expected } from "./ahead/expected.js";
import {
  type AttachOptions,
  attach,
  type BootOptions,
  boot,
  type Interpreter,
  version,
  type Wasminstall,
  type WorkerPython,
} from "./bootstrap.js";
import { BootError } from "./errors.js";
import { announce } from "./events.js";
import { ownScriptTag, ownUrl } from "./home.js";
import type { InstallOptions, InstallReport } from "./install.js";
import type { Python } from "./python.js";
import { absolute } from "./runtime.js";
import { isOn, SCRIPTS, switched } from "./scripts/attributes.js";

export type { WasminstallEventMap } from "./events.js";

/** The Python that a script tag started: in the page, or in a worker. */
export type StartedPython = Wasminstall | WorkerPython;

/** What a page finds as `globalThis.wasminstall`. */
export interface ScriptTagApi {
  /** Version of wasminstall. */
  readonly version: string;
  /**
   * Settles when Python is there, with what the tag names installed; `wasminstall:ready` or `wasminstall:error` is
   * dispatched on the document then. It is the Python of the worker where the tag, or every script, has `data-worker`.
   */
  readonly ready: Promise<StartedPython>;
  /** `install()` of the Python in `ready`. */
  install(requirements: string | readonly string[], options?: InstallOptions): Promise<InstallReport>;
  /** `run()` of the Python in `ready`. */
  run(code: string): Promise<unknown>;
  /** `execute()` of the Python in `ready`. */
  readonly execute: Python["execute"];
  /** Start another Python. */
  readonly boot: typeof boot;
  /** Add wasminstall to a Pyodide that the page loaded itself. */
  attach<P extends Interpreter>(pyodide: P, options?: AttachOptions): Promise<Wasminstall<P>>;
}

declare global {
  var wasminstall: ScriptTagApi | undefined;
}

/** Start when a script tag loaded this bundle; a second copy on the page leaves it to the first. */
export function startFromScriptTag(): void {
  const tag = ownScriptTag();
  if (!tag) return;
  // Not `in`: an element of the page with this id would be found as well.
  if (!Object.hasOwn(globalThis, "wasminstall")) globalThis.wasminstall = start(tag);
  else console.warn(`wasminstall ${globalThis.wasminstall?.version} is on this page already: ${ownUrl()} is not used`);
}

function start(tag: HTMLScriptElement): ScriptTagApi {
  const room = import("./scripts/index.js");
  const inWorker = (script: HTMLScriptElement): boolean => switched(script.dataset.worker) ?? isOn(tag.dataset.worker);
  const python = startedOnce(async (worker) => {
    if (ownUrl().startsWith("file:")) throw new BootError("page-is-file", PAGE_IS_FILE);
    const scripts = pythonScripts().filter((script) => inWorker(script) === worker);
    const expected = [tag, ...scripts].map(wordsOf).filter(hasNeeds);
    const whole = startsWhole(tag) ? (await room).wholeOf(tag, scripts) : undefined;
    const options = { ...optionsOf(tag, worker), ...whole?.options, expected };
    const started = await boot(options as BootOptions);
    await (await room).installForPage(tag, started, whole);
    return started as StartedPython;
  });
  const read = documentIsRead();
  const ready = read.then(() => {
    const scripts = pythonScripts();
    const worker = scripts.length ? scripts.every(inWorker) : inWorker(tag);
    // The first script would wait for it.
    if (scripts.length && !worker) import("./display/execute.js").catch(() => undefined);
    return python(worker);
  });
  ready.then((one) => announce(document, "wasminstall:ready", one)).catch(() => undefined);
  Promise.all([room, read]).then(
    ([{ runScripts }]) => runScripts({ tag, python, inWorker }),
    () => ready.catch(({ message }) => document.body.append(message)),
  );
  showStart(tag.dataset.progress, ready);
  return {
    version,
    ready,
    install: async (requirements, options) => (await ready).install(requirements, options),
    run: async (code) => (await ready).run(code),
    execute: async (code, onOutput, options) => (await ready).execute(code, onOutput, options),
    boot,
    attach,
  };
}

/** The Python of the page and that of the worker, each started when it is first asked for. Who fails is told of once. */
function startedOnce(start: (worker: boolean) => Promise<StartedPython>): typeof start {
  const started: Promise<StartedPython>[] = [];
  return (worker) => {
    const known = started[+worker];
    if (known) return known;
    const starting = start(worker);
    starting.catch((error) => {
      announce(document, "wasminstall:error", error);
      reportError(error);
    });
    started[+worker] = starting;
    return starting;
  };
}

function pythonScripts(): HTMLScriptElement[] {
  return [...document.querySelectorAll<HTMLScriptElement>(SCRIPTS)];
}

const PAGE_IS_FILE =
  "This page is a file, and a browser loads no Python from files. " +
  "Serve its folder (python3 -m http.server) and open http://localhost:8000/ instead.";

/** A Pyodide that a script of the page has loaded is taken, unless the tag names another. */
function optionsOf({ dataset }: HTMLScriptElement, worker: boolean): BootOptions {
  const { archive, stdlib, cache, index, offline } = dataset;
  const loaded = !worker && "loadPyodide" in globalThis ? (globalThis as unknown as BootOptions["pyodide"]) : undefined;
  const pyodide = dataset.pyodide ?? loaded;
  return { pyodide, archive, stdlib, cache: cache !== "false", index, offline: isOn(offline), worker };
}

/** Whether Python starts with all that the page names; otherwise each script installs when its turn comes. */
function startsWhole({ dataset }: HTMLScriptElement): boolean {
  return isOn(dataset.instant) || Boolean(dataset.preload || dataset.snapshot);
}

/** What a script says about what it will need: to be fetched ahead. */
function wordsOf({ dataset, text }: HTMLScriptElement): Expected {
  const { packages, requirements, lock } = dataset;
  return { packages, text, file: requirements && absolute(requirements).href, lock: lock && absolute(lock).href };
}

function hasNeeds({ packages, file, lock, text }: Expected): boolean {
  return Boolean(packages || file || lock || text.includes("# /// script"));
}

/** Resolves when the parser has seen all of the page; scripts that are deferred have not run by then. */
async function documentIsRead(): Promise<void> {
  if (document.readyState !== "loading") return;
  await new Promise((done) => document.addEventListener("readystatechange", done, { once: true }));
}

/** Show how Python starts, while it does, unless the page shows it by itself. */
function showStart(where: string | undefined, ready: Promise<unknown>): void {
  if (where === "off" || ownUrl().startsWith("file:")) return;
  import("./progress/element.js")
    .then(({ showProgress }) => showProgress(where, ready))
    .catch((error) => console.warn("wasminstall: the progress cannot be shown:", error));
}
