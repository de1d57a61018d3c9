/** The line at the top that says what is going on, and the slim bar below it. */

import { byId } from "./dom.js";

export type PageState = "loading" | "ready" | "running" | "idle" | "error";

/** `detail` of the event that wasminstall dispatches while it works. */
interface ProgressDetail {
  readonly phase: "runtime" | "resolve" | "download" | "place" | "done";
  readonly text: string;
  readonly project: string;
  readonly done: number;
  readonly total: number;
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

  #progress({ phase, text, project, done, total }: ProgressDetail): void {
    this.#text.textContent = sentence(text);
    this.#detail.textContent = phase === "download" ? project : "";
    // A total that is no more than what is here already was not announced: the end is not known.
    this.#fill(phase === "done" ? 1 : total > done ? done / total : undefined);
  }

  /** A share from 0 to 1, or `undefined` for work whose end is not known. */
  #fill(share: number | undefined): void {
    this.#bar.classList.toggle("unknown", share === undefined);
    this.#bar.style.setProperty("--share", String(share ?? 0));
    if (share === undefined) this.#bar.removeAttribute("aria-valuenow");
    else this.#bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
