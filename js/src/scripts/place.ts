/** Where a script shows its output. */

import { element } from "../display/dom.js";
import { OutputView } from "../display/view.js";
import type { WasminstallProgress } from "../progress/element.js";

/** A new element in what `data-target` selects, else right after the script; what is wrong with it is said there. */
export function placeFor(script: HTMLScriptElement): OutputView {
  const { target } = script.dataset;
  const view = new OutputView(element("div"));
  const found = target === undefined ? null : selected(target);
  if (found) found.append(view.node);
  else if (document.body.contains(script)) script.after(view.node);
  else document.body.append(view.node);
  if (target !== undefined && !found) {
    const text = `data-target="${target}" selects nothing in this page; the output is shown here.\n`;
    console.warn(`wasminstall: ${text.trim()}`, script);
    view.add({ kind: "stderr", text });
  }
  return view;
}

/** What is told in its place needs no words over the page. */
export function closeOverlays(): void {
  for (const overlay of document.querySelectorAll<WasminstallProgress>("wasminstall-progress[overlay]")) {
    overlay.close?.(); // it may be no such element yet
  }
}

function selected(selector: string): Element | null {
  try {
    return document.querySelector(selector);
  } catch {
    return null; // no selector at all
  }
}
