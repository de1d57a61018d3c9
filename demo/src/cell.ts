/** One cell: an editor, what can be done with it, and its output. */

import type { EditorView } from "@codemirror/view";
import { element } from "../../js/src/display/dom.js";
import { OutputView } from "../../js/src/display/view.js";
import type { CellSource } from "./cells.js";
import { createEditor } from "./editor.js";
import type { Emit } from "./kernel.js";

export type CellState = "new" | "queued" | "running" | "done" | "failed";

/** What a cell asks of the notebook it is in. */
export interface CellActions {
  run(cell: Cell): void;
  runAndAdvance(cell: Cell): void;
  addBelow(cell: Cell): void;
  remove(cell: Cell): void;
  changed(): void;
}

export class Cell {
  readonly node: HTMLElement;
  #note: string;
  #output = new OutputView(element("div", { class: "output" }));
  #count = element("span", { class: "count" }, "[ ]");
  #editor: EditorView;

  constructor(source: CellSource, actions: CellActions) {
    this.#note = source.note;
    this.#editor = createEditor(source.code, "Python code", {
      run: () => actions.run(this),
      runAndAdvance: () => actions.runAndAdvance(this),
      changed: () => actions.changed(),
    });
    const run = button("run", "Run this cell", () => actions.run(this), icon("M8 5.5v13l10.5-6.5z"));
    const tools = element(
      "div",
      { class: "tools" },
      button("tool", "Add a cell below", () => actions.addBelow(this), icon("M12 5v14M5 12h14", true)),
      button("tool", "Delete this cell", () => actions.remove(this), icon("M6 6l12 12M18 6 6 18", true)),
    );
    this.node = element(
      "section",
      { class: "cell", "data-state": "new" },
      ...(source.note ? [element("p", { class: "note" }, source.note)] : []),
      element("div", { class: "gutter" }, run, this.#count),
      element("div", { class: "code" }, this.#editor.dom),
      tools,
      this.#output.node,
    );
  }

  get source(): CellSource {
    return { note: this.#note, code: this.#editor.state.doc.toString() };
  }

  set number(position: number) {
    this.node.setAttribute("aria-label", `Cell ${position}`);
  }

  focus(): void {
    this.#editor.focus();
    this.node.scrollIntoView({ block: "nearest" });
  }

  queued(): void {
    this.#become("queued", "[*]");
  }

  started(count: number): Emit {
    this.#become("running", `[${count}]`);
    this.#output.clear();
    return (output) => this.#output.add(output);
  }

  finished(succeeded: boolean): void {
    this.#become(succeeded ? "done" : "failed");
  }

  destroy(): void {
    this.#editor.destroy();
    this.node.remove();
  }

  #become(state: CellState, count?: string): void {
    this.node.dataset.state = state;
    if (count !== undefined) this.#count.textContent = count;
  }
}

function button(kind: string, label: string, action: () => void, picture: Node): HTMLButtonElement {
  const made = element("button", { type: "button", class: kind, "aria-label": label, title: label }, picture);
  made.addEventListener("click", action);
  return made;
}

function icon(path: string, stroked = false): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(space, "path");
  shape.setAttribute("d", path);
  shape.setAttribute("class", stroked ? "stroked" : "filled");
  svg.append(shape);
  return svg;
}
