/**
 * One script tag: loads Pyodide and wasminstall by itself and gives `globalThis.wasminstall`.
 *
 *     <script src="wasminstall.js" data-pyodide="..." data-archive="..."></script>
 *
 * `data-pyodide` is the folder of a Pyodide, `data-archive` that of the wasminstall archives, `data-stdlib` the address
 * of a standard library compiled ahead; with `data-cache="false"` nothing is kept between visits. All may be left out.
 */

import { type AttachOptions, attach, type BootOptions, boot, type Interpreter, type Wasminstall } from "./bootstrap.js";
import type { BootError } from "./errors.js";
import { announce } from "./events.js";
import { ownScriptTag } from "./home.js";
import type { InstallOptions, InstallReport } from "./install.js";

export type { WasminstallEventMap } from "./events.js";

/** What a page finds as `globalThis.wasminstall`. */
export interface ScriptTagApi {
  /** Settles when Python is there; `wasminstall:ready` or `wasminstall:error` is dispatched on the document then. */
  readonly ready: Promise<Wasminstall>;
  /** `install()` of the Python in `ready`. */
  install(requirements: string | readonly string[], options?: InstallOptions): Promise<InstallReport>;
  /** `run()` of the Python in `ready`. */
  run(code: string): Promise<unknown>;
  /** Start another Python. */
  boot<P extends Interpreter = Interpreter>(options?: BootOptions<P>): Promise<Wasminstall<P>>;
  /** Add wasminstall to a Pyodide that the page loaded itself. */
  attach<P extends Interpreter>(pyodide: P, options?: AttachOptions): Promise<Wasminstall<P>>;
}

declare global {
  var wasminstall: ScriptTagApi | undefined;
}

/** Start when a script tag loaded this bundle; a second copy on the page finds the first one's Python. */
export function startFromScriptTag(): void {
  const tag = ownScriptTag();
  if (tag !== undefined && globalThis.wasminstall === undefined) globalThis.wasminstall = start(tag);
}

function start(tag: HTMLScriptElement): ScriptTagApi {
  const { pyodide, archive, stdlib, cache } = tag.dataset;
  const ready = boot({ pyodide, archive, stdlib, cache: cache !== "false" });
  ready.then(
    (python) => announce(document, "wasminstall:ready", python),
    (error: BootError) => announce(document, "wasminstall:error", error),
  );
  return {
    ready,
    install: async (requirements, options) => (await ready).install(requirements, options),
    run: async (code) => (await ready).run(code),
    boot,
    attach,
  };
}
