/** Pyodide's lock, asked for together with its script, which would ask for it one round trip later. */

/**
 * Let the browser fetch what every start of the Pyodide in this folder asks for, exactly as it will ask.
 *
 * Not the standard library, of which most starts need only a part; and not the interpreter itself: of what was preloaded, Chromium neither keeps nor finds the compiled code, and every later
 * start would compile it again, for 300 ms.
 *
 * @param lock address of its lock, where that is not in the folder
 */
export function preload(folder: URL | undefined, lock: string | undefined): void {
  if (typeof document === "undefined" || !folder?.protocol.startsWith("http")) return;
  const link = document.createElement("link");
  const href = lock ?? new URL("pyodide-lock.json", folder).href;
  Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href });
  document.head.append(link);
}
