/** The few lines of Python that ask an interpreter what it is and put the archive where `import` finds it. */

import type { Archive } from "./archive.js";
import { build } from "./build-info.js";
import { createPage } from "./page/index.js";
import type { Interpreter } from "./runtime.js";
import { storeForPython } from "./store/python.js";

/** What decides which archive an interpreter can read. */
export interface InterpreterFacts {
  /** Whether `import wasminstall` works already. */
  readonly importable: boolean;
  readonly cacheTag: string;
  /** Magic number of its bytecode, in hexadecimal. */
  readonly magic: string;
  /** "3.14.2" */
  readonly python: string;
}

const ASK = `
import sys
from importlib.util import MAGIC_NUMBER, find_spec
" ".join([
    "yes" if find_spec("wasminstall") else "no",
    sys.implementation.cache_tag,
    MAGIC_NUMBER.hex(),
    ".".join(map(str, sys.version_info[:3])),
])
`;

/** Ask the running interpreter. */
export function interpreterFacts(pyodide: Interpreter): InterpreterFacts {
  const [importable, cacheTag = "", magic = "", python = ""] = runAside(pyodide, ASK).split(" ");
  return { importable: importable === "yes", cacheTag, magic, python };
}

/** Write the archive outside site-packages and append it to sys.path, last: what a user installs wins. */
export function placeArchive(pyodide: Interpreter, archive: Archive): void {
  const path = `/lib/wasminstall-${build.version}.zip`;
  pyodide.FS.writeFile(path, archive.bytes);
  runAside(
    pyodide,
    `import sys\nif ${JSON.stringify(path)} not in sys.path: sys.path.append(${JSON.stringify(path)})\n""`,
  );
}

/** Leave the JavaScript half where Python looks for it, once; without `cache` it keeps nothing between visits. */
export function placeHelper(pyodide: Interpreter, cache: boolean): void {
  const { _wasminstall: placed } = pyodide as { _wasminstall?: { version: string } };
  if (placed?.version === build.version) return;
  const page = createPage(pyodide);
  const value = cache ? page : { ...page, store: storeForPython(async () => undefined) };
  Object.defineProperty(pyodide, "_wasminstall", { value, configurable: true, writable: true });
}

/** Run code in a namespace of its own, so that nothing is left in the user's `__main__`. */
export function runAside(pyodide: Interpreter, code: string): string {
  const globals = pyodide.toPy({}) as object & { destroy(): void };
  try {
    return String(pyodide.runPython(code, { globals }));
  } finally {
    globals.destroy();
  }
}
