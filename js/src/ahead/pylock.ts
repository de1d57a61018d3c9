/** The wheels of a pylock.toml (PEP 751) that one Python will want, by a glance: this is no TOML parser. */

import type { WheelFile } from "./index.js";

/**
 * One wheel for each package that has exactly one that fits; what is for some environments only is left out.
 *
 * @param base address of the lock, "" when it is a text
 * @param tag of the Python: "cp314"
 */
export function wheelsOfPylock(text: string, base: string, tag: string): WheelFile[] {
  const packages = text.split(/^\s*\[\[\s*packages\s*\]\]/m).slice(1);
  return packages.flatMap((section) => {
    if (/^\s*marker\s*=/m.test(section)) return [];
    const files = section.split(/\burl\s*=\s*(?=["'])/).slice(1);
    const fitting = files.flatMap((file) => wheelIn(file, base, tag));
    return fitting.length === 1 ? fitting : [];
  });
}

/** What follows "url = ": the address, and somewhere behind it the hash. */
function wheelIn(file: string, base: string, tag: string): WheelFile[] {
  const address = /^["']([^"'\s]+)["']/.exec(file)?.[1] ?? "";
  const sha256 = /\bsha256["']?\s*=\s*["']([0-9a-f]{64})["']/.exec(file)?.[1];
  if (!sha256 || !fits(new URL(address, base || undefined).pathname, tag)) return [];
  return [{ url: new URL(address, base || undefined).href, sha256, later: false }];
}

function fits(path: string, tag: string): boolean {
  const [python = "", abi = "", platform = ""] = path
    .replace(/\.whl$/, "")
    .split("-")
    .slice(-3);
  if (!path.endsWith(".whl")) return false;
  if (platform === "any") return abi === "none" && /(^|\.)py3/.test(python);
  return platform.endsWith("wasm32") && (python === tag || /abi3|none/.test(abi));
}
