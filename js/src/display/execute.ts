/** Runs code the way a notebook runs a cell: in the interpreter's thread, which may be a page, a worker or Node. */

import { build } from "../build-info.js";
import type { ExecuteOptions } from "../python.js";
import type { Interpreter } from "../runtime.js";
import { PLACE } from "../stdlib/compiling.js";
import displaySource from "./display.py";
import type { DisplayOutput, ErrorOutput, Output } from "./model.js";
import { divertDescriptors } from "./raw.js";

type Emit = (kind: Output["kind"], text: string) => void;
type Run = (source: string, filename: string, namespace: unknown, emit: Emit) => Promise<boolean>;

/** The namespace of display.py. */
interface Helper {
  get(name: "run"): Run;
  get(name: "prepare"): () => void;
}

/** What every Pyodide has beyond the part that is asked of any interpreter. */
interface WithGlobals {
  readonly globals: object;
}

// Its bytecode, where that came with the release (js/build/first.py): to compile it takes longer than all the rest.
const COMPILED = `
from zipimport import zipimporter
exec(zipimporter("${PLACE}${build.version}.zip").get_code("${build.displayModule}"))
`;

const prepared = new WeakMap<Interpreter, Run>();

/** See `Python.execute`. */
export async function execute(
  pyodide: Interpreter,
  code: string,
  onOutput: (output: Output) => void,
  { filename = "script" }: ExecuteOptions = {},
): Promise<boolean> {
  const run = prepared.get(pyodide) ?? prepare(pyodide);
  const emit: Emit = (kind, text) =>
    onOutput(
      kind === "stdout" || kind === "stderr" ? { kind, text } : (JSON.parse(text) as DisplayOutput | ErrorOutput),
    );
  const restore = divertDescriptors(pyodide, emit);
  try {
    return await run(code, filename, (pyodide as Interpreter & WithGlobals).globals, emit);
  } finally {
    restore();
  }
}

function prepare(pyodide: Interpreter): Run {
  const helper = pyodide.toPy({ __name__: "wasminstall_display" }) as object & Helper;
  try {
    pyodide.runPython(COMPILED, { globals: helper });
  } catch {
    pyodide.runPython(displaySource, { globals: helper, filename: "<wasminstall-display>" } as { globals: object });
  }
  helper.get("prepare")();
  const run = helper.get("run");
  prepared.set(pyodide, run);
  return run;
}
