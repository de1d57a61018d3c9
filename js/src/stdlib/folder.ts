/** The folder in which the files of a Pyodide lie, as far as one can know before it runs. */

import { ownUrl } from "../home.js";
import { nodeBuiltin } from "../node.js";
import { absolute, moduleAddress } from "../runtime.js";

interface NodeUrl {
  pathToFileURL(path: string): URL;
}

interface NodeModule {
  createRequire(from: string): { resolve(name: string): string };
}

/** `indexURL` is Pyodide's own option of that name. Undefined for an imported module without it. */
export function pyodideFolder(where: string | URL | object | undefined, indexURL?: string): URL | undefined {
  try {
    if (indexURL !== undefined) return ofOption(indexURL);
    if (where === undefined && nodeBuiltin("node:fs")) return ofPackage();
    const isAddress = where === undefined || typeof where === "string" || where instanceof URL;
    return isAddress ? new URL(".", moduleAddress(where)) : undefined;
  } catch {
    return undefined; // the start will say what is wrong
  }
}

/** In Node it may be a path. */
function ofOption(indexURL: string): URL {
  const url = nodeBuiltin("node:url") as NodeUrl | undefined;
  const text = indexURL.endsWith("/") ? indexURL : `${indexURL}/`;
  return url && !text.includes("://") ? url.pathToFileURL(text) : absolute(text);
}

function ofPackage(): URL {
  const { createRequire } = nodeBuiltin("node:module") as NodeModule;
  const { pathToFileURL } = nodeBuiltin("node:url") as NodeUrl;
  return new URL(".", pathToFileURL(createRequire(ownUrl()).resolve("pyodide")));
}
