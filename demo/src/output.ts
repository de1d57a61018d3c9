/** What a cell says, as it says it: streams, values, pictures, errors. */

import { element } from "./dom.js";
import { alignColumns } from "./tables.js";
import { type ErrorReport, renderError } from "./traceback.js";

export type OutputKind = "stdout" | "stderr" | "html" | "svg" | "text" | "picture" | "error";

interface Picture {
  readonly data: string;
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how terminals are told to change colour
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;

export class Output {
  readonly node = element("div", { class: "output", "aria-live": "polite" });

  clear(): void {
    this.node.replaceChildren();
  }

  add(kind: OutputKind, data: string): void {
    if (kind === "stdout" || kind === "stderr") this.#stream(kind, data);
    else this.node.append(render(kind, data));
  }

  /** Text goes on where the same stream stopped; a carriage return starts the line again, as progress bars expect. */
  #stream(kind: "stdout" | "stderr", data: string): void {
    const last = this.node.lastElementChild;
    const stream = last?.matches(`pre.${kind}`) ? last : element("pre", { class: `stream ${kind}` });
    if (stream !== last) this.node.append(stream);
    stream.textContent = withReturns((stream.textContent ?? "") + data.replace(ESCAPES, ""));
  }
}

function render(kind: Exclude<OutputKind, "stdout" | "stderr">, data: string): Node {
  switch (kind) {
    case "html":
    case "svg": {
      // A value's own representation, made by code that the person at this page ran.
      const box = element("div", { class: `rich ${kind}`, tabindex: "0" });
      box.innerHTML = data;
      for (const table of box.querySelectorAll("table")) alignColumns(table);
      return box;
    }
    case "picture":
      return picture(JSON.parse(data) as Picture);
    case "error":
      return renderError(JSON.parse(data) as ErrorReport);
    case "text":
      return element("pre", { class: "value" }, data);
  }
}

function picture({ data, type, width, height }: Picture): HTMLElement {
  const size = { width: String(width), height: String(height) };
  return element(
    "div",
    { class: "picture" },
    element("img", { src: `data:${type};base64,${data}`, alt: "Figure", ...size }),
  );
}

function withReturns(text: string): string {
  if (!text.includes("\r")) return text;
  return text.replaceAll("\r\n", "\n").replace(/[^\n]*\r(?=[^\n])/g, "");
}
