/** What a script needs installed before it runs: read from its attributes and its PEP 723 block. */

import { isOn } from "./attributes.js";
import { hasBlock } from "./block.js";
import { splitRequirements } from "./requirements.js";

/** Arguments of Python's `wasminstall.install`. */
export interface Needs {
  readonly requirements: readonly string[];
  readonly file?: string;
  readonly lock?: string;
  readonly index_urls?: string;
  readonly prefer?: string;
  readonly offline?: true;
}

/** How a script element, or the bootstrap's own, says it. */
export interface NeedsAttributes {
  readonly packages?: string | undefined;
  readonly requirements?: string | undefined;
  readonly lock?: string | undefined;
  readonly index?: string | undefined;
  readonly prefer?: string | undefined;
  readonly offline?: string | undefined;
}

/** Attributes that contradict each other. */
export class Contradiction extends Error {}

/** Undefined when nothing has to be installed. Throws a `Contradiction`. */
export function needsOf(attributes: NeedsAttributes, code: string): Needs | undefined {
  // A path is an address of this site here, not a place in Python's file system.
  const requirements = splitRequirements(attributes.packages ?? "").map((one) =>
    /^[./]/.test(one) ? address(one) : one,
  );
  const { requirements: file, lock } = attributes;
  const block = hasBlock(code);
  if (lock && (requirements.length > 0 || file)) {
    const other = requirements.length > 0 ? "data-packages" : "data-requirements";
    throw new Contradiction(`data-lock installs exactly what the lock names: leave out ${other}, or data-lock.`);
  }
  if (file && block) {
    throw new Contradiction("The script has data-requirements and a PEP 723 block: keep one of the two.");
  }
  if (!lock && !file && !block && requirements.length === 0) return undefined;
  return {
    requirements,
    ...(lock ? { lock: address(lock) } : file ? { file: address(file) } : block ? { file: code } : {}),
    ...(attributes.index ? { index_urls: address(attributes.index) } : {}),
    ...(attributes.prefer ? { prefer: attributes.prefer } : {}),
    ...(isOn(attributes.offline) ? { offline: true } : {}),
  };
}

/** Python code that installs them, prints the warnings, and leaves no name behind. */
export function installCode({ requirements, ...options }: Needs): string {
  const given = JSON.stringify(JSON.stringify({ ...options, requirements }));
  const report = `(await __import__("wasminstall").install(**__import__("json").loads(${given})))`;
  return `print(*${report}.warnings, sep="\\n", end="")`;
}

/** Python code that imports these modules, and leaves no name behind. */
export function importCode(names: readonly string[]): string {
  return names
    .map((name) => `__import__("importlib").import_module(${JSON.stringify(name)})`)
    .join("; ")
    .concat("; None");
}

function address(text: string): string {
  return new URL(text, document.baseURI).href;
}
