/** Errors on their way out of the worker and into the page. */

import type { BootError, BootErrorCode, WasmInstallError } from "../errors.js";

/** An error as data: copied as it is it would lose its name, and Python's its type. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  /** Class name of Python's error. */
  readonly type: string | undefined;
  /** That of a `BootError`. */
  readonly code: BootErrorCode | undefined;
  /** Those of a `WasmInstallError`. */
  readonly hint: string | undefined;
  readonly traceback: string | undefined;
  readonly cause: SentError | undefined;
}

/** Those that the page has of its own. */
export interface Errors {
  readonly BootError: typeof BootError;
  readonly WasmInstallError: typeof WasmInstallError;
}

/** Whatever was thrown. */
export function packError(thrown: unknown): SentError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, type, code, hint, traceback, cause } = error as Error & Partial<SentError>;
  const ours = name === "WasmInstallError";
  return {
    name,
    message,
    type: typeof type === "string" ? type : undefined,
    code: name === "BootError" ? code : undefined,
    hint: ours ? hint : undefined,
    traceback: ours ? traceback : undefined,
    cause: cause === undefined ? undefined : packError(cause),
  };
}

/** The same error in the page, which has classes of its own. */
export function unpackError(sent: SentError, errors: Errors): Error {
  const { name, message, type, code, hint, traceback } = sent;
  const cause = sent.cause && unpackError(sent.cause, errors);
  if (code) return new errors.BootError(code, message, cause);
  if (type && traceback !== undefined) return new errors.WasmInstallError({ type, message, hint, traceback });
  return Object.assign(new Error(message, { cause }), { name, ...(type && { type }) });
}
