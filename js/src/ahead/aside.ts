/**
 * Requests from a thread of their own: while Python starts it holds the page's thread for a second and more, in which
 * nobody would read what comes, and so it would soon cease to come.
 */

import type { Later, Named } from "./ask.js";
import type { Asked } from "./early.js";

/** What the thread is asked. */
interface Question {
  readonly url: string;
  readonly headers: Named;
  readonly later: Later;
}

/** What the thread tells: the head of an answer, pieces of its body, whether that was all. */
type Told =
  | { readonly status: number; readonly url: string; readonly headers: [string, string][] }
  | Uint8Array
  | boolean;

/** How long a thread is kept that nobody asks, in milliseconds. */
const LINGER = 30_000;

let opened: Thread | undefined;

/** The thread, started; undefined where there can be none: in Node, or where the page does not allow it. */
export function openThread(): Thread | undefined {
  try {
    opened ??= new Thread();
  } catch {
    // Nobody asks aside.
  }
  return opened;
}

class Thread {
  readonly #worker: Worker;
  #broken = false;
  #underWay = 0;

  constructor() {
    const script = URL.createObjectURL(new Blob([`(${serve})()`], { type: "text/javascript" }));
    this.#worker = new Worker(script);
    // A Content-Security-Policy tells of itself this way.
    this.#worker.onerror = () => {
      this.#broken = true;
    };
    this.#endLater();
  }

  /** Undefined where it does not work. */
  ask(url: string, headers: Named, later: Later): Asked | undefined {
    if (this.#broken) return undefined;
    const { port1: here, port2: there } = new MessageChannel();
    this.#underWay += 1;
    const answer = assembled(here, this.#worker, () => {
      this.#underWay -= 1;
      this.#endLater();
    });
    this.#worker.postMessage({ url, headers, later }, [there]);
    return { answer, abort: () => here.postMessage("abort") };
  }

  #endLater(): void {
    setTimeout(() => {
      if (this.#underWay > 0) return;
      this.#worker.terminate();
      if (opened === this) opened = undefined;
    }, LINGER);
  }
}

/** The answer, as soon as its head is here. */
function assembled(port: MessagePort, worker: Worker, ended: () => void): Promise<Response | undefined> {
  return new Promise((resolve) => {
    let body: ReadableStreamDefaultController<Uint8Array> | undefined;
    const end = (complete: boolean): void => {
      if (complete) body?.close();
      else body?.error(new TypeError("the connection broke"));
      resolve(undefined); // which counts when there was no head
      port.close();
      ended();
    };
    worker.addEventListener("error", () => end(false), { once: true });
    port.onmessage = ({ data }: MessageEvent<Told>) => {
      if (typeof data === "boolean") end(data);
      else if (data instanceof Uint8Array) body?.enqueue(data);
      else if (data.status === 200) {
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            body = controller;
          },
        });
        const response = new Response(stream as BodyInit, { headers: data.headers });
        resolve(Object.defineProperty(response, "url", { value: data.url }));
      } else resolve(undefined);
    };
  });
}

/** The thread's whole program: its text is taken, so that it uses nothing from outside. */
function serve(): void {
  // The line is not to be idle for a round trip; and who waits for a wheel loses patience after half a minute.
  const [few, longest] = [2 ** 18, 15_000];
  const toCome = new Map<MessagePort, number>();
  const waiting: { readonly rank: number; begin(): void }[] = [];
  const look = (): void => {
    const bytes = [...toCome.values()].reduce((sum, each) => sum + each, 0);
    if (bytes < few)
      waiting
        .sort((a, b) => a.rank - b.rank)
        .shift()
        ?.begin();
  };
  // `.gz` is unpacked here, unless a server has said `Content-Encoding: gzip`, which another origin need not tell.
  const piecesOf = async (
    { body, url }: Response,
    count: (bytes: number) => void,
  ): Promise<ReadableStream<Uint8Array>> => {
    const reader = body?.getReader();
    const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
      const { value } = (await reader?.read()) ?? {};
      count(value?.length ?? 0);
      return value;
    };
    const first = await next();
    const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => first && controller.enqueue(first),
      pull: async (controller) => {
        const value = await next();
        if (value) controller.enqueue(value);
        else controller.close();
      },
    });
    const packed = url.endsWith(".gz") && first?.[0] === 0x1f && first[1] === 0x8b;
    return packed ? whole.pipeThrough(new DecompressionStream("gzip")) : whole;
  };
  self.onmessage = async ({ data: { url, headers, later }, ports }: MessageEvent<Question>) => {
    const port = ports[0] as MessagePort;
    const controller = new AbortController();
    port.onmessage = () => controller.abort();
    if (later > 0) {
      await new Promise<void>((begin) => {
        waiting.push({ rank: later, begin });
        if (later === 1) setTimeout(begin, longest);
        look();
      });
    }
    toCome.set(port, Number.POSITIVE_INFINITY);
    try {
      const response = await fetch(url, { headers, credentials: "same-origin", signal: controller.signal });
      const told = new Headers(response.headers);
      // That of the bytes on the way, which may be compressed, and another origin does not say so.
      if (response.type !== "basic") told.delete("content-length");
      port.postMessage({ status: response.status, url: response.url, headers: [...told] });
      let left = Number(response.headers.get("content-length") ?? Number.POSITIVE_INFINITY);
      const pieces = await piecesOf(response, (bytes) => {
        left -= bytes;
        toCome.set(port, left);
        look();
      });
      const reader = pieces.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        port.postMessage(piece.value, [piece.value.buffer]);
      }
      port.postMessage(true);
    } catch {
      port.postMessage(false);
    }
    toCome.delete(port);
    look();
  };
}
