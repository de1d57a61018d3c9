/**
 * The half of the installer that works best in JavaScript, for the Python half to call (src/wasminstall/javascript.py).
 *
 * It comes with the bootstrap; inside the Python package lies a copy for pages that have no bootstrap.
 */

import type { Early } from "../ahead/early.js";
import { build } from "../build-info.js";
import type { Interpreter } from "../runtime.js";
import { type PythonStore, storeForPython } from "../store/python.js";
import { createWheelFs, type Runtime, type WheelFs } from "../wheelfs/index.js";
import { condense } from "./index-page.js";
import { send } from "./send.js";

/** What Python calls. */
export interface PageHelper {
  /** Of the same release as the Python that calls. */
  readonly version: string;
  readonly send: typeof send;
  readonly condense: typeof condense;
  readonly store: PythonStore;
  readonly wheelFs: WheelFs;
}

/** The helper of this interpreter; `early` has answers that were asked for before. */
export function createPage(pyodide: Interpreter, early?: Early): PageHelper {
  // More of Pyodide than its public types tell; wheelfs looks whether it is there.
  const runtime = pyodide as unknown as Runtime;
  return {
    version: build.version,
    condense,
    send: (url, json, onBytes) => send(url, json, onBytes, early),
    store: storeForPython(),
    wheelFs: createWheelFs(runtime),
  };
}
