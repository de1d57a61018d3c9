/** Pyodide's own files, asked for together with its script, which would ask for them one round trip later. */

/**
 * Let the browser fetch what every start of the Pyodide in this folder asks for, exactly as it will ask.
 *
 * @param lock address of its lock, where that is not in the folder
 */
export function preload(folder: URL | undefined, lock: string | undefined): void {
  if (typeof document === "undefined" || !folder?.protocol.startsWith("http")) return;
  const files = ["pyodide.asm.wasm", "python_stdlib.zip"].map((name) => new URL(name, folder).href);
  for (const href of [...files, lock ?? new URL("pyodide-lock.json", folder).href]) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "fetch", crossOrigin: "anonymous", href });
    document.head.append(link);
  }
}
