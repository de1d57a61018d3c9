/**
 * What a snapshot consists of: the memory of a Python that has imported its packages, the files they were imported
 * from, and what must be put back outside of its memory.
 */

import type { FileSystem, Runtime, Zlib } from "../wheelfs/memfs.js";

/** Of the recipe: a snapshot that another one made is of no use. */
export const RECIPE = 2;

/** Files in the order in which they are placed, one row of `COLUMNS` numbers each (wheelfs/node.ts). */
export interface Files {
  readonly paths: readonly string[];
  readonly table: readonly number[];
  /** Folders with nothing in them. */
  readonly folders: readonly string[];
}

/** A shared library that was loaded; `sha256` of its bytes. */
export interface Library {
  readonly path: string;
  /** Whether its symbols are seen by libraries that come later. */
  readonly global: boolean;
  /** Path by the name under which it asks for another one. */
  readonly needs: Readonly<Record<string, string>>;
  readonly sha256: string;
}

/** A function that was put into the table after the libraries: where, of which library, under which name. */
export type Named = readonly [index: number, library: string, symbol: string];

/** What is known of a snapshot, beside the bytes. */
export interface Header {
  readonly recipe: number;
  /** Release of Pyodide; its build is checked by Pyodide itself. */
  readonly pyodide: string;
  /** Magic number of the bytecode, in hexadecimal. */
  readonly magic: string;
  /** Bytes of the files. */
  readonly blob: number;
  readonly memory: Layout;
  readonly files: Files;
  /** Each after those it needs. */
  readonly libraries: readonly Library[];
  /** Length of the function table when the libraries are there. */
  readonly table: number;
  readonly functions: readonly Named[];
  /** Libraries that Python holds a handle of: address, path. */
  readonly handles: readonly (readonly [number, string])[];
  /** What Pyodide says is loaded: channel by name. */
  readonly loaded: Readonly<Record<string, string>>;
  /** Modules that are imported. */
  readonly preload: readonly string[];
  /** What modules asked of JavaScript's global scope when they were imported, and whether it was there. */
  readonly globals: Readonly<Record<string, boolean>>;
  /** "pandas 3.0.0", sorted. */
  readonly packages: readonly string[];
  /** `digests()` (stdlib/bytes.ts) of the files, and of the memory. */
  readonly digests: readonly string[];
}

/** A memory without its empty pages: what Pyodide writes before it, and then the pages that have something in them. */
export interface Layout {
  /** Bytes of what Pyodide writes before it. */
  readonly head: number;
  /** Bytes of all pages. */
  readonly size: number;
  /** Runs of pages: address and bytes, in turns. */
  readonly runs: readonly number[];
}

/** Emscripten's dynamic linker and file system: the parts of Pyodide's module that this needs. */
export interface Module extends Zlib {
  readonly FS: FileSystem & { readonly streams: readonly ({ readonly path: string } | null | undefined)[] };
  readonly HEAP8: Int8Array;
  readonly API: { readonly sitePackages: string };
  readonly LDSO: {
    readonly loadedLibsByName: Record<string, LoadedLibrary>;
    readonly loadedLibsByHandle: Record<string, LoadedLibrary>;
  };
  /** Symbols of all libraries; not every Pyodide tells them. */
  readonly GOT?: Readonly<Record<string, WebAssembly.Global>>;
  readonly preloadedWasm: Record<string, object>;
  readonly wasmTable: WebAssembly.Table;
  readonly functionsInTableMap?: WeakMap<object, number>;
  growMemory(bytes: number): void;
  addRunDependency(name: string): void;
  removeRunDependency(name: string): void;
  getDylinkMetadata(library: Uint8Array): {
    readonly neededDynlibs: readonly string[];
    readonly runtimePaths?: readonly string[];
  };
  findLibraryFS(name: string, from: { parentLibPath: string; paths: readonly string[] }): string | undefined;
  loadWebAssemblyModule(library: WebAssembly.Module, flags: LoadFlags, path: string, scope: object): object;
  loadWebAssemblyModule(
    library: Uint8Array,
    flags: LoadFlags & { loadAsync: true },
    path: string,
    scope: object,
  ): Promise<object>;
  loadDynamicLibrary(path: string, flags: LoadFlags): unknown;
}

export interface LoadFlags {
  readonly global: boolean;
  readonly nodelete: true;
  readonly loadAsync?: true;
}

/** An entry of the dynamic linker. */
export interface LoadedLibrary {
  readonly name: string;
  readonly global: boolean;
  readonly exports: Readonly<Record<string, unknown>> | "loading";
}

/** It, as wheelfs takes it. */
export function runtimeOf(module: Module): Runtime {
  return { FS: module.FS, _module: module };
}

/** Whether this Pyodide has what a snapshot takes; seen on its parts, whatever its version. */
export function hasParts(module: Partial<Module>): module is Module {
  const functions = [
    "growMemory",
    "addRunDependency",
    "removeRunDependency",
    "getDylinkMetadata",
    "findLibraryFS",
    "loadWebAssemblyModule",
    "loadDynamicLibrary",
  ] as const;
  const objects = ["FS", "HEAP8", "HEAPU8", "API", "LDSO", "preloadedWasm", "wasmTable"] as const;
  return (
    functions.every((name) => typeof module[name] === "function") &&
    objects.every((name) => typeof module[name] === "object")
  );
}

/** Why there is no snapshot, or none that can be used: half a sentence for people. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** Whether another snapshot may do better. */
  readonly again: boolean;

  constructor(message: string, options: { readonly again?: boolean } = {}) {
    super(message);
    this.again = options.again ?? false;
  }
}
