/** The one error that `boot()` and `attach()` reject with. */

/**
 * What went wrong:
 *
 * - `invalid-option`: `boot()` was given an option that it does not know, or one of another kind;
 * - `webassembly-blocked`: this page or runtime may not compile WebAssembly (usually a Content-Security-Policy);
 * - `pyodide-not-found`: the Pyodide script could not be loaded;
 * - `pyodide-failed`: the script is there, but the interpreter did not start;
 * - `archive-not-found`: the wasminstall archive could not be fetched;
 * - `archive-invalid`: something else came than the wasminstall archive of this release;
 * - `not-for-workers`: an option cannot be sent to a worker;
 * - `worker-failed`: the worker did not start, or has ended by itself;
 * - `worker-closed`: `close()` was called;
 * - `page-is-file`: the page was opened as a file, from which a browser loads nothing.
 */
export type BootErrorCode =
  | "invalid-option"
  | "webassembly-blocked"
  | "pyodide-not-found"
  | "pyodide-failed"
  | "archive-not-found"
  | "archive-invalid"
  | "not-for-workers"
  | "worker-failed"
  | "worker-closed"
  | "page-is-file";

/** Python could not be started; `code` for programs, `message` for people, `cause` is what the runtime threw. */
export class BootError extends Error {
  readonly code: BootErrorCode;

  static {
    // What the console calls it, whatever a minifier makes of the class.
    Object.defineProperty(BootError, "name", { value: "BootError" });
    BootError.prototype.name = "BootError";
  }

  constructor(code: BootErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
