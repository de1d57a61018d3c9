/** A strict user in a page or behind a bundler: every public function, option and member once. Compiled, never run. */

import {
  attach,
  BootError,
  type BootOptions,
  boot,
  type InstallOptions,
  type InstallReport,
  type Interpreter,
  type Output,
  type ProgressDetail,
  type Python,
  version,
  type Wasminstall,
  type WorkerPython,
} from "wasminstall";
import { WasminstallProgress } from "wasminstall/progress";

const told = (detail: ProgressDetail): void => console.log(detail.phase, (100 * detail.done) / detail.total, detail.share);

export async function here(element: Element): Promise<InstallReport> {
  const options: BootOptions = { pyodide: new URL("https://example.org/"), packages: ["pandas>=2"], onProgress: told };
  const python = await boot({ ...options, worker: false, stdout: console.log, config: { env: {} } });
  const { FS, runPython } = python.pyodide;
  FS.writeFile("/tmp/a", new Uint8Array([1]));
  runPython("1 + 1");
  const install: InstallOptions = { progress: element, indexFor: { "my-project": "https://example.org/simple/" } };
  return await python.install("six", install);
}

export async function inWorker(): Promise<string | undefined> {
  const python: WorkerPython = await boot({ worker: true, lock: "pylock.toml", offline: undefined });
  const shown: Output[] = [];
  const ranThrough: boolean = await python.execute("1", (output) => shown.push(output), { filename: "cell 1" });
  if (!ranThrough && !python.interrupt()) python.close();
  const [first] = shown;
  // Narrowing by kind works, and the compiler insists on looking at what may be missing.
  if (first?.kind === "error") return `${first.type}: ${first.message}`;
  return first?.kind === "display" ? first.data["text/plain"] : first?.text;
}

export async function either(worker: boolean): Promise<Python> {
  return await boot({ worker });
}

export async function another<P extends Interpreter>(pyodide: P): Promise<P> {
  const python: Wasminstall<P> = await attach(pyodide, { archive: "/wasminstall/" });
  return python.pyodide;
}

export function listening(bar: WasminstallProgress): void {
  addEventListener("wasminstall:progress", ({ detail }) => bar.show(detail));
  document.addEventListener("wasminstall:ready", ({ detail }) => detail.run(`print("${version}")`));
  document.addEventListener("wasminstall:error", ({ detail }) => console.error(detail instanceof BootError && detail.code));
}

export const isOurs = (error: unknown): boolean => error instanceof BootError;

// @ts-expect-error a misspelt option is found
await boot({ pakages: "six" });
// @ts-expect-error what code gives is unknown: nobody is told that it is anything
const _length: number = (await (await boot()).run("1")).length;
// @ts-expect-error a Python in a worker has no interpreter here
(await boot({ worker: true })).pyodide;
