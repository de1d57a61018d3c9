/** Options of `boot()` on their way into a worker: addresses as the page means them, and what cannot go there. */

import type { BootOptions } from "../bootstrap.js";
import { absolute } from "../runtime.js";
import type { Errors } from "./errors.js";
import type { SentOptions } from "./messages.js";

/** What this chunk needs of the bootstrap that loaded it: a copy of its own would know nothing of that one. */
export interface Core extends Errors {
  /** Text as it is, an address as the page means it. */
  reachable(source: string): string;
}

/** Pyodide's own options that are addresses. */
const ADDRESSES = ["indexURL", "packageBaseUrl", "lockFileURL", "stdLibURL"];

const HINTS: Readonly<Record<string, string>> = {
  pyodide: ": give the address of the Pyodide",
  "config.stdout": ": use the option stdout of boot() itself",
  "config.stderr": ": use the option stderr of boot() itself",
};

/** The options that the worker gets. Throws a `BootError` that names the first that cannot be copied. */
export function sendable(given: BootOptions, core: Core): SentOptions {
  const {
    worker,
    stdout,
    stderr,
    onProgress,
    pyodide,
    archive,
    config,
    stdlib,
    snapshot,
    index,
    file,
    lock,
    ...others
  } = given;
  const options = {
    ...others,
    archive: archive && absolute(archive).href,
    pyodide: typeof pyodide === "string" || pyodide instanceof URL ? absolute(pyodide).href : pyodide,
    config: config && withAddresses(config as Readonly<Record<string, unknown>>),
    stdlib: stdlib && absolute(stdlib).href,
    snapshot: snapshot && absolute(snapshot).href,
    index: index && core.reachable(index),
    file: file && core.reachable(file),
    lock: lock && core.reachable(lock),
  };
  const entries = [...Object.entries({ ...options, config: undefined }), ...named("config.", options.config)];
  const [name] = entries.find(([, value]) => !isCopyable(value)) ?? [];
  if (name !== undefined) {
    throw new core.BootError("not-for-workers", `The option ${name} cannot be sent to a worker${HINTS[name] ?? ""}.`);
  }
  return options;
}

/** Of these options of Pyodide, the addresses as the page means them. */
export function withAddresses(config: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(config).map(([name, value]) => {
    const isAddress = ADDRESSES.includes(name) && (typeof value === "string" || value instanceof URL);
    return [name, isAddress ? absolute(value).href : value];
  });
  return Object.fromEntries(entries);
}

function named(prefix: string, values: object = {}): [string, unknown][] {
  return Object.entries(values).map(([name, value]) => [prefix + name, value]);
}

function isCopyable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
