/** Where a page that says nothing about it sees the progress: at its upper edge. */

import { NOTHING_COUNTED, type ProgressDetail } from "../events.js";
import { SCRIPTS } from "../scripts/attributes.js";
import type { WasminstallProgress } from "./element.js";

/**
 * Show how Python starts, and every install after that: in the page's own `<wasminstall-progress>` if it has one, else
 * in one that is added to the element `where` (a selector), or laid over the upper edge of the page.
 */
export async function showProgress(where: string | undefined, starting: Promise<unknown>): Promise<void> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  starting.then(end, end);
  await documentIsRead();
  const element = document.querySelector("wasminstall-progress") ?? added(where);
  // What was told before the element was there to hear it.
  const tell = (step: Pick<ProgressDetail, "phase" | "text">): void => element.show({ ...NOTHING_COUNTED, ...step });
  if (!over) tell({ phase: "runtime", text: "loading Python" });
  starting.catch((error: Error) => {
    // The first script says it in its place.
    const inPlace = element.hasAttribute("overlay") && document.querySelector(SCRIPTS);
    if (!inPlace && element.dataset.phase !== "failed") tell({ phase: "failed", text: `failed: ${error.message}` });
  });
}

async function documentIsRead(): Promise<void> {
  if (document.readyState !== "loading") return;
  await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

function added(where: string | undefined): WasminstallProgress {
  const element = document.createElement("wasminstall-progress");
  const place = where === undefined ? null : document.querySelector(where);
  if (place) {
    place.append(element);
    return element;
  }
  if (where !== undefined) console.warn(`wasminstall: the page has no element ${where} to show the progress in`);
  element.setAttribute("overlay", "");
  document.body.prepend(element);
  return element;
}
