/**
 * Why a shared library cannot be loaded: which library or symbol is missing, and what a failed attempt leaves behind.
 *
 * Pyodide's own message names a missing library the first time only, and a missing function not before it is called;
 * and what failed once is taken for loaded ever after. Nothing here loads or runs anything.
 */

import { errnoOf, type FileSystem } from "./memfs.js";
import { readInterface } from "./wasm.js";

/** A library that is loaded, or was being loaded when something failed. */
interface Loaded {
  readonly exports: object | "loading";
}

/** Pyodide's dynamic linker. `findLibraryFS` came with the one that follows run paths (0.28). */
export interface Linker {
  readonly LDSO: { readonly loadedLibsByName: Record<string, Loaded> };
  readonly GOT: Record<string, { readonly value: unknown; readonly required?: boolean }>;
  getDylinkMetadata(library: Uint8Array): {
    readonly neededDynlibs: readonly string[];
    readonly weakImports?: ReadonlySet<string>;
    readonly runtimePaths?: readonly string[];
  };
  resolveGlobalSymbol(name: string, direct: boolean): { readonly sym: unknown };
  findLibraryFS?(
    name: string,
    from: { readonly parentLibPath: string; readonly paths: readonly string[] },
  ): string | undefined;
}

const MOST = 5;
/** Imports that the linker makes as it goes. */
const MADE_BY_THE_LINKER = /^(invoke_\w*|__(memory|table)_base|__stack_pointer|__cpp_exception|__c_longjmp)$/;
const FOREIGN: readonly [string, string][] = [
  ["\x7fELF", "Linux"],
  ["MZ", "Windows"],
  ["\xcf\xfa\xed\xfe", "macOS"],
  ["\xca\xfe\xba\xbe", "macOS"],
];

/** What keeps the library at this path from being loaded, as half a sentence; "" when nothing is seen. */
export function explainLibrary(fs: FileSystem, linker: Linker, path: string): string {
  try {
    return new Inspection(fs, linker).explain(path, new Set()).fault;
  } catch (error) {
    return error instanceof Error ? error.message : `it cannot be read (${errnoOf(error)})`;
  }
}

/**
 * Make the linker forget libraries whose loading failed, so that the next attempt is a real one and others can be
 * loaded at all: a symbol that was missing once is otherwise asked for with every later library.
 */
export function forgetFailedLibraries({ LDSO, GOT }: Linker): void {
  for (const [name, { exports }] of Object.entries(LDSO.loadedLibsByName)) {
    if (exports === "loading") delete LDSO.loadedLibsByName[name];
  }
  for (const [name, { value, required }] of Object.entries(GOT)) {
    if (required && (value === 0 || value === -1)) delete GOT[name];
  }
}

/** One library and what it needs. */
interface Finding {
  readonly fault: string;
  readonly exports: Iterable<string>;
}

class Inspection {
  readonly #fs: FileSystem;
  readonly #linker: Linker;

  constructor(fs: FileSystem, linker: Linker) {
    this.#fs = fs;
    this.#linker = linker;
  }

  /** `seen`: the libraries on the way here, as two may need each other. */
  explain(path: string, seen: Set<string>): Finding {
    seen.add(path);
    const bytes = this.#fs.readFile(path);
    if (!(bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d))
      return nothing(foreign(bytes));
    const { imports, exports } = readInterface(bytes);
    const { neededDynlibs, runtimePaths = [], weakImports } = this.#linker.getDylinkMetadata(bytes);
    const given = new Set(exports);
    for (const name of neededDynlibs) {
      const { fault, exports: more } = this.#explainNeeded(name, path, runtimePaths, seen);
      if (fault) return nothing(fault);
      for (const symbol of more) given.add(symbol);
    }
    const missing = [...imports].filter((name) => !given.has(name) && !weakImports?.has(name) && !this.#isGlobal(name));
    return { fault: missing.length ? `nothing defines ${listed(missing)}` : "", exports: given };
  }

  #explainNeeded(name: string, path: string, runPaths: readonly string[], seen: Set<string>): Finding {
    const loaded = this.#linker.LDSO.loadedLibsByName[name];
    if (loaded && loaded.exports !== "loading") return { fault: "", exports: Object.keys(loaded.exports) };
    const found = this.#linker.findLibraryFS?.(name, { parentLibPath: path, paths: runPaths });
    if (!found) {
      const folders = runPaths.map((each) => normal(each.replaceAll("$ORIGIN", path.slice(0, path.lastIndexOf("/")))));
      return nothing(
        `it needs the library ${name}, which is not in ${[...folders, "the library path"].join(" nor in ")}`,
      );
    }
    if (seen.has(found)) return nothing("");
    const { fault, exports } = this.explain(found, seen);
    return { fault: fault && `its library ${found} cannot be loaded: ${fault}`, exports };
  }

  #isGlobal(name: string): boolean {
    return MADE_BY_THE_LINKER.test(name) || this.#linker.resolveGlobalSymbol(name, true).sym !== undefined;
  }
}

function nothing(fault: string): Finding {
  return { fault, exports: [] };
}

/** The path without `..`. */
function normal(path: string): string {
  return new URL(`file://${path}`).pathname;
}

function foreign(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  const [, system] = FOREIGN.find(([magic]) => start.startsWith(magic)) ?? [];
  return system ? `it is a library for ${system}, not for WebAssembly` : "it is no WebAssembly library";
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST).join(", ");
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : "";
  return names.length === 1 ? `the symbol ${shown}` : `the symbols ${shown}${more}`;
}
