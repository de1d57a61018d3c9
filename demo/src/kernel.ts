/** Python in this page: started once, runs one cell at a time. */

import type { PyodideAPI } from "pyodide";
import displaySource from "./display.py";
import type { OutputKind } from "./output.js";

export type Emit = (kind: OutputKind, data: string) => void;

/** What the notebook uses of the bootstrap bundle, which is loaded when the page runs. */
interface Bootstrap {
  boot(options: { pyodide: string | URL }): Promise<{ pyodide: PyodideAPI }>;
}

type RunCell = (source: string, label: string, namespace: unknown, emit: Emit) => Promise<boolean>;

interface PythonHelper {
  get(name: "run_cell"): RunCell;
  get(name: "prepare"): () => void;
  destroy(): void;
}

export class Kernel {
  readonly version: string;
  #pyodide: PyodideAPI;
  #runCell: RunCell;

  /** Start Python with wasminstall in it; `base` is the server's root. */
  static async start(base: URL): Promise<Kernel> {
    const bootstrap = (await import(new URL("wasminstall/wasminstall.mjs", base).href)) as Bootstrap;
    const { pyodide } = await bootstrap.boot({ pyodide: new URL("pyodide/", base) });
    return new Kernel(pyodide);
  }

  private constructor(pyodide: PyodideAPI) {
    this.#pyodide = pyodide;
    const helper = pyodide.toPy({ __name__: "notebook_display" }) as PythonHelper;
    pyodide.runPython(displaySource, { globals: helper as never, filename: "<notebook>" });
    helper.get("prepare")();
    this.#runCell = helper.get("run_cell");
    const python = String(
      pyodide.runPython("import sys; '.'.join(map(str, sys.version_info[:3]))", { filename: "<notebook>" }),
    );
    this.version = `Python ${python} on Pyodide ${pyodide.version}`;
  }

  /** Run a cell; whether it ran through. `label` names it in tracebacks. */
  async run(source: string, label: string, emit: Emit): Promise<boolean> {
    // What compiled code prints does not pass through Python's streams.
    this.#pyodide.setStdout({ batched: (line) => emit("stdout", `${line}\n`) });
    this.#pyodide.setStderr({ batched: (line) => emit("stderr", `${line}\n`) });
    return await this.#runCell(source, label, this.#pyodide.globals, emit);
  }

  /** Which index installs ask from now on; `undefined` is wasminstall's own default. */
  setIndex(url: string | undefined): void {
    const module = this.#pyodide.pyimport("wasminstall");
    const set = module.set_default_index as ((...urls: string[]) => void) & { destroy(): void };
    set(...(url === undefined ? [] : [url]));
    set.destroy();
    module.destroy();
  }
}
