/** Calls into a worker as numbered messages: each settles when it is answered, or when the worker is no more. */

import { type Errors, unpackError } from "./errors.js";
import type { Answer, Call, Message, News, Request } from "./messages.js";

/** Takes what the worker tells before it answers. */
export type Hear = (value: unknown) => void;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly hear: Hear | undefined;
}

/** Of Pyodide's interrupt buffer. */
const SIGINT = 2;

export class Connection {
  /** Pyodide's interrupt buffer, where memory can be shared. */
  readonly interrupts: Uint8Array | undefined = sharedByte();
  readonly #worker: Worker;
  readonly #errors: Errors;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #end: Error | undefined;

  /** `hearNews` is called with what belongs to no call. */
  constructor(worker: Worker, errors: Errors, hearNews: (news: News) => void) {
    this.#worker = worker;
    this.#errors = errors;
    worker.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      // Python code may post messages of its own.
      if (this.#end || typeof data?.kind !== "string") return;
      if ("id" in data) this.#take(data);
      else hearNews(data);
    });
  }

  /** Ask for something; `hear` is given what is told on the way. */
  call(request: Request, hear?: Hear): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#end) throw this.#end;
      const id = this.#calls++;
      this.#worker.postMessage({ ...request, id } satisfies Call);
      this.#waiting.set(id, { resolve, reject, hear });
    });
  }

  /** Interrupt what runs; whether that is possible here. */
  interrupt(): boolean {
    if (this.#waiting.size) this.interrupts?.fill(SIGINT);
    return this.interrupts !== undefined;
  }

  /** There is no worker any more, because of `error`; only the first counts. */
  end(error: Error): void {
    if (this.#end) return;
    this.#end = error;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (answer.kind === "told") {
      waiting?.hear?.(answer.value);
      return;
    }
    this.#waiting.delete(answer.id);
    // An interrupt that came too late must not meet the next call.
    if (!this.#waiting.size) this.interrupts?.fill(0);
    if (answer.kind === "result") waiting?.resolve(answer.value);
    else waiting?.reject(unpackError(answer.error, this.#errors));
  }
}

/** Undefined where the page is not cross-origin isolated, or the engine has no shared memory all the same. */
function sharedByte(): Uint8Array | undefined {
  const { crossOriginIsolated, SharedArrayBuffer: Shared } = globalThis;
  return crossOriginIsolated && Shared ? new Uint8Array(new Shared(1)) : undefined;
}
