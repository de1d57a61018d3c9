/**
 * Answers that were asked for before Python could ask: it takes them, each once, in place of a request of its own.
 *
 * What Python does not take changes nothing. What did not come, or not with status 200, it asks for as ever.
 */

/** A request under way. */
export interface Asked {
  /** Never rejects; undefined for what is of no use. */
  readonly answer: Promise<Response | undefined>;
  abort(): void;
}

export class Early {
  readonly #asked = new Map<string, Asked>();
  #waiting: (() => void)[] | undefined = [];
  #closed = false;

  /** Ask with `ask`, unless that was done already or it is too late. */
  add(url: string, headers: Readonly<Record<string, string>>, ask: () => Asked): void {
    const key = keyOf(url, headers);
    if (!this.#closed && !this.#asked.has(key)) this.#asked.set(key, ask());
  }

  /** Call this when the files of the runtime are here, which need the line more. */
  whenFree(work: () => void): void {
    if (this.#waiting) this.#waiting.push(work);
    else work();
  }

  /** They are here. At once, and not by a promise: the start of Python holds the thread from now on. */
  release(): void {
    for (const work of this.#waiting?.splice(0) ?? []) work();
    this.#waiting = undefined;
  }

  /** What was asked for, to be had once; `signal` ends it from now on. */
  async take(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response | undefined> {
    const key = keyOf(url, headers);
    const asked = this.#asked.get(key);
    this.#asked.delete(key);
    signal.addEventListener("abort", () => asked?.abort());
    return asked?.answer;
  }

  /** Forget what nobody took, and ask no more. */
  close(): void {
    this.#closed = true;
    for (const asked of this.#asked.values()) asked.abort();
    this.#asked.clear();
  }
}

function keyOf(url: string, headers: Readonly<Record<string, string>>): string {
  return JSON.stringify([url, headers]);
}
