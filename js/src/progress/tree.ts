/** The shadow tree of the element. Made without HTML, which a page may forbid (Trusted Types). */

/** Its nodes. */
export interface Parts {
  readonly box: HTMLElement;
  readonly bar: HTMLElement;
  readonly fill: HTMLElement;
  readonly text: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly close: HTMLButtonElement;
  readonly details: HTMLElement;
  /** What assistive technology reads out. */
  readonly said: HTMLElement;
}

/** A tree with nothing to show yet. */
export function partsOf(): Parts {
  const fill = make("div", { part: "fill" });
  const bar = make("div", { part: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, fill);
  const text = make("span", { part: "text", dir: "auto" });
  const mark = make("span", { id: "mark", "aria-hidden": "true" });
  const button = make(
    "button",
    { part: "button", type: "button", "aria-expanded": "false", "aria-controls": "details" },
    make("span", { id: "name" }, "Details"),
    mark,
  );
  const close = make("button", { part: "close", type: "button", hidden: "" }, "Close");
  const details = make("ol", { part: "details", id: "details", hidden: "" });
  const line = make("div", { id: "line" }, text, button, close);
  const said = make("span", { id: "said", role: "status" });
  return { box: make("div", { id: "box" }, bar, line, details), bar, fill, text, button, close, details, said };
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
