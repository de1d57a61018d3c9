/** The line at the top that says what is going on, and the slim bar below it. */

import { sentence } from "../../js/src/sentence.js";
import { byId } from "./dom.js";

export type PageState = "loading" | "ready" | "running" | "idle" | "error";

/** `detail` of the event that wasminstall dispatches while it works: what this line shows of it. */
interface ProgressDetail {
  readonly phase: string;
  readonly text: string;
  readonly project: string;
  readonly done: number;
  readonly total: number;
  readonly rate: number;
  readonly remaining: number | undefined;
  readonly share: number | undefined;
}

export class Status {
  #text = byId("status", HTMLSpanElement);
  #detail = byId("detail", HTMLSpanElement);
  #bar = byId("progress", HTMLDivElement);

  constructor() {
    globalThis.addEventListener("wasminstall:progress", (event) => {
      this.#progress((event as CustomEvent<ProgressDetail>).detail);
    });
    this.#fill(undefined);
  }

  /** The state is also on the root element, for styles and for tests. */
  set(state: PageState, text: string, detail = ""): void {
    document.documentElement.dataset.state = state;
    this.#text.textContent = text;
    this.#detail.textContent = detail;
    this.#fill(state === "loading" || state === "running" ? undefined : 0);
  }

  #progress(detail: ProgressDetail): void {
    this.#text.textContent = sentence(detail.text);
    this.#detail.textContent = pace(detail) || (detail.phase === "download" ? detail.project : "");
    this.#fill(detail.share);
  }

  /** A share from 0 to 1, or `undefined` for work whose end is not known. */
  #fill(share: number | undefined): void {
    this.#bar.classList.toggle("unknown", share === undefined);
    this.#bar.style.setProperty("--share", String(share ?? 0));
    if (share === undefined) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  }
}

/** How fast, and how much longer; "" when that is not known, or over. */
function pace({ done, total, rate, remaining }: ProgressDetail): string {
  if (rate === 0 || done === total) return "";
  const speed = rate >= 1e5 ? `${(rate / 1e6).toFixed(1)} MB/s` : `${(rate / 1e3).toFixed(1)} kB/s`;
  return remaining === undefined ? speed : `${speed}, ${duration(remaining)} left`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
