/** Pyodide's own files, asked for together with its script, which would ask for them one round trip later. */

/**
 * Let the browser fetch what every start of the Pyodide in this folder asks for, exactly as it will ask.
 *
 * Not the interpreter itself: of what was preloaded, Chromium neither keeps nor finds the compiled code, and every later
 * start would compile it again, for 300 ms.
 *
 * @param lock address of its lock, where that is not in the folder
 */
export function preload(folder: URL | undefined, lock: string | undefined): void {
  if (typeof document === "undefined" || !folder?.protocol.startsWith("http")) return;
  for (const href of [new URL("python_stdlib.zip", folder).href, lock ?? new URL("pyodide-lock.json", folder).href]) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href });
    document.head.append(link);
  }
}
