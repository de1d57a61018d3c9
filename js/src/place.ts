/** The few lines of Python that ask an interpreter what it is and put the archive where `import` finds it. */

import type { FindCompiled } from "./ahead/compiled.js";
import type { Early } from "./ahead/early.js";
import type { Archive } from "./archive.js";
import { build } from "./build-info.js";
import { BootError } from "./errors.js";
import type { Interpreter } from "./runtime.js";
import { PLACE, WATCH } from "./stdlib/compiling.js";
import { openStore } from "./store/index.js";
import { storeForPython } from "./store/python.js";

/** What an interpreter says of itself. */
export interface InterpreterFacts {
  /** Whether `import wasminstall` works already. */
  readonly importable: boolean;
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
    MAGIC_NUMBER.hex(),
    ".".join(map(str, sys.version_info[:3])),
])
`;

/** Ask the running interpreter. */
export function interpreterFacts(pyodide: Interpreter): InterpreterFacts {
  const [importable, magic = "", python = ""] = runAside(pyodide, ASK).split(" ");
  return { importable: importable === "yes", magic, python };
}

/**
 * Write the archive outside site-packages and append it to sys.path, last: what a user installs wins. With the bytecode
 * that an earlier visit kept where there is some for this interpreter; what is compiled now is kept for the next one.
 */
export function placeArchive(pyodide: Interpreter, archive: Archive, magic: string): void {
  const { bytes, source, extended, kept, keeper } = archive;
  const path = `${PLACE}${build.version}.zip`;
  const used = kept?.magic === magic ? kept.bytes : bytes;
  pyodide.FS.writeFile(path, used);
  if (runAside(pyodide, APPEND.replace("PATH", JSON.stringify(path))) !== "True") runAside(pyodide, NOTE);
  keeper?.keepLater(pyodide, { source, magic, path, pyodide: "", extended });
}

// Whether the watch is there: to define it takes 10 ms.
const APPEND = `
import sys, zipimport
if (path := PATH) not in sys.path:
    sys.path.append(path)
hasattr(getattr(zipimport, "_get_module_code", None), "noted")
`;

// Another zipimport than we know compiles twice, and nothing is noted.
const NOTE = `
${WATCH}
try:
    _watch("${PLACE}")
except Exception:
    pass
`;

/**
 * Leave the JavaScript half where Python looks for it, once; without `cache` it keeps nothing between visits.
 * One that is there came with the Python half that is there, perhaps of another release.
 */
export async function placeHelper(pyodide: Interpreter, { cache, index, early, findCompiled }: Ready): Promise<void> {
  const { createPage } = await loadHelper();
  if ((pyodide as { _wasminstall?: object })._wasminstall) return;
  const store = storeForPython(cache ? openStore : async () => undefined);
  const value = createPage(pyodide, { store, index, early, findCompiled });
  Object.defineProperty(pyodide, "_wasminstall", { value, configurable: true, writable: true });
}

/** What was made ready for an interpreter before it could be asked. */
export interface Ready {
  readonly cache: boolean;
  readonly index?: string | undefined;
  readonly early?: Early | undefined;
  readonly findCompiled: FindCompiled;
}

/** Have it here when it is wanted. */
export async function loadHelper(): Promise<typeof import("./page/index.js")> {
  return import("./page/index.js").catch((cause) => {
    throw new BootError("archive-not-found", `A part of wasminstall could not be loaded: ${cause.message}`, cause);
  });
}

/** Import these modules, which stay imported. Throws Python's error, with a note about where their names come from. */
export function importModules(pyodide: Interpreter, names: readonly string[]): void {
  const code = `
import importlib
for name in ${JSON.stringify(names)}:
    try:
        importlib.import_module(name)
    except Exception as error:
        error.add_note(f"boot() has {name!r} in preload: mend the name, or add the project it comes with to packages")
        raise
`;
  runAside(pyodide, code);
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
