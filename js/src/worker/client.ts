/** The page's side of a Python in a worker: a chunk of its own, for pages that boot one. */

import type { BootOptions } from "../bootstrap.js";
import { build } from "../build-info.js";
import type { Output } from "../display/model.js";
import { announce } from "../events.js";
import { ownArchives } from "../home.js";
import type { InstallReport } from "../install.js";
import { makeLater } from "../instant/later.js";
import { checkOptions } from "../options/check.js";
import type { StartReport, WorkerPython } from "../python.js";
import { Connection, type Hear } from "./connection.js";
import { type Begun, CALLBACKS, type News } from "./messages.js";
import { type Core, sendable } from "./options.js";
import { shownHere } from "./progress.js";
import { startWorker } from "./start.js";

export { makeLater };

/** Start Python in a worker. Rejects with a `BootError`, or a `WasmInstallError` when something cannot be installed. */
export async function bootInWorker(given: BootOptions, core: Core): Promise<WorkerPython> {
  const { BootError } = core;
  if (typeof Worker === "undefined")
    throw new BootError("worker-failed", "Only pages have web workers: leave worker out.");
  checkOptions(given, BootError);
  const options = sendable(given, core);
  const { worker, life } = await startWorker(BootError);
  const connection = new Connection(worker, core, (news) => hearNews(news, given));
  if (life) void navigator.locks.request(life, () => connection.end(new BootError("worker-failed", ENDED)));
  let begun: Begun;
  try {
    const callbacks = CALLBACKS.filter((name) => given[name]);
    begun = (await connection.call({
      method: "boot",
      options,
      callbacks,
      archives: ownArchives(),
      interrupts: connection.interrupts,
    })) as Begun;
  } catch (error) {
    connection.end(error as Error);
    throw error;
  }
  if (begun.make) void makeLater(given, core);
  return handle(connection, begun.start, core);
}

const ENDED = "The worker for Python has ended by itself: something in it closed it, or its memory was used up.";

function hearNews(news: News, given: BootOptions): void {
  if (news.kind === "progress") announce(globalThis, "wasminstall:progress", news.detail);
  else if (news.kind === "callback") (given[news.name] as Hear | undefined)?.(news.value);
}

function handle(connection: Connection, start: StartReport, { BootError }: Core): WorkerPython {
  return {
    version: build.version,
    start,
    install: async (requirements, options = {}) => {
      const { hear, sent } = shownHere(options);
      const request = { method: "install", requirements, options: sent, hears: hear !== undefined } as const;
      return (await connection.call(request, hear)) as InstallReport;
    },
    run: (code) => connection.call({ method: "run", code }),
    execute: async (code, onOutput, options = {}) => {
      const hear = (output: unknown): void => onOutput(output as Output);
      return (await connection.call({ method: "execute", code, options }, hear)) as boolean;
    },
    interrupt: () => connection.interrupt(),
    close: () => connection.end(new BootError("worker-closed", "The worker for Python was closed.")),
  };
}
