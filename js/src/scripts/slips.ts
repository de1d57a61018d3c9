/** Tells the developer, in the console, of what is written wrongly in script elements. */

import { distance } from "../distance.js";
import { switched } from "./attributes.js";

const NEEDS = ["packages", "requirements", "lock", "index", "prefer", "offline", "worker"];
/** Of a Python script, without `data-`. */
export const SCRIPT_ATTRIBUTES: readonly string[] = [...NEEDS, "target"];
/** Of the bootstrap's own script element. */
export const TAG_ATTRIBUTES: readonly string[] = [
  ...NEEDS,
  ...["instant", "preload", "snapshot", "pyodide", "archive", "stdlib", "cache", "progress"],
];

const SWITCHES: readonly string[] = ["worker", "offline", "instant", "cache"];
const PREFER: readonly string[] = ["newest", "distribution"];
const TYPE = "text/python";

/** Attributes that mean nothing, and values that mean nothing. */
export function warnOfAttributes(script: HTMLScriptElement, label: string, known: readonly string[]): void {
  const unknown = Object.keys(script.dataset).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const names = [unknown, known].map((all) => all.map((name) => `data-${kebab(name)}`).join(", "));
    console.warn(`wasminstall: ${label} has ${names[0]}, which means nothing here; there are ${names[1]}`, script);
  }
  for (const [name, value = ""] of Object.entries(script.dataset)) {
    const can = known.includes(name) ? allowed(name, value) : undefined;
    if (!can) continue;
    const said = `data-${name}="${value}", which means nothing here`;
    console.warn(`wasminstall: ${label} has ${said}; it can be "${can.join('" or "')}"`, script);
  }
}

/** Scripts that are not run, because their type is nearly that of Python. */
export function warnOfTypes(): void {
  for (const script of document.querySelectorAll<HTMLScriptElement>('script[type^="text/p" i]')) {
    const type = script.type.toLowerCase();
    if (type === TYPE || distance(type, TYPE) > 2) continue;
    console.warn(`wasminstall: a script has type="${script.type}" and is not run: Python has type="${TYPE}"`, script);
  }
}

/** What an attribute can say, where it says something else. */
function allowed(name: string, value: string): readonly string[] | undefined {
  if (SWITCHES.includes(name) && switched(value) === undefined) return ["true", "false"];
  return name === "prefer" && value && !PREFER.includes(value) ? PREFER : undefined;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
