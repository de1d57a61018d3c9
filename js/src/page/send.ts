/**
 * HTTP for Python: one request in, one whole answer out, with the bytes left on this side.
 *
 * A request crosses as one string and its answer as one string and one array, so that Python holds no proxies of
 * headers, readers and pieces.
 */

import type { Early } from "../ahead/early.js";
import { Collected } from "./collected.js";

/** A request, as JSON. */
export interface SendOptions {
  /** For whichever server answers. */
  readonly headers: Readonly<Record<string, string>>;
  /** For the origin of the address only. */
  readonly private: Readonly<Record<string, string>>;
  readonly credentials: RequestCredentials;
  readonly cache: RequestCache;
  readonly priority: RequestPriority;
  /** The longest time without a byte, in milliseconds. */
  readonly silence: number;
  /** The most bytes the body may have; 0 for any number. */
  readonly limit: number;
  /** An algorithm of SubtleCrypto, or "". */
  readonly digest: string;
}

/** A request under way. */
export interface Sending {
  /** Is never rejected, and settles soon after `abort()`. */
  readonly answer: Promise<Answer>;
  abort(): void;
}

/** What came of it: `facts` is the JSON of `Facts` or of a `Failure`. */
export interface Answer {
  readonly facts: string;
  readonly body: Uint8Array;
}

/** `digest` in hexadecimal, "" when it could not be computed here. */
export interface Facts {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly digest: string;
}

/** `kind` is a `NetworkTrouble` of src/wasminstall/errors.py. */
export interface Failure {
  readonly kind: "unreachable" | "offline" | "address" | "silence" | "truncated" | "oversized" | "redirect" | "aborted";
  readonly reason: string;
}

/** Called with the bytes so far, and in all (0 when that is not known). */
export type OnBytes = (arrived: number, total: number) => void;

const REDIRECTS = 20;
const STEP_MS = 100;
const LATE_MS = 50;
const MOMENT_MS = 100;
const MOMENTS = 3;
// Engines that have this also take Authorization off a redirect to another origin, as the Fetch standard says.
const KEEPS_CREDENTIALS = "withResolvers" in Promise;

/**
 * Send a request; `json` is `SendOptions`. Nothing calls `onBytes` after `abort()`. What was asked for early is taken in
 * place of an answer of its own.
 */
export function send(url: string, json: string, onBytes?: OnBytes, early?: Early): Sending {
  const request = new Exchange(JSON.parse(json) as SendOptions, onBytes, early);
  return { answer: request.run(url), abort: () => request.fail("aborted", "") };
}

