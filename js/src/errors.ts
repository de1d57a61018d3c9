/** What `boot()`, `attach()` and `install()` reject with. */

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
    call(BootError, "BootError");
  }

  constructor(code: BootErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What is known of one of Python's errors, as data. */
export type PythonFailure = Pick<WasmInstallError, "type" | "message" | "hint" | "traceback">;

/** Something cannot be installed, and nothing was changed: `message` for people, without a traceback. */
export class WasmInstallError extends Error {
  /** Class name of Python's error: "UnknownProject". */
  readonly type: string;
  /** One thing to try. */
  readonly hint: string | undefined;
  /** The whole as Python prints it. */
  readonly traceback: string;

  static {
    call(WasmInstallError, "WasmInstallError");
  }

  constructor({ type, message, hint, traceback }: PythonFailure) {
    super(message);
    this.type = type;
    this.hint = hint || undefined;
    this.traceback = traceback;
    // What the console shows: in V8 it begins with the message.
    if (hint && this.stack) this.stack = this.stack.replace(message, (said) => `${said}\nhint: ${hint}`);
  }
}

/** What the console calls these errors, whatever a minifier makes of the class. */
function call(kind: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(kind, "name", { value: name });
  Object.assign(kind.prototype, { name, [Symbol.toStringTag]: name });
}
