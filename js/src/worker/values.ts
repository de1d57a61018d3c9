/** Python's values on their way out of the worker, as data that can be copied. */

import type { Interpreter } from "../runtime.js";

/** The part of a PyProxy that is used here. */
interface PythonObject {
  toJs(options: object): unknown;
  destroy(): void;
}

/**
 * Hand a value to `send`: lists, dicts, sets and buffers as their JavaScript counterparts, what has none as its `repr`.
 * No proxy of it stays behind. Throws what `repr` raises.
 */
export function sendValue(pyodide: Interpreter, value: unknown, send: (copy: unknown) => void): void {
  const text = (item: unknown): string => textOf(pyodide, item);
  try {
    send(isPython(value) ? value.toJs({ ...AS_DATA, default_converter: text }) : value);
  } catch (error) {
    // A function of JavaScript somewhere in it, or something whose `repr` raises.
    const { name, type } = error as Error & { type?: string };
    if (name !== "DataCloneError" && type !== "ConversionError") throw error;
    send(text(value));
  } finally {
    if (isPython(value)) value.destroy();
  }
}

const AS_DATA = { create_pyproxies: false, dict_converter: Object.fromEntries };

function isPython(value: unknown): value is PythonObject {
  const { toJs, destroy } = (value ?? {}) as Partial<PythonObject>;
  return typeof toJs === "function" && typeof destroy === "function";
}

function textOf(pyodide: Interpreter, value: unknown): string {
  const globals = pyodide.toPy({}) as { set(name: string, value: unknown): void; destroy(): void };
  try {
    globals.set("value", value);
    return String(pyodide.runPython("repr(value)", { globals }));
  } finally {
    globals.destroy();
  }
}
