/** The events a page can listen to, with their types. Python dispatches the progress of an install by itself. */

import type { Wasminstall } from "./bootstrap.js";
import type { BootError } from "./errors.js";

/** The part of the work: `runtime` is starting Python, the others belong to an install. */
export type ProgressPhase = "runtime" | "resolve" | "download" | "place" | "done";

/** One step. `done` and `total` are bytes while downloading, counts otherwise; `total` is 0 when not known. */
export interface ProgressDetail {
  readonly phase: ProgressPhase;
  /** One short line for a person. */
  readonly text: string;
  /** The project it is about, "" for the whole. */
  readonly project: string;
  readonly done: number;
  readonly total: number;
}

/** Event name -> event, for `addEventListener`. */
export interface WasminstallEventMap {
  "wasminstall:progress": CustomEvent<ProgressDetail>;
  "wasminstall:ready": CustomEvent<Wasminstall>;
  "wasminstall:error": CustomEvent<BootError>;
}

declare global {
  interface WindowEventMap extends WasminstallEventMap {}
  interface DocumentEventMap extends Pick<WasminstallEventMap, "wasminstall:ready" | "wasminstall:error"> {}
}

/** Dispatch on `target`; bubbling, so that what happens on the document also reaches the window. */
export function announce<K extends keyof WasminstallEventMap>(
  target: EventTarget,
  name: K,
  detail: WasminstallEventMap[K]["detail"],
): void {
  target.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

/** Tell who listens that the interpreter is being started. Node has no global event target: nothing is told there. */
export function announceRuntime(text: string): void {
  if (typeof globalThis.dispatchEvent !== "function") return;
  announce(globalThis, "wasminstall:progress", { phase: "runtime", text, project: "", done: 0, total: 0 });
}
