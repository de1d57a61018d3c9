/** In the page: have a snapshot made when nothing else is to be done. */

import type { BootOptions } from "../bootstrap.js";
import { ownArchives } from "../home.js";
import { idle } from "../stdlib/idle.js";
import { Connection } from "../worker/connection.js";
import { type Core, sendable } from "../worker/options.js";
import { startWorker } from "../worker/start.js";

/** Milliseconds after the start: a page is seldom idle before. */
const AFTER = 3000;

/** Start a worker that makes it. Never rejects. */
export async function makeLater(given: BootOptions, core: Core): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, AFTER));
  await idle();
  try {
    await makeInWorker(given, core);
  } catch (error) {
    const { message, type } = error as Error & { readonly type?: string };
    // Python's traceback was shown already, if what cannot be installed or imported is the page's own.
    console.warn(`wasminstall: no snapshot was made for the next visit: ${type ? `Python raised ${type}` : message}`);
  }
}

async function makeInWorker(given: BootOptions, core: Core): Promise<void> {
  const { worker } = await startWorker(core.BootError);
  const connection = new Connection(worker, core, () => {});
  const { pyodide, ...others } = given;
  // The worker needs an address; where the page has the module, `config.indexURL` tells it.
  const address = typeof pyodide === "string" || pyodide instanceof URL ? { pyodide } : {};
  const options = sendable({ ...others, ...address }, core);
  try {
    await connection.call({ method: "snapshot", options, archives: ownArchives() });
  } finally {
    connection.end(new core.BootError("worker-closed", "The snapshot is made."));
  }
}
