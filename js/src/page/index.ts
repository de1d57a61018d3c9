/**
 * The half of the installer that works best in JavaScript, for the Python half to call (src/wasminstall/javascript.py).
 *
 * It comes with the bootstrap; inside the Python package lies a copy for pages that have no bootstrap.
 */

import { build } from "../build-info.js";
import type { Interpreter } from "../runtime.js";
import { send } from "./send.js";

/** What Python calls. */
export interface PageHelper {
  /** Of the same release as the Python that calls. */
  readonly version: string;
  readonly send: typeof send;
}

/** The helper of this interpreter. */
export function createPage(_pyodide: Interpreter): PageHelper {
  return { version: build.version, send };
}
