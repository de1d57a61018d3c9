/** The Pyodide distribution, as `pyodide-lock.json` tells of it: wheels with all that they depend on. */

import type { WheelFile } from "./index.js";
import { canonical, type Wanted } from "./wanted.js";

/** What is needed of the file. */
export interface PyodideLock {
  readonly info: Readonly<Record<"abi_version" | "arch" | "platform" | "python", string>>;
  readonly packages: Readonly<Record<string, Entry>>;
}

interface Entry {
  readonly version: string;
  readonly file_name: string;
  readonly sha256: string;
  readonly depends: readonly string[];
}

/** The files of what is wanted and of what that depends on; of everything, where nothing is named. */
export function closure(lock: PyodideLock, wanted: readonly Wanted[] | undefined, folder: string): WheelFile[] {
  const entries = new Map(Object.entries(lock.packages).map(([key, entry]) => [canonical(key), entry]));
  const asked = wanted?.filter(({ name, accepts }) => accepts(entries.get(name)?.version ?? ""));
  const first = new Set(asked?.map(({ name }) => name) ?? entries.keys());
  const names = new Set(first);
  // A set takes what is added while it is walked.
  for (const name of names) for (const depend of entries.get(name)?.depends ?? []) names.add(canonical(depend));
  return [...names].flatMap((name) => {
    const entry = entries.get(name);
    if (!entry?.sha256) return [];
    const { file_name: file, sha256 } = entry;
    return [{ url: new URL(file, folder).href, sha256, later: !first.has(name) && !file.endsWith("-none-any.whl") }];
  });
}

/** The key under which src/wasminstall/pages.py keeps a project page for this Pyodide. */
export async function pageKey(url: string, accept: string, { info }: PyodideLock): Promise<string> {
  const { abi_version: abi, arch } = info;
  const platforms = ["any", `${info.platform}_${arch}`, `pyemscripten_${abi}_${arch}`, `pyodide_${abi}_${arch}`];
  const asked = `["${url}", "", [["Accept", "${accept}"]], "${platforms.sort().join(" ")}"]`;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked)));
  return `page/${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
