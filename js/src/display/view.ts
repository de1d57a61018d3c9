/** Shows what code says, in an element of the page: streams, values, figures, errors. */

import { element } from "./dom.js";
import type { DisplayOutput, Output } from "./model.js";
import { StreamText } from "./stream.js";
import { adoptStyles } from "./styles.js";
import { alignColumns } from "./tables.js";
import { renderError } from "./traceback.js";

/** The outputs of one piece of code, below each other in `node`. */
export class OutputView {
  readonly node: HTMLElement;
  #stream: StreamText | undefined;

  /** What `node` holds stays until `clear()`. */
  constructor(node: HTMLElement) {
    this.node = node;
    node.classList.add("wasminstall-output");
    node.setAttribute("aria-live", "polite");
    adoptStyles(node.ownerDocument);
  }

  /** Remove everything. */
  clear(): void {
    this.node.replaceChildren();
  }

  /** Show one more. Text of a stream goes on where the same stream stopped. */
  add(output: Output): void {
    if (output.kind === "display") this.node.append(renderValue(output));
    else if (output.kind === "error") this.node.append(renderError(output));
    else {
      if (this.#stream?.kind !== output.kind || this.node.lastElementChild !== this.#stream.node) {
        this.#stream = new StreamText(output.kind);
        this.node.append(this.#stream.node);
      }
      this.#stream.add(output.text);
    }
  }
}

function renderValue({ data, width, height }: DisplayOutput): HTMLElement {
  const text = data["text/plain"] ?? "";
  const markup = data["text/html"] ?? data["image/svg+xml"];
  if (markup !== undefined) return renderMarkup(markup);
  const type = Object.keys(data).find((name) => name.startsWith("image/"));
  if (type === undefined) return element("pre", { class: "wasminstall-value" }, text);
  const size = width && height ? { width: String(width), height: String(height) } : {};
  const image = element("img", { src: `data:${type};base64,${data[type]}`, alt: text, ...size });
  return element("div", { class: "wasminstall-figure" }, image);
}

/** A strict policy complains as soon as this is parsed, and what it says is done here in any case. */
const PANDAS_ROW = '<tr style="text-align: right;">';

/** A value's own representation, made by code that the page's author runs. */
function renderMarkup(markup: string): HTMLElement {
  const template = element("template");
  template.innerHTML = markup.includes('class="dataframe"') ? markup.replaceAll(PANDAS_ROW, "<tr>") : markup;
  // pandas brings a style that no browser limits to its table any more, and that a strict policy would complain about.
  for (const style of template.content.querySelectorAll("style[scoped]")) style.remove();
  for (const table of template.content.querySelectorAll("table")) alignColumns(table);
  const box = element("div", { class: "wasminstall-html", role: "group", "aria-label": "Value", tabindex: "0" });
  box.append(template.content);
  return box;
}
