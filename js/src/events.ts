/** The events a page can listen to, with their types. Python dispatches the progress of an install by itself. */

import type { BootError } from "./errors.js";
import type { Wasminstall, WorkerPython } from "./python.js";
import type { ScriptError } from "./scripts/error.js";

/** The part of the work: `runtime` is starting Python; an install ends with one of the last three. */
export type ProgressPhase = "runtime" | "resolve" | "download" | "place" | "done" | "failed" | "cancelled";

/** One step. They come at most ten times a second for each phase. */
export interface ProgressDetail {
  readonly phase: ProgressPhase;
  /** One short line for a person. */
  readonly text: string;
  /** The project it is about, "" for the whole. */
  readonly project: string;
  /** Bytes of all wheels so far, while downloading; of the files of Python, while it starts. */
  readonly done: number;
  /** Bytes of all wheels; 0 when not known. */
  readonly total: number;
  /** The part of `done` that no server had to send. */
  readonly fromCache: number;
  /** Wheels that are here while downloading, packages that are in place while placing, files while Python starts. */
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
  "wasminstall:ready": CustomEvent<Wasminstall | WorkerPython>;
  "wasminstall:error": CustomEvent<BootError | ScriptError>;
}

/** A step that is only words. */
export const NOTHING_COUNTED = {
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

/** Hears every step of one Python. */
export type ProgressListener = (detail: ProgressDetail) => void;

/**
 * Who hears what one Python does: the page, by events, and `listener`, which Node can have as well (it has no global
 * event target).
 */
export function createTeller(listener?: ProgressListener): ProgressListener {
  return (detail) => {
    if (typeof globalThis.dispatchEvent === "function") announce(globalThis, "wasminstall:progress", detail);
    try {
      listener?.(detail);
    } catch (error) {
      console.error(error); // who watches must not break what is watched
    }
  };
}

/**
 * Tell of a Python that is being started, until it is there (the last step, with a `share` of 1) or has failed.
 * `done` counts its files that have come, as far as the browser says their sizes; nobody can say the total before.
 */
export async function tellStart<T>(
  tell: ProgressListener,
  starting: Promise<T>,
  ready: (value: T) => string,
): Promise<T> {
  const step = (more: Partial<ProgressDetail> & Pick<ProgressDetail, "text">): void =>
    tell({ ...NOTHING_COUNTED, phase: "runtime", ...more });
  const stop = watchFiles((counted) =>
    step({ text: `loading Python: ${(counted.done / 1e6).toFixed(1)} MB`, ...counted }),
  );
  try {
    step({ text: "loading Python" });
    const value = await starting;
    step({ text: ready(value), share: 1, ...stop() });
    return value;
  } catch (error) {
    step({ phase: "failed", text: `failed: ${(error as Error).message}`, ...stop() });
    throw error;
  }
}

/** What is known of the files of a start. */
type Counted = Pick<ProgressDetail, "done" | "fromCache" | "finished">;

/** The files of Pyodide and of wasminstall that a start loads, by their addresses. */
const RUNTIME_FILE = /\/(pyodide[.-]|python_stdlib|wasminstall[.-])[^/]*$/;

/** Count those files as the browser tells of them; what it returns ends that and has the last count. */
function watchFiles(tell: (counted: Counted) => void): () => Counted {
  const files = new Map<string, PerformanceResourceTiming>();
  const count = (entries: PerformanceEntryList): Counted => {
    for (const entry of entries as PerformanceResourceTiming[]) {
      // A file that was fetched ahead is told of again when it is used.
      if (RUNTIME_FILE.test(entry.name) && !files.has(entry.name)) files.set(entry.name, entry);
    }
    let [done, fromCache] = [0, 0];
    for (const { encodedBodySize, transferSize } of files.values()) {
      done += encodedBodySize;
      if (!transferSize) fromCache += encodedBodySize;
    }
    return { done, fromCache, finished: files.size };
  };
  const observer = new PerformanceObserver((list) => {
    const counted = count(list.getEntries());
    if (counted.done) tell(counted);
  });
  observer.observe({ type: "resource" });
  return () => {
    const counted = count(observer.takeRecords());
    observer.disconnect();
    return counted;
  };
}
