/** The Pyodide side of starting: what we need of an interpreter, where it lies, and loading it. */

import { build } from "./build-info.js";
import { BootError } from "./errors.js";
import { nodeBuiltin } from "./node.js";

/** The part of Pyodide's public API that wasminstall uses; every Pyodide since 0.27 has it. */
export interface Interpreter {
  readonly FS: { writeFile(path: string, data: Uint8Array): void };
  runPython(code: string, options?: { globals?: object }): unknown;
  runPythonAsync(code: string, options?: { globals?: object }): Promise<unknown>;
  toPy(value: unknown): unknown;
}

/** What `pyodide.mjs` exports; also `globalThis` after a classic `pyodide.js` script. */
export interface PyodideModule<P extends Interpreter = Interpreter> {
  loadPyodide(config?: object): Promise<P>;
  readonly version?: string;
}

/** Throws when WebAssembly may not be compiled here: `loadPyodide` would wait for ever, without a word. */
export function requireWebAssembly(): void {
  const emptyModule = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  try {
    new WebAssembly.Module(emptyModule);
  } catch (cause) {
    const message =
      "WebAssembly may not be compiled here, so Python cannot start. " +
      "If the page sends a Content-Security-Policy, add 'wasm-unsafe-eval' to its script-src.";
    throw new BootError("webassembly-blocked", message, cause);
  }
}

const CHECK = "check the option pyodide (data-pyodide of the script tag), or the network";

/** Import the script of the Pyodide that `where` points to: its folder, or a file in it. */
export async function importPyodide(where: string | URL | undefined): Promise<PyodideModule> {
  const address = moduleAddress(where);
  try {
    // A bundler must leave this alone: the address is known only when the page runs.
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ address)) as PyodideModule;
  } catch (cause) {
    throw new BootError("pyodide-not-found", `Pyodide could not be loaded from ${address}: ${CHECK}.`, cause);
  }
}

/** Start the interpreter. */
export async function startPyodide<P extends Interpreter>(module: PyodideModule<P>, config: object): Promise<P> {
  try {
    return await module.loadPyodide(config);
  } catch (cause) {
    throw new BootError("pyodide-failed", `Pyodide ${module.version ?? ""} did not start: ${cause}`, cause);
  }
}

/** Address of the script of the Pyodide that `where` points to. */
export function moduleAddress(where: string | URL | undefined): string {
  if (where === undefined) return nodeBuiltin("node:fs") ? "pyodide" : `${build.pyodideUrl}pyodide.mjs`;
  const url = absolute(where);
  if (url.pathname.endsWith(".mjs")) return url.href;
  // pyodide.js is for classic scripts; the module lies beside it.
  if (!url.pathname.endsWith(".js") && !url.pathname.endsWith("/")) url.pathname += "/";
  return new URL("pyodide.mjs", url).href;
}

/** Resolve an address the way the page would. */
export function absolute(address: string | URL): URL {
  const base = typeof document === "undefined" ? globalThis.location?.href : document.baseURI;
  return new URL(address, base);
}
