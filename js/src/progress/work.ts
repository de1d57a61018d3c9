/** What is going on, out of the events of one Python or several: the step that is shown, and those before it. */

import type { ProgressDetail, ProgressPhase } from "../events.js";

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

  /** Whether something is being done. */
  get busy(): boolean {
    return this.shown !== undefined && !isOver(this.shown);
  }

  /** Take in what was told at the time `now`; whether there is something new to show. */
  take(detail: ProgressDetail, now: number): boolean {
    const silence = now - this.#heard;
    if (silence < PATIENCE && this.#isBehind(detail)) return false;
    if (!isEnd(detail) && !this.#goesOn(silence)) this.steps = [];
    const last = this.steps.at(-1);
    if (last?.phase === detail.phase) last.detail = detail;
    else {
      if (last) last.until ??= now;
      if (!isEnd(detail)) this.steps.push({ phase: detail.phase, since: now, detail, until: undefined });
    }
    this.shown = detail;
    this.#heard = now;
    return true;
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
