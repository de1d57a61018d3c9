/** Entry of the worker: starts Python in it and answers the page. */

import { type BootOptions, boot, bootHere } from "../bootstrap.js";
import type { ProgressDetail } from "../events.js";
import { useArchives } from "../home.js";
import type { InstallReport } from "../install.js";
import { writeFor } from "../instant/write.js";
import { runAside } from "../place.js";
import type { Wasminstall } from "../python.js";
import { packError } from "./errors.js";
import type { Begun, Call, CallbackName, Message, Request } from "./messages.js";
import { sendValue } from "./values.js";

type Asked<Method extends Request["method"]> = Extract<Call, { method: Method }>;

let python: Wasminstall;

addEventListener("message", (event: MessageEvent<Call>) => void answer(event.data));
addEventListener("wasminstall:progress", ({ detail }) => post({ kind: "progress", detail }));
holdLock().then((life) => post({ kind: "alive", life }));

function post(message: Message): void {
  postMessage(message);
}

/** Do what is asked and tell what came of it. Never rejects. */
async function answer(call: Call): Promise<void> {
  const { id } = call;
  const send = (value: unknown): void => post({ kind: "result", id, value });
  try {
    if (call.method === "run") sendValue(python.pyodide, await python.run(call.code), send);
    else if (call.method === "install") send(await install(call));
    else if (call.method === "execute") send(await execute(call));
    else if (call.method === "snapshot") send(await snapshot(call));
    else send(await start(call));
  } catch (error) {
    post({ kind: "failure", id, error: packError(error) });
  }
}

function snapshot({ options, archives }: Asked<"snapshot">): Promise<void> {
  useArchives(archives);
  return writeFor(options, boot);
}

async function start({ options, callbacks, archives, interrupts }: Asked<"boot">): Promise<Begun> {
  useArchives(archives);
  const told = (name: CallbackName): [string, unknown] => [
    name,
    (value: unknown) => post({ kind: "callback", name, value }),
  ];
  const callable: BootOptions = Object.fromEntries(callbacks.map(told));
  const booted = await bootHere({ ...options, ...callable });
  python = booted.python;
  // More of Pyodide than is used elsewhere.
  const { pyodide } = python as unknown as { pyodide: { setInterruptBuffer(buffer: Uint8Array): void } };
  if (interrupts) {
    pyodide.setInterruptBuffer(interrupts);
    runAside(python.pyodide, TOLD_ONCE);
  }
  return { start: python.start, make: booted.make };
}

// The call that was interrupted is told of it; Pyodide's event loop would raise it once more, to nobody.
const TOLD_ONCE = `
from asyncio import get_running_loop
get_running_loop()._keyboard_interrupt_handler = lambda: None
`;

/** The name of a lock that is held until the worker has ended, in whichever way; undefined where there are no locks. */
function holdLock(): Promise<string | undefined> {
  const { locks } = navigator;
  if (!locks) return Promise.resolve(undefined);
  const name = `wasminstall-worker-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const held = (): Promise<never> => {
      resolve(name);
      return new Promise(() => {});
    };
    locks.request(name, held).catch(() => resolve(undefined));
  });
}

function install({ id, requirements, options, hears }: Asked<"install">): Promise<InstallReport> {
  const progress = (detail: ProgressDetail): void => post({ kind: "told", id, value: detail });
  return python.install(requirements, hears ? { ...options, progress } : options);
}

function execute({ id, code, options }: Asked<"execute">): Promise<boolean> {
  return python.execute(code, (output) => post({ kind: "told", id, value: output }), options);
}
