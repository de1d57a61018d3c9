/** Where this bundle was loaded from, and the archives that lie beside it. */

const FILE_NAME = /\/wasminstall\.m?js$/;

/** Each address is written out, and looked at only when it is asked for: bundlers find the files and take them along. */
const FILES: Readonly<Record<string, () => URL>> = {
  "wasminstall.zip.gz": () => new URL("./wasminstall.zip.gz", import.meta.url),
  "wasminstall.stdlib.gz": () => new URL("./wasminstall.stdlib.gz", import.meta.url),
  "wasminstall.numpy.gz": () => new URL("./wasminstall.numpy.gz", import.meta.url),
  "wasminstall.pandas.gz": () => new URL("./wasminstall.pandas.gz", import.meta.url),
  "wasminstall.matplotlib.gz": () => new URL("./wasminstall.matplotlib.gz", import.meta.url),
};

// Must be read while the bundle is evaluated: afterwards `currentScript` is null.
const tag = findOwnTag();
let known: Readonly<Record<string, string>> = {};

/** The `<script>` element that loaded this bundle; absent when the bundle was imported. */
export function ownScriptTag(): HTMLScriptElement | undefined {
  return tag;
}

/** Address of this bundle. */
export function ownUrl(): string {
  return moduleUrl() ?? tag?.src ?? globalThis.location?.href ?? "";
}

/** Address of an archive of this release. */
export function ownArchive(name: string): URL {
  const told = known[name];
  if (told !== undefined) return new URL(told);
  return (moduleUrl() === undefined ? undefined : FILES[name]?.()) ?? new URL(name, ownUrl());
}

/** The addresses of all archives, for a worker: where a bundler put them, it cannot tell from its own. */
export function ownArchives(): Record<string, string> {
  return Object.fromEntries(Object.keys(FILES).map((name) => [name, ownArchive(name).href]));
}

/** In the worker: take the page's word for where the archives are. */
export function useArchives(files: Readonly<Record<string, string>>): void {
  known = files;
}

function findOwnTag(): HTMLScriptElement | undefined {
  if (typeof document === "undefined") return undefined;
  const current = document.currentScript;
  if (current instanceof HTMLScriptElement && current.src) return current;
  // `type="module"` has no currentScript. The file name is checked as well, because an application
  // that bundles us has a script tag of its own with the same module address.
  const url = moduleUrl();
  return [...document.scripts].find((script) => {
    if (script.type !== "module" || !script.src) return false;
    return (url === undefined || script.src === url) && FILE_NAME.test(new URL(script.src).pathname);
  });
}

/** `import.meta.url`, which the IIFE build does not have. */
function moduleUrl(): string | undefined {
  return import.meta.url as string | undefined;
}
