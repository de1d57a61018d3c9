/** Starting a worker, wherever its script comes from, and finding out why one did not start. */

import type { BootError } from "../errors.js";
import type { Message } from "./messages.js";

/** A worker that is ready for a call; `life` is the name of the lock it holds, where there are locks. */
export interface Started {
  readonly worker: Worker;
  readonly life: string | undefined;
}

// Not inside `new Worker()`: webpack would make a classic worker of it, but as it is every bundler copies the file.
const script: URL = new URL("./wasminstall-worker.mjs", import.meta.url);

/** Start a worker. Rejects with a `BootError` when that cannot be. */
export async function startWorker(Boot: typeof BootError): Promise<Started> {
  const policy = watchPolicy();
  try {
    const worker = createWorker();
    return { worker, life: await firstWord(worker) };
  } catch (cause) {
    const told = cause instanceof DOMException ? "" : (cause as Error).message;
    const reason = told || (await whyNot(policy));
    throw new Boot("worker-failed", `The worker for Python could not be started: ${reason}`, cause);
  } finally {
    policy.stop();
  }
}

/** Its script may still fail to load. Throws where the browser refuses at once. */
function createWorker(): Worker {
  // No browser starts a worker from another origin, but a worker may import from there.
  if (script.protocol.startsWith("http") && script.origin !== globalThis.origin) return createElsewhere();
  return new Worker(script, { type: "module" });
}

function createElsewhere(): Worker {
  const loader = new Blob([`import ${JSON.stringify(script.href)};`], { type: "text/javascript" });
  const url = URL.createObjectURL(loader);
  const worker = new Worker(url, { type: "module" });
  // When it speaks, or fails, it has been read.
  for (const event of ["message", "error"]) worker.addEventListener(event, () => URL.revokeObjectURL(url));
  return worker;
}

/** Wait until the script runs; its first message has the name of its lock. */
function firstWord(worker: Worker): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const once = { once: true };
    worker.addEventListener("error", ({ message }) => reject(new Error(message)), once);
    const hear = ({ data }: MessageEvent<Message>): void => resolve(data.kind === "alive" ? data.life : undefined);
    worker.addEventListener("message", hear, once);
  });
}

/** What a Content-Security-Policy forbids, from now until `stop()`. */
interface Policy {
  violation: SecurityPolicyViolationEvent | undefined;
  stop(): void;
}

function watchPolicy(): Policy {
  const note = (event: SecurityPolicyViolationEvent): void => {
    const { effectiveDirective, blockedURI } = event;
    // Not of inline scripts and the like, whose place is no address.
    if (/^(worker|child|script)-src/.test(effectiveDirective) && /^(https?:|blob)/.test(blockedURI)) {
      policy.violation ??= event;
    }
  };
  const policy: Policy = {
    violation: undefined,
    stop: () => removeEventListener("securitypolicyviolation", note),
  };
  addEventListener("securitypolicyviolation", note);
  return policy;
}

/** Why the script did not run: browsers do not tell the page, so it is found out. */
async function whyNot(policy: Policy): Promise<string> {
  const { href, protocol } = script;
  const answer = protocol.startsWith("http") ? await fetch(href).catch(() => undefined) : undefined;
  const { violation } = policy;
  if (violation) {
    const source = violation.blockedURI.startsWith("blob") ? "blob:" : new URL(violation.blockedURI).origin;
    return `the page's Content-Security-Policy forbids it, add ${source} to its worker-src`;
  }
  if (answer && !answer.ok) return `${href} gives HTTP ${answer.status}`;
  const type = answer?.headers.get("content-type") ?? "";
  if (type && !type.includes("javascript")) return `${href} is served as ${type}`;
  return `${href} cannot be loaded, or its headers or those of the page forbid it (CSP, COEP)`;
}
