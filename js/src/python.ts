/** What a caller holds: a Python that can install packages and run code, in this thread or in a worker. */

import type { Output } from "./display/model.js";
import type { InstallOptions, InstallReport } from "./install.js";
import type { Interpreter } from "./runtime.js";

/** What both kinds can do. */
export interface Python {
  /** Version of wasminstall. */
  readonly version: string;
  /** How it started. */
  readonly start: StartReport;
  /**
   * Install packages: one requirement ("pandas>=2") or several. Rejects with a `WasmInstallError`, the environment
   * untouched.
   */
  install(requirements: string | readonly string[], options?: InstallOptions): Promise<InstallReport>;
  /** Run Python code, top-level `await` included; the value of its last expression. Rejects with Python's error. */
  run(code: string): Promise<unknown>;
  /**
   * Run code the way a notebook runs a cell, and hand over what it shows, in order: streams, the value of the last
   * expression, figures, an error. Resolves to whether it ran through; is not rejected for what the code raises.
   */
  execute(code: string, onOutput: (output: Output) => void, options?: ExecuteOptions): Promise<boolean>;
}

/** How a Python started. */
export interface StartReport {
  /** Whether it was restored from a snapshot, with its packages imported (`boot({ instant: true })`). */
  readonly instant: boolean;
  /** Why it was not, for people; "" when it was, or when nobody asked for it. */
  readonly reason: string;
}

/** Options of `execute()`. */
export interface ExecuteOptions {
  /** What the code is called in tracebacks. */
  readonly filename?: string | undefined;
}

/** A Python in this thread. */
export interface Wasminstall<P extends Interpreter = Interpreter> extends Python {
  /** The interpreter itself. */
  readonly pyodide: P;
}

/** A Python in a module worker: the page goes on while it computes. Values that cannot be copied arrive as text. */
export interface WorkerPython extends Python {
  /** Raise KeyboardInterrupt in what runs now; `false` where the page is not cross-origin isolated, which it takes. */
  interrupt(): boolean;
  /** End the worker; what has not settled is rejected. */
  close(): void;
}
