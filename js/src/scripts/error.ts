/** What a script element could not do, for the developer and for `wasminstall:error`. */

import type { ErrorOutput } from "../display/model.js";

/** A script could not be loaded, what it needs could not be installed, or its code raised an exception. */
export class ScriptError extends Error {
  /** The `<script>` that it is about. */
  readonly script: HTMLScriptElement;
  /** What is shown in the page. */
  readonly output: ErrorOutput;

  static {
    // What the console calls it, whatever a minifier makes of the class.
    Object.defineProperty(ScriptError, "name", { value: "ScriptError" });
    ScriptError.prototype.name = "ScriptError";
  }

  constructor(script: HTMLScriptElement, label: string, output: ErrorOutput) {
    super(`${label}: ${output.plain ? wordsOf(output) : output.traceback.trim()}`);
    this.script = script;
    this.output = output;
  }
}

function wordsOf({ message, hint }: ErrorOutput): string {
  return hint ? `${message}\nhint: ${hint}` : message;
}

/** As the page shows an error that is not Python's, or not as data: the start of Python, a file that did not come. */
export function errorOutput(error: unknown, type: string): ErrorOutput {
  if (error instanceof ScriptError) return error.output;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "error", type, message, traceback: "", plain: true };
}
