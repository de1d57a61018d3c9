/** When nothing else is to be done. */

import { nodeBuiltin } from "../node.js";

/** How long to wait, at most, for a page that is never idle. */
const PATIENCE = 2000;

interface Timer {
  unref?(): void;
}

interface NodeProcess {
  once(event: "beforeExit", listener: () => void): void;
}

/** Settles when this thread has nothing to do. */
export function idle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve(), { timeout: PATIENCE });
    else setTimeout(resolve);
  });
}

/**
 * Call `work` after so many seconds each, while the page is there; and when nobody looks at the page any more, which is
 * often the last that it sees. In Node once more before the process ends.
 */
export function later(delays: readonly number[], work: () => unknown): void {
  for (const delay of delays) {
    const timer = setTimeout(work, delay * 1000) as unknown as Timer;
    timer.unref?.(); // no process lives longer for this
  }
  if (typeof document !== "undefined") {
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && work());
  }
  const process = nodeBuiltin("node:process") as NodeProcess | undefined;
  process?.once("beforeExit", () => void work());
}
