/** Python in this page: started once, runs one cell at a time. */

import type { PyodideAPI } from "pyodide";
import type { Output } from "../../js/src/display/model.js";
import type { Wasminstall } from "../../js/src/python.js";

export type Emit = (output: Output) => void;

/** What the notebook uses of the bootstrap bundle, which is loaded when the page runs. */
interface Bootstrap {
  boot(options: { pyodide: string | URL }): Promise<Wasminstall<PyodideAPI>>;
}

export class Kernel {
  readonly version: string;
  #python: Wasminstall<PyodideAPI>;

  /** Start Python with wasminstall in it; `base` is the server's root. */
  static async start(base: URL): Promise<Kernel> {
    const bootstrap = (await import(new URL("wasminstall/wasminstall.mjs", base).href)) as Bootstrap;
    return new Kernel(await bootstrap.boot({ pyodide: new URL("pyodide/", base) }));
  }

  private constructor(python: Wasminstall<PyodideAPI>) {
    this.#python = python;
    const number = String(python.pyodide.runPython("import sys; '.'.join(map(str, sys.version_info[:3]))"));
    this.version = `Python ${number} on Pyodide ${python.pyodide.version}`;
  }

  /** Run a cell; whether it ran through. `label` names it in tracebacks. */
  run(source: string, label: string, emit: Emit): Promise<boolean> {
    return this.#python.execute(source, emit, { filename: label });
  }

  /** Which index installs ask from now on; `undefined` is wasminstall's own default. */
  setIndex(url: string | undefined): void {
    const module = this.#python.pyodide.pyimport("wasminstall");
    const set = module.set_default_index as ((...urls: string[]) => void) & { destroy(): void };
    set(...(url === undefined ? [] : [url]));
    set.destroy();
    module.destroy();
  }
}
