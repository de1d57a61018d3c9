/** Where this bundle was loaded from: the archives lie beside it. */

const FILE_NAME = /\/wasminstall\.m?js$/;

// Must be read while the bundle is evaluated: afterwards `currentScript` is null.
const tag = findOwnTag();

/** The `<script>` element that loaded this bundle; absent when the bundle was imported. */
export function ownScriptTag(): HTMLScriptElement | undefined {
  return tag;
}

/** Address of this bundle. */
export function ownUrl(): string {
  return moduleUrl() ?? tag?.src ?? globalThis.location?.href ?? "";
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
