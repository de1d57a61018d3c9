/**
 * `<wasminstall-progress>`: a bar, a line of text, and the steps on demand. It hears the events on `window` by itself.
 *
 *     <wasminstall-progress></wasminstall-progress>
 *
 * It keeps its place when there is nothing to show; with `overlay` it lies at the upper edge of the page and needs none.
 * The attribute `data-phase` says what is shown, for style sheets.
 */

import { NOTHING_COUNTED, type ProgressDetail, type ProgressPhase } from "../events.js";
import { addStyles } from "./styles.js";
import { type Parts, partsOf } from "./tree.js";
import { factsOf, lineOf, nameOf, timeOf } from "./words.js";
import { isOver, Work } from "./work.js";

/** Milliseconds in which another event shows that something else still goes on. */
const GRACE = 150;
/** What is over in less milliseconds than this needs no words. */
const SHORT = 1500;

export { showProgress } from "./show.js";

// On a server there are no elements; importing this module does no harm there.
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** Shows what wasminstall does in this page. */
export class WasminstallProgress extends Base {
  #parts: Parts | undefined;
  #work = new Work();
  #ending: ReturnType<typeof setTimeout> | undefined;
  #listening: AbortController | undefined;
  /** When it was last without anything to show. */
  #begun = 0;

  /** Begin to listen. */
  connectedCallback(): void {
    this.#parts ??= this.#build();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    addEventListener("wasminstall:progress", ({ detail }) => this.show(detail), { signal });
    addEventListener("wasminstall:ready", () => this.#end("done", "Python is ready"), { signal });
    addEventListener("wasminstall:error", ({ detail }) => this.#end("failed", `failed: ${detail.message}`), { signal });
  }

  /** Hear nothing more. */
  disconnectedCallback(): void {
    this.#listening?.abort();
    clearTimeout(this.#ending);
  }

  /** Show a step, as if an event had told it. */
  show(detail: ProgressDetail): void {
    clearTimeout(this.#ending);
    if (detail.phase === "done" || detail.phase === "cancelled") {
      this.#ending = setTimeout(() => this.#take(detail), GRACE);
    } else {
      this.#take(detail);
    }
  }

  /** Let go of a failure, as its button does; work that goes on stays. */
  close(): void {
    this.#work.forgetFailures();
    if (this.#parts && this.dataset.phase === "failed") this.#hide(this.#parts);
  }

  /** A start is over, and no step has said so; an install always says how it ends. */
  #end(phase: "done" | "failed", text: string): void {
    if (!this.#work.busy || this.#work.shown?.phase !== "runtime") return;
    this.show({ ...NOTHING_COUNTED, phase, text, share: 1 });
  }

  #take(detail: ProgressDetail): void {
    if (!this.#parts || !this.#work.take(detail, performance.now())) return;
    this.#render(this.#parts, this.#work.shown ?? detail);
  }

  #render(parts: Parts, detail: ProgressDetail): void {
    const { phase } = detail;
    const over = isOver(detail);
    if (parts.box.dataset.state === undefined) this.#begun = performance.now();
    const time = performance.now() - this.#begun;
    // Asked for always: what was never looked at does not fade in.
    const seen = isSeen(parts);
    if (over && phase !== "failed" && !seen) {
      this.#hide(parts);
      return;
    }
    const line = lineOf(detail);
    const name = over ? line : nameOf(detail);
    this.dataset.phase = phase === "runtime" && over ? "done" : phase;
    parts.box.dataset.state = over ? endState(phase, time) : busyState(parts.box.dataset.state, time);
    parts.text.textContent = parts.text.title = line;
    parts.close.hidden = phase !== "failed";
    parts.bar.setAttribute("aria-label", over ? "Python" : name);
    parts.bar.setAttribute("aria-valuetext", line);
    showShare(parts, phase === "failed" ? 1 : detail.share);
    if (time > SHORT || phase === "failed") say(parts, name);
    if (!parts.details.hidden) this.#list(parts);
  }

  /** The steps so far, with what is known of each and how long it took. */
  #list(parts: Parts): void {
    const now = performance.now();
    parts.details.replaceChildren(
      ...this.#work.steps.map((step) => {
        const item = document.createElement("li");
        if (step.until === undefined && this.#work.busy) item.setAttribute("aria-current", "step");
        for (const text of [nameOf(step.detail), factsOf(step), timeOf(step, now)]) {
          const cell = document.createElement("span");
          cell.dir = "auto";
          cell.textContent = text;
          item.append(cell);
        }
        return item;
      }),
    );
  }

  #build(): Parts {
    const root = this.attachShadow({ mode: "open" });
    addStyles(root);
    const parts = partsOf();
    root.append(parts.box, parts.said);
    parts.button.addEventListener("click", () => this.#open(parts, Boolean(parts.details.hidden)));
    parts.close.addEventListener("click", () => this.close());
    parts.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || parts.details.hidden) return;
      this.#open(parts, false);
      parts.button.focus();
    });
    parts.box.addEventListener("transitionend", ({ target }) => {
      if (target === parts.box && !isSeen(parts)) this.#hide(parts);
    });
    return parts;
  }

  #open(parts: Parts, open: boolean): void {
    parts.details.hidden = !open;
    parts.button.setAttribute("aria-expanded", String(open));
    parts.box.classList.toggle("open", open);
    if (open) this.#list(parts);
  }

  #hide(parts: Parts): void {
    this.#open(parts, false);
    delete parts.box.dataset.state;
    delete this.dataset.phase;
    parts.text.textContent = parts.text.title = "";
    say(parts, "");
  }
}

function isSeen({ box }: Parts): boolean {
  return getComputedStyle(box).opacity !== "0";
}

/** What styles.ts calls the ways to be there: what can be seen already does not appear again. */
function busyState(before: string | undefined, time: number): string {
  return time > SHORT || before === "shown" || before === "leaving" ? "shown" : "waiting";
}

function endState(phase: ProgressPhase, time: number): string {
  if (phase === "failed") return "shown";
  return time > SHORT ? "leaving" : "going";
}

function showShare({ bar, fill }: Parts, share: number | undefined): void {
  if (share === undefined) {
    bar.removeAttribute("aria-valuenow");
    fill.style.inlineSize = "";
    return;
  }
  const percent = Math.round(share * 100);
  bar.setAttribute("aria-valuenow", String(percent));
  fill.style.inlineSize = `${percent}%`;
}

/** Read out by assistive technology; the same twice is said once. */
function say({ said }: Parts, text: string): void {
  if (said.textContent !== text) said.textContent = text;
}

declare global {
  interface HTMLElementTagNameMap {
    "wasminstall-progress": WasminstallProgress;
  }
}

if (globalThis.customElements && !customElements.get("wasminstall-progress")) {
  customElements.define("wasminstall-progress", WasminstallProgress);
}