/** One request with its clock. */
class Exchange {
  readonly #options: SendOptions;
  readonly #onBytes: OnBytes | undefined;
  readonly #early: Early | undefined;
  readonly #controller = new AbortController();
  #failure: Failure | undefined;
  #heard = performance.now();
  #told = 0;
  #giveUp: (failure: Error) => void = () => {};
  // Not every engine ends a read when its request is aborted: what waits, waits for this as well.
  readonly #givenUp = new Promise<never>((_, reject) => {
    this.#giveUp = reject;
  });

  constructor(options: SendOptions, onBytes: OnBytes | undefined, early: Early | undefined) {
    this.#options = options;
    this.#onBytes = onBytes;
    this.#early = early;
    this.#givenUp.catch(() => undefined);
  }

  /** The first failure counts; it ends the request. */
  fail(kind: Failure["kind"], reason: string): void {
    this.#failure ??= { kind, reason };
    this.#giveUp(new Error(reason));
    this.#controller.abort();
  }

  async run(url: string): Promise<Answer> {
    const stop = this.#watch();
    try {
      const { answer, body } = await Promise.race([this.#exchange(url), this.#givenUp]);
      stop();
      const headers = Object.fromEntries(answer.headers);
      const digest = await digestOf(this.#options.digest, body);
      const facts: Facts = { url: answer.url || url, status: answer.status, headers, digest };
      return { facts: JSON.stringify(facts), body };
    } catch (error) {
      this.fail(globalThis.navigator?.onLine === false ? "offline" : "unreachable", reasonOf(error));
      return { facts: JSON.stringify(this.#failure), body: new Uint8Array() };
    } finally {
      stop();
    }
  }

  /** One timer, set again for the rest when it was early: bytes only note the time. */
  #watch(): () => void {
    const { silence } = this.#options;
    let moments = MOMENTS;
    let due = 0;
    let timer: ReturnType<typeof setTimeout>;
    const wait = (milliseconds: number): void => {
      due = performance.now() + milliseconds;
      timer = setTimeout(look, milliseconds);
    };
    const look = (): void => {
      const now = performance.now();
      const left = this.#heard + silence - now;
      // A thread that was busy sees the clock before the bytes that came meanwhile.
      const busy = left <= 0 && now - due > LATE_MS && moments > 0;
      if (busy) moments -= 1;
      if (left > 0 || busy) wait(busy ? MOMENT_MS : left);
      else this.fail("silence", `no answer for ${silence / 1000} seconds`);
    };
    wait(silence);
    return () => clearTimeout(timer);
  }

  async #exchange(url: string): Promise<{ answer: Response; body: Uint8Array }> {
    const answer = (await this.#taken(url)) ?? (await this.#fetch(url));
    return { answer, body: await this.#read(answer) };
  }

  /** The answer that was asked for early, if this is the same question. */
  async #taken(url: string): Promise<Response | undefined> {
    const { headers, private: own, credentials, cache } = this.#options;
    if (Object.keys(own).length || credentials !== "same-origin" || cache !== "default") return undefined;
    return this.#early?.take(url, headers, this.#controller.signal);
  }

  /** The answer after redirects, its body still to come. */
  async #fetch(url: string): Promise<Response> {
    let own = this.#options.private;
    let address = url;
    for (let hops = 0; hops <= REDIRECTS; hops += 1) {
      const answer = await this.#hop(address, own);
      this.#heard = performance.now();
      if (answer.type === "opaqueredirect") {
        return this.#refuse("redirect", "it redirects, and the headers for this server must not go to another");
      }
      const location = answer.headers.get("location");
      if (location === null || answer.status < 300 || answer.status > 399) return answer;
      // Only where redirects can be seen (Node): `hop` follows the others, or there is nothing to keep back.
      const target = new URL(location, answer.url || address);
      if (target.origin !== new URL(answer.url || address).origin) own = {};
      await answer.body?.cancel();
      address = target.href;
    }
    return this.#refuse("redirect", `more than ${REDIRECTS} redirects`);
  }

  #hop(url: string, own: Readonly<Record<string, string>>): Promise<Response> {
    const { headers, credentials, cache, priority } = this.#options;
    const names = Object.keys(own);
    const safe = names.length === 0 || (KEEPS_CREDENTIALS && names.length === 1 && names[0] === "Authorization");
    const redirect = safe ? "follow" : "manual";
    const { signal } = this.#controller;
    return fetch(url, { headers: { ...headers, ...own }, credentials, cache, priority, redirect, signal });
  }

  /** The body, read in pieces; too long and too short are failures. */
  async #read(answer: Response): Promise<Uint8Array> {
    const { limit } = this.#options;
    const announced = lengthOf(answer);
    const exact = announced !== undefined && isExact(answer);
    if (limit && exact && announced > limit) return this.#tooLong(announced);
    const total = announced ?? 0;
    const collected = new Collected(limit ? Math.min(total, limit) : total);
    const reader = answer.body?.getReader();
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      this.#heard = performance.now();
      collected.add(piece.value);
      if (limit && collected.length > limit) return this.#tooLong(collected.length);
      this.#tell(collected.length, total);
    }
    if (exact && collected.length < announced) {
      return this.#refuse("truncated", `it ended after ${collected.length} of ${announced} bytes`);
    }
    this.#tell(collected.length, total, true);
    return collected.bytes;
  }

  /** About ten times a second, and at the end. */
  #tell(arrived: number, total: number, last = false): void {
    if (!this.#onBytes || this.#failure || (!last && this.#heard - this.#told < STEP_MS)) return;
    this.#told = this.#heard;
    this.#onBytes(arrived, total);
  }

  #tooLong(came: number): never {
    return this.#refuse("oversized", `${came} bytes came where ${this.#options.limit} were announced`);
  }

  #refuse(kind: Failure["kind"], reason: string): never {
    this.fail(kind, reason);
    throw new Error(reason);
  }
}

/** Content-Length, if it is one. */
function lengthOf(answer: Response): number | undefined {
  const text = answer.headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Whether Content-Length is that of the bytes we get: of another origin's answer, the encoding may be hidden. */
function isExact(answer: Response): boolean {
  return !answer.headers.has("content-encoding") && answer.type !== "cors";
}

/** Hexadecimal, or "" where SubtleCrypto is missing (insecure pages) or not asked. */
async function digestOf(algorithm: string, body: Uint8Array): Promise<string> {
  if (!algorithm || !globalThis.crypto?.subtle) return "";
  const digest = new Uint8Array(await crypto.subtle.digest(algorithm, body as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the engine tells: in a page little, by design; Node keeps the reason in `cause`. */
function reasonOf(error: unknown): string {
  const { message = "", cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message || String(error);
}
