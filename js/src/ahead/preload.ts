/** Pyodide's own files, asked for together with its script, which would ask for them one round trip later. */

import { openStore } from "../store/index.js";

/**
 * Let the browser fetch what every start of the Pyodide in this folder asks for, exactly as it will ask.
 *
 * The interpreter only at a first visit: what is preloaded comes without the code that the browser has compiled of it
 * before, and compiling takes longer than the round trip.
 *
 * @param lock address of its lock, where that is not in the folder
 * @param cache whether an earlier visit may have left something
 * @param script its script, which asks by itself as soon as it is there
 */
export function preload(
  folder: URL | undefined,
  lock: string | undefined,
  cache: boolean,
  script: Promise<unknown>,
): void {
  if (typeof document === "undefined" || !folder?.protocol.startsWith("http")) return;
  add(new URL("python_stdlib.zip", folder).href);
  add(lock ?? new URL("pyodide-lock.json", folder).href);
  const comes = script.then(
    () => true,
    () => true,
  );
  const needless = cache ? Promise.race([hasKept(), comes]) : Promise.resolve(false);
  void needless.then((is) => is || add(new URL("pyodide.asm.wasm", folder).href));
}

async function hasKept(): Promise<boolean> {
  try {
    const store = await openStore();
    return Boolean((await store?.list())?.length);
  } catch {
    return false;
  }
}

function add(href: string): void {
  const link = document.createElement("link");
  Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href });
  document.head.append(link);
}
