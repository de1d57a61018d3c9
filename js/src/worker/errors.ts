/** Errors on their way out of the worker and into the page. */

import type { BootError, BootErrorCode } from "../errors.js";

/** An error as data: copied as it is it would lose its name, and Python's its type. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  /** Class name of Python's error. */
  readonly type: string | undefined;
  /** That of a `BootError`. */
  readonly code: BootErrorCode | undefined;
  readonly cause: SentError | undefined;
}

/** Whatever was thrown. */
export function packError(thrown: unknown): SentError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, type, code, cause } = error as Error & Partial<SentError>;
  return {
    name,
    message,
    type: typeof type === "string" ? type : undefined,
    code: name === "BootError" ? code : undefined,
    cause: cause === undefined ? undefined : packError(cause),
  };
}

/** The same error in the page, which has its own `BootError`. */
export function unpackError({ name, message, type, code, cause: sent }: SentError, Boot: typeof BootError): Error {
  const cause = sent && unpackError(sent, Boot);
  if (code) return new Boot(code, message, cause);
  return Object.assign(new Error(message, { cause }), { name, ...(type && { type }) });
}
