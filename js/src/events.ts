/** The events a page can listen to, with their types. Python dispatches the progress of an install by itself. */

import type { Wasminstall } from "./bootstrap.js";
import type { BootError } from "./errors.js";

/** The part of the work: `runtime` is starting Python; an install ends with one of the last three. */
export type ProgressPhase = "runtime" | "resolve" | "download" | "place" | "done" | "failed" | "cancelled";

/** One step. They come at most ten times a second for each phase. */
export interface ProgressDetail {
  readonly phase: ProgressPhase;
  /** One short line for a person. */
  readonly text: string;
  /** The project it is about, "" for the whole. */
  readonly project: string;
  /** Bytes of all wheels so far, while downloading. */
  readonly done: number;
  /** Bytes of all wheels; 0 when not known. */
  readonly total: number;
  /** The part of `done` that no server had to send. */
  readonly fromCache: number;
  /** Wheels that are here while downloading, packages that are in place while placing. */
  readonly finished: number;
  /** How many there will be; 0 when not known. */
  readonly count: number;
  /** Bytes per second over the last seconds, of the network alone; 0 when not known. */
  readonly rate: number;
  /** Estimated seconds to the end of the downloads. */
  readonly remaining: number | undefined;
  /** How much of the phase is done, 0 to 1; `undefined` for work whose end is not known. */
  readonly share: number | undefined;
}

/** Event name -> event, for `addEventListener`. */
export interface WasminstallEventMap {
  "wasminstall:progress": CustomEvent<ProgressDetail>;
  "wasminstall:ready": CustomEvent<Wasminstall>;
  "wasminstall:error": CustomEvent<BootError>;
}

const NOTHING_COUNTED = {
  project: "",
  done: 0,
  total: 0,
  fromCache: 0,
  finished: 0,
  count: 0,
  rate: 0,
  remaining: undefined,
  share: undefined,
} as const;

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
  announce(globalThis, "wasminstall:progress", { ...NOTHING_COUNTED, phase: "runtime", text });
}
