/** What is going on, out of the events of one Python or several: the step that is shown, and those before it. */

import type { ProgressDetail, ProgressPhase } from "../events.js";
import { sentence } from "../sentence.js";

/** A phase that was begun, with the last that was heard of it. Times are in milliseconds. */
export interface Step {
  readonly phase: ProgressPhase;
  readonly since: number;
  detail: ProgressDetail;
  /** When it ended; `undefined` while it goes on. */
  until: number | undefined;
}

const ORDER: readonly ProgressPhase[] = ["runtime", "resolve", "download", "place"];
/** Milliseconds of silence after which another one has the word. */
const PATIENCE = 1000;
/** The same after a Python is there: what installs has to be imported first. */
const FIRST_PATIENCE = 5000;
/** Milliseconds after which a failure has been read: the next work may take its place for good. */
const READ = 3000;

/** Whether nothing comes after this. */
export function isEnd({ phase }: ProgressDetail): boolean {
  return !ORDER.includes(phase);
}

/** Whether something is done: a Python that is there may be asked for packages at once, or never. */
export function isOver(detail: ProgressDetail): boolean {
  return isEnd(detail) || (detail.phase === "runtime" && detail.share === 1);
}

/** The work from the first step until an end; what comes after that is another work. */
export class Work {
  /** What was begun, in this order. */
  steps: Step[] = [];
  /** What is shown; `undefined` before the first step. */
  shown: ProgressDetail | undefined;
  #heard = 0;
  /** What failed and was neither read nor closed: another Python's end must not hide it. */
  #failures: string[] = [];
  #failedAt = 0;

  /** Whether something is being done. */
  get busy(): boolean {
    return this.shown !== undefined && !isOver(this.shown);
  }

  /** Take in what was told at the time `now`; whether there is something new to show. */
  take(detail: ProgressDetail, now: number): boolean {
    const silence = now - this.#heard;
    if (silence < PATIENCE && this.#isBehind(detail)) return false;
    this.#follow(this.#withFailures(detail, now), now, silence);
    return true;
  }

  /** What failed was seen by somebody. */
  forgetFailures(): void {
    this.#failures = [];
  }

  /** The step itself; where it is an end, and something failed before, that failure. */
  #withFailures(detail: ProgressDetail, now: number): ProgressDetail {
    const text = sentence(detail.text);
    const failed = this.shown?.phase === "failed";
    if (detail.phase === "failed" && !this.#failures.includes(text)) this.#failures.push(text);
    const begins = detail.phase === "runtime" || detail.phase === "resolve";
    if (begins && failed && now - this.#failedAt >= READ) this.forgetFailures();
    if (!isOver(detail) || !this.#failures.length) return detail;
    if (!failed) this.#failedAt = now;
    return { ...detail, phase: "failed", text: this.#failures.join("\n") };
  }

  #follow(detail: ProgressDetail, now: number, silence: number): void {
    if (!isEnd(detail) && !this.#goesOn(silence)) this.steps = [];
    const last = this.steps.at(-1);
    if (last?.phase === detail.phase) last.detail = detail;
    else {
      if (last) last.until ??= now;
      if (!isEnd(detail)) this.steps.push({ phase: detail.phase, since: now, detail, until: undefined });
    }
    this.shown = detail;
    this.#heard = now;
  }

  /** Whether what comes now belongs to what is shown. */
  #goesOn(silence: number): boolean {
    return this.busy || (this.shown !== undefined && !isEnd(this.shown) && silence < FIRST_PATIENCE);
  }

  /**
   * Whether what is shown is further on. Wheels come while others are still looked for, and another Python may be at
   * work as well: showing both in turn would flicker.
   */
  #isBehind(detail: ProgressDetail): boolean {
    if (this.shown === undefined || isEnd(this.shown) || isEnd(detail)) return false;
    const ahead = ORDER.indexOf(this.shown.phase) - ORDER.indexOf(detail.phase);
    if (ahead !== 0) return ahead > 0;
    return detail.done < this.shown.done || detail.finished < this.shown.finished;
  }
}
