/**
 * Reading large records beside the page: a worker reads and checks them and gives the bytes away without a copy. The
 * entry of a chunk of its own, which is the script of that worker as well.
 */

import { readFile } from "./files.js";
import type { Entry } from "./model.js";
import { unseal } from "./record.js";

/** A record in a file. */
export interface Wanted {
  readonly key: string;
  readonly file: string;
}

/** Reads files; rejects where that cannot be done in a worker. */
export type Reader = (wanted: Wanted) => Promise<Entry | undefined>;

interface Question extends Wanted {
  readonly number: number;
}

interface Answer {
  readonly number: number;
  readonly entry: Entry | undefined;
}

interface Waiting {
  resolve(entry: Entry | undefined): void;
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
    worker.onmessage = ({ data: { number, entry } }: MessageEvent<Answer>) => {
      waiting.get(number)?.resolve(entry);
      waiting.delete(number);
    };
    return worker;
  };
  let worker: Worker | undefined = started();
  const rest = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (waiting.size) return;
      worker?.terminate();
      worker = undefined;
    }, IDLE);
  };

  rest();
  return (wanted) =>
    new Promise((resolve, reject) => {
      if (failure) throw failure;
      worker ??= started();
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ ...wanted, number: last } satisfies Question);
      rest();
    });
}

/** No browser starts a worker from another origin, but a worker may import from there. */
function createWorker(): Worker {
  // Not at the top: the worker runs this file too, and a bundler may have put it into an address that is no base.
  const script: URL = new URL("./wasminstall-reader.mjs", import.meta.url);
  const options: WorkerOptions = { type: "module", name: NAME };
  if (script.origin === globalThis.origin) return new Worker(script, options);
  const loader = new Blob([`import ${JSON.stringify(script.href)};`], { type: "text/javascript" });
  const url = URL.createObjectURL(loader);
  setTimeout(() => URL.revokeObjectURL(url), IDLE);
  return new Worker(url, options);
}

/** The worker's half. */
async function serve({ number, key, file }: Question): Promise<void> {
  const record = await readFile(file);
  const entry = record && (await unseal(key, new Uint8Array(record)));
  const transfer = entry ? [entry.bytes.buffer] : [];
  globalThis.postMessage({ number, entry } satisfies Answer, { transfer });
}

if ((globalThis as { name?: string }).name === NAME && typeof document === "undefined") {
  globalThis.onmessage = ({ data }: MessageEvent<Question>) => void serve(data);
}
