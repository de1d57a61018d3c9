/** The text of one stream: grows at its end, understands carriage returns, and does not grow without end. */

import { element } from "./dom.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how terminals are told to change colour
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;
/** Characters of a piece: adding to a text costs as much as the text is long. */
const PIECE = 4096;
/** Pieces that stay; the first ones go when there are more. */
const MOST = 128;

/** A `<pre>` that follows its stream. */
export class StreamText {
  readonly node: HTMLPreElement;
  readonly kind: "stdout" | "stderr";
  #last = new Text();
  #following = false;

  constructor(kind: "stdout" | "stderr") {
    this.kind = kind;
    this.node = element("pre", { class: `wasminstall-stream wasminstall-${kind}` }, this.#last);
  }

  /** Text as it was written; not always whole lines. */
  add(text: string): void {
    this.#follow();
    const plain = text.replace(ESCAPES, "");
    const { data } = this.#last;
    if (plain.includes("\r") || data.endsWith("\r")) {
      const line = data.lastIndexOf("\n") + 1;
      this.#last.replaceData(line, data.length - line, withReturns(data.slice(line) + plain));
    } else if (data.length > PIECE && data.endsWith("\n")) {
      this.#last = new Text(plain);
      this.node.append(this.#last);
      if (this.node.childNodes.length > MOST) this.node.firstChild?.remove();
    } else this.#last.appendData(plain);
  }

  /** Who looks at the end keeps seeing it; looked at once a frame, because the browser has to lay out for that. */
  #follow(): void {
    if (this.#following) return;
    this.#following = true;
    const { node } = this;
    const atEnd = node.scrollTop + node.clientHeight >= node.scrollHeight - 4;
    requestAnimationFrame(() => {
      this.#following = false;
      if (atEnd) node.scrollTop = node.scrollHeight;
    });
  }
}

/** A carriage return starts the line again, as progress bars expect. */
function withReturns(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/[^\n]*\r(?=[^\n])/g, "");
}
