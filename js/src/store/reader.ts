/**
 * Reading large records beside the page: a worker reads and checks them and gives the bytes away without a copy. The
 * entry of a chunk of its own, which is the script of that worker as well.
 */

import { readFile, readPart } from "./files.js";
import type { Entry, Part } from "./model.js";
import { unseal } from "./record.js";

/** A record in a file: all of it, or some of its bytes. */
type Wanted = WantedEntry | WantedPart;

interface WantedEntry {
  readonly file: string;
  readonly key: string;
}

interface WantedPart {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Reads files; rejects where that cannot be done in a worker. */
export interface Reader {
  (wanted: WantedEntry): Promise<Entry | undefined>;
  (wanted: WantedPart): Promise<Part>;
  /** Nobody will ask for a while: end the worker. */
  rest(): void;
}

interface Question {
  readonly number: number;
  readonly wanted: Wanted;
}

interface Answer {
  readonly number: number;
  readonly result?: Entry | Part | undefined;
  readonly failure?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const NAME = "wasminstall-reader";
/** A worker that nobody asks is ended after so many milliseconds. */
const IDLE = 5000;

/** A reader. Its worker starts at once, ends when nobody asks, and starts again; but not when it failed. */
export function startReader(): Reader {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failure: Error | undefined;

  const started = (): Worker => {
    const worker = createWorker();
    worker.onerror = ({ message }) => {
      failure = new Error(message);
      for (const { reject } of waiting.values()) reject(failure);
    };
    worker.onmessage = ({ data: { number, result, failure } }: MessageEvent<Answer>) => {
      if (failure === undefined) waiting.get(number)?.resolve(result);
      else waiting.get(number)?.reject(new Error(failure));
      waiting.delete(number);
    };
    return worker;
  };
  let worker: Worker | undefined = started();
  const rest = (): void => {
    if (waiting.size) return;
    worker?.terminate();
    worker = undefined;
  };
  const restLater = (): void => {
    clearTimeout(timer);
    timer = setTimeout(rest, IDLE);
  };

  restLater();
  const read = <T>(wanted: Wanted) =>
    new Promise<T>((resolve, reject) => {
      if (failure) throw failure;
      worker ??= started();
      last += 1;
      waiting.set(last, { resolve: resolve as Waiting["resolve"], reject });
      worker.postMessage({ number: last, wanted } satisfies Question);
      restLater();
    });
  return Object.assign(read, { rest });
}

/** No browser starts a worker from another origin, but a worker may import from there. */
function createWorker(): Worker {
  // Not at the top: the worker runs this file too, and a bundler may have put this file into an address that is no base.
  const script: URL = new URL("./wasminstall-reader.mjs", import.meta.url);
  const options: WorkerOptions = { type: "module", name: NAME };
  if (script.origin === globalThis.origin) return new Worker(script, options);
  const loader = new Blob([`import ${JSON.stringify(script.href)};`], { type: "text/javascript" });
  const url = URL.createObjectURL(loader);
  setTimeout(() => URL.revokeObjectURL(url), IDLE);
  return new Worker(url, options);
}

/** The worker's half. */
async function answer({ number, wanted }: Question): Promise<void> {
  try {
    const result = await ("key" in wanted ? entryIn(wanted) : readPart(wanted.file, wanted.start, wanted.end));
    globalThis.postMessage({ number, result } satisfies Answer, { transfer: result ? [result.bytes.buffer] : [] });
  } catch (error) {
    globalThis.postMessage({ number, failure: String(error) } satisfies Answer);
  }
}

async function entryIn({ key, file }: WantedEntry): Promise<Entry | undefined> {
  const record = await readFile(file);
  return record && (await unseal(key, new Uint8Array(record)));
}

if ((globalThis as { name?: string }).name === NAME && typeof document === "undefined") {
  globalThis.onmessage = ({ data }: MessageEvent<Question>) => void answer(data);
}
