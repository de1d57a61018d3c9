/** What is wrong with the options of `boot()`: a name that means nothing, a value of another kind. */

import type { BootOptions } from "../bootstrap.js";
import { distance } from "../distance.js";
import type { BootError } from "../errors.js";

/** What a value must be, in words, and whether it is that. */
type Kind = readonly [words: string, is: (value: unknown) => boolean];

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
const isAddress = (value: unknown): boolean => isText(value) || value instanceof URL;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isModule = (value: unknown): boolean =>
  typeof (value as { loadPyodide?: unknown } | null)?.loadPyodide === "function";

const ADDRESS: Kind = ["an address", isAddress];
const FLAG: Kind = ["true or false", (value) => typeof value === "boolean"];
const FUNCTION: Kind = ["a function", (value) => typeof value === "function"];
const SOURCE: Kind = ["an address or the text itself", isText];

const KINDS: Readonly<Record<keyof BootOptions, Kind>> = {
  archive: ADDRESS,
  pyodide: ["an address or an imported Pyodide", (value) => isAddress(value) || isModule(value)],
  config: ["an object", (value) => typeof value === "object" && value !== null && !Array.isArray(value)],
  cache: FLAG,
  stdlib: ADDRESS,
  packages: ["a requirement or an array of them", (value) => typeof value === "string" || isTexts(value)],
  file: SOURCE,
  lock: SOURCE,
  index: SOURCE,
  preload: ["an array of modules", isTexts],
  instant: FLAG,
  snapshot: ADDRESS,
  offline: FLAG,
  onProgress: FUNCTION,
  stdout: FUNCTION,
  stderr: FUNCTION,
  worker: FLAG,
};
const KINDS_BY_NAME: Readonly<Record<string, Kind | undefined>> = KINDS;

/** What the script tag adds. */
const OWN = "expected";
/** Options of `loadPyodide()` that are looked for here. */
const OF_PYODIDE = /^(indexURL|packageBaseUrl|packageCacheDir|lockFileURL|stdLibURL|env|fullStdLib|stdin|args|fsInit)$/;

/** Throw a `BootError` that names the first option that is wrong. */
export function checkOptions(options: object, Boot: typeof BootError): void {
  for (const [name, value] of Object.entries(options)) {
    if (name === OWN || value === undefined) continue;
    const kind = KINDS_BY_NAME[name];
    if (!kind) throw new Boot("invalid-option", `boot() has no option ${name}: ${wayOut(name)}`);
    const [words, is] = kind;
    if (!is(value))
      throw new Boot("invalid-option", `The option ${name} of boot() must be ${words}, not ${shown(value)}.`);
  }
}

function wayOut(name: string): string {
  if (OF_PYODIDE.test(name)) return `what is meant for Pyodide goes into config: { config: { ${name}: ... } }.`;
  const close = Object.keys(KINDS).map((known) => [distance(name.toLowerCase(), known.toLowerCase()), known] as const);
  const [[apart, known] = [Number.POSITIVE_INFINITY, ""]] = close.sort(([one], [other]) => one - other);
  return apart <= Math.max(2, known.length / 3)
    ? `did you mean ${known}?`
    : `there are ${Object.keys(KINDS).join(", ")}.`;
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
