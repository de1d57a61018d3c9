/** The option `progress` of an install in a worker: elements and functions stay in the page, and are told there. */

import type { ProgressDetail } from "../events.js";
import type { InstallOptions } from "../install.js";
import type { Hear } from "./connection.js";

/** Options that can be sent, and what in the page hears of the progress. */
export interface Shown {
  readonly sent: InstallOptions;
  readonly hear: Hear | undefined;
}

/** Take apart what the caller wants. Throws where a selector finds nothing. */
export function shownHere({ progress, ...others }: InstallOptions): Shown {
  if (progress === undefined) return { sent: others, hear: undefined };
  if (typeof progress === "function") return { sent: others, hear: (detail) => progress(detail as ProgressDetail) };
  // "#id", ".class" and "[attribute]" are selectors, as in Python.
  const place = typeof progress === "string" && /^[#.[]/.test(progress) ? find(progress) : progress;
  if (place instanceof Element) return { sent: others, hear: barIn(place) };
  return { sent: { ...others, progress: place }, hear: undefined };
}

function find(selector: string): Element {
  const found = document.querySelector(selector);
  if (!found) throw new Error(`the page has no element '${selector}' to show the progress in`);
  return found;
}

/** The bar in an element, or the element if it is one; loaded when it is first wanted. */
function barIn(place: Element): Hear {
  const name = "wasminstall-progress";
  const bar = place.closest(name) ?? place.querySelector(name) ?? place.appendChild(document.createElement(name));
  const loaded = import("../progress/element.js").catch((error) => console.error(error));
  return (detail) => void loaded.then((chunk) => chunk && bar.show(detail as ProgressDetail));
}
