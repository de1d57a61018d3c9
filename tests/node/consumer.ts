/** Compiled by `npm run typecheck`, never run: strict users of every Pyodide can hold the public types. */

import type { PyodideAPI } from "pyodide";
import * as pyodideModule from "pyodide";
import type { loadPyodide as loadPyodide027 } from "pyodide-0.27";
import type { PyodideAPI as Pyodide028 } from "pyodide-0.28";
import type { PyodideAPI as Pyodide029 } from "pyodide-0.29";
import type { PyodideAPI as Pyodide314 } from "pyodide-314";
import type { PyodideAPI as Pyodide315 } from "pyodide-315";
import { attach, BootError, boot, type InstallReport, WasmInstallError, type Wasminstall } from "wasminstall";
import "../../js/src/script-tag.js";

type Pyodide027 = Awaited<ReturnType<typeof loadPyodide027>>;
type AnyPyodide = Pyodide027 | Pyodide028 | Pyodide029 | Pyodide314 | Pyodide315;

export async function attached(pyodide: AnyPyodide): Promise<string> {
  const python = await attach(pyodide);
  return python.pyodide.version;
}

export async function booted(): Promise<InstallReport> {
  const python: Wasminstall<PyodideAPI> = await boot({ pyodide: pyodideModule });
  await boot<PyodideAPI>({ pyodide: new URL("https://example.org/pyodide/"), config: { stdout: console.log } });
  return python.install(["pandas>=2"], { dryRun: true });
}

export async function told(python: Wasminstall): Promise<string> {
  return await python.install("six").then(
    ({ text }) => text,
    (error: unknown) => (error instanceof WasmInstallError ? `${error.type}: ${error.hint ?? error.traceback}` : ""),
  );
}

export function listening(): void {
  addEventListener("wasminstall:progress", ({ detail }) => console.log(detail.phase, detail.done / detail.total));
  document.addEventListener("wasminstall:ready", ({ detail }) => detail.run("1 + 1"));
  document.addEventListener("wasminstall:error", ({ detail }) => console.error(detail.message));
  globalThis.wasminstall?.ready.catch((error: unknown) => error instanceof BootError && error.code);
}
