/**
 * The half of the installer that works best in JavaScript, for the Python half to call (src/wasminstall/javascript.py).
 *
 * It comes with the bootstrap, as a chunk that is loaded while Python starts; inside the Python package lies a copy for
 * pages that have no bootstrap.
 */

import { type Coming, type FindCompiled, fetchCompiled } from "../ahead/compiled.js";
import type { Early } from "../ahead/early.js";
import { build } from "../build-info.js";
import type { Interpreter } from "../runtime.js";
import { type PythonStore, storeForPython } from "../store/python.js";
import { createWheelFs, type Runtime, type WheelFs } from "../wheelfs/index.js";
import { condense } from "./index-page.js";
import { send } from "./send.js";

// Here because this chunk is loaded by every start.
export { checkOptions } from "../options/check.js";

/** What Python calls. */
export interface PageHelper {
  /** Of the same release as the Python that calls. */
  readonly version: string;
  /** Where packages are looked for unless told; "" for PyPI. */
  readonly index: string;
  readonly send: typeof send;
  readonly condense: typeof condense;
  readonly store: PythonStore;
  readonly wheelFs: WheelFs;
  /** Bytecode of the release for the wheel with this file name; undefined when there is none. */
  compiled(wheel: string): Coming | undefined;
}

/** What whoever started the interpreter has for it. */
export interface Given {
  readonly store?: PythonStore;
  readonly index?: string | undefined;
  /** Answers that were asked for before. */
  readonly early?: Early | undefined;
  readonly findCompiled?: FindCompiled | undefined;
}

/** The helper of this interpreter. */
export function createPage(pyodide: Interpreter, { store, index, early, findCompiled }: Given = {}): PageHelper {
  // More of Pyodide than its public types tell; wheelfs looks whether it is there.
  const runtime = pyodide as unknown as Runtime;
  return {
    version: build.version,
    index: index ?? "",
    condense,
    send: (url, json, onBytes) => send(url, json, onBytes, early),
    store: store ?? storeForPython(),
    wheelFs: createWheelFs(runtime),
    compiled: (wheel) => {
      const url = findCompiled?.(wheel);
      return url && fetchCompiled(url, early);
    },
  };
}
