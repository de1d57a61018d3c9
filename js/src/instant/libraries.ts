/**
 * Shared libraries in the order and the place they have in a snapshot: before Python runs, each after those it needs.
 *
 * Constructors of C++ run when everything else is there, and only while a snapshot is made: what they did is in its
 * memory.
 */

import { sha256 } from "../stdlib/bytes.js";
import { type Library, type LoadedLibrary, type Module, type Named, Refusal } from "./model.js";

const CONSTRUCTORS = "__wasm_call_ctors";
/** Browsers instantiate no larger library on the main thread but asynchronously: bytes. */
const SYNCHRONOUS_LIMIT = 8 * 1024 * 1024;
const MAIN = "__main__";

/** A library ready to be loaded. */
export interface Compiled {
  readonly library: Library;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly module: WebAssembly.Module;
}

/** The libraries that a running Python has loaded. Rejects with a `Refusal` when a file is gone. */
export async function loadedLibraries(module: Module): Promise<Library[]> {
  const { FS, LDSO } = module;
  const loaded = new Map(Object.values(LDSO.loadedLibsByName).map((each) => [normal(each.name), each]));
  loaded.delete(MAIN);
  const ordered = new Map<string, Promise<Library>>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const entry = loaded.get(path);
    if (!entry || seen.has(path)) return;
    seen.add(path);
    const bytes = contentOf(FS, path);
    const needs = neededBy(module, path, bytes);
    for (const needed of Object.values(needs)) visit(needed);
    ordered.set(path, describe(path, entry, bytes, needs));
  };
  for (const path of loaded.keys()) visit(path);
  return Promise.all(ordered.values());
}

function contentOf(fs: Module["FS"], path: string): Uint8Array {
  try {
    return fs.readFile(path);
  } catch {
    throw new Refusal(`the file of the library ${path} is gone`);
  }
}

function neededBy(module: Module, path: string, bytes: Uint8Array): Record<string, string> {
  const { neededDynlibs, runtimePaths = [] } = module.getDylinkMetadata(bytes);
  const from = { parentLibPath: path, paths: runtimePaths };
  return Object.fromEntries(neededDynlibs.map((name) => [name, normal(module.findLibraryFS(name, from) ?? name)]));
}

/** The path without `..`, which the linker knows it by, but for older Pyodides. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

async function describe(
  path: string,
  { global }: LoadedLibrary,
  bytes: Uint8Array,
  needs: Library["needs"],
): Promise<Library> {
  return { path, global, needs, sha256: await sha256(bytes) };
}

/** Compile in the background. */
export function compile(library: Library, bytes: Uint8Array<ArrayBuffer>): Promise<Compiled> {
  return WebAssembly.compile(bytes).then((module) => ({ library, bytes, module }));
}

/** Load them; what comes back are their constructors, which have not run. */
export async function preload(module: Module, compiled: readonly Compiled[]): Promise<(() => void)[]> {
  const constructors: (() => void)[] = [];
  const restore = deferConstructors(constructors, compiled);
  try {
    for (const each of compiled) await load(module, each);
  } finally {
    restore();
  }
  return constructors;
}

async function load(module: Module, { library, bytes, module: code }: Compiled): Promise<void> {
  const { path, global, needs } = library;
  const { loadedLibsByName } = module.LDSO;
  const flags = { global, nodelete: true } as const;
  // So early the linker does not look for files; it finds what it needs under the name it knows.
  const names = Object.keys(needs).filter((name) => !loadedLibsByName[name]);
  for (const name of names) Object.assign(loadedLibsByName, { [name]: loadedLibsByName[needs[name] as string] });
  try {
    module.preloadedWasm[path] = isLarge(bytes)
      ? await module.loadWebAssemblyModule(bytes, { ...flags, loadAsync: true }, path, {})
      : amongSymbols(module, code, () => module.loadWebAssemblyModule(code, flags, path, {}));
    module.loadDynamicLibrary(path, flags);
  } finally {
    delete module.preloadedWasm[path];
    for (const name of names) delete loadedLibsByName[name];
  }
}

/**
 * After each library the linker looks through all symbols for those that are not known yet: thousands of them, each time.
 * They are among those that this library asks for, so let it look there alone.
 */
function amongSymbols<T>({ GOT }: Module, code: WebAssembly.Module, load: () => T): T {
  const { entries } = Object;
  if (!GOT) return load();
  const asked = WebAssembly.Module.imports(code).filter((each) => each.module.startsWith("GOT."));
  Object.entries = (given: object) =>
    given === GOT ? asked.map(({ name }) => [name, GOT[name]] as [string, unknown]) : entries(given);
  try {
    return load();
  } finally {
    Object.entries = entries;
  }
}

function isLarge(bytes: Uint8Array): boolean {
  return typeof document !== "undefined" && bytes.length > SYNCHRONOUS_LIMIT;
}

/** Emscripten would run them at a moment when nothing of Python is there, so their names are taken away. */
function deferConstructors(constructors: (() => void)[], compiled: readonly Compiled[]): () => void {
  const { Instance, instantiate } = WebAssembly;
  const without = (instance: WebAssembly.Instance): WebAssembly.Instance => {
    const { [CONSTRUCTORS]: construct, ...exports } = instance.exports;
    if (construct) constructors.push(construct as () => void);
    return { exports };
  };
  const codeOf = new Map<unknown, WebAssembly.Module>(compiled.map(({ bytes, module }) => [bytes, module]));
  Object.assign(WebAssembly, {
    Instance: function deferred(code: WebAssembly.Module, imports: WebAssembly.Imports) {
      return without(new Instance(code, imports));
    },
    instantiate: async (bytes: unknown, imports: WebAssembly.Imports) => {
      const code = codeOf.get(bytes);
      if (!code) return (instantiate as (...given: unknown[]) => unknown)(bytes, imports);
      return { module: code, instance: without(await instantiate(code, imports)) };
    },
  });
  return () => void Object.assign(WebAssembly, { Instance, instantiate });
}

/** Handles that Python holds of libraries: address and path. */
export function handlesOf({ LDSO }: Module): [number, string][] {
  return Object.entries(LDSO.loadedLibsByHandle)
    .filter(([, { name }]) => name !== MAIN)
    .map(([handle, { name }]) => [Number(handle), name]);
}

/** Give those handles to the libraries again. */
export function restoreHandles({ LDSO }: Module, handles: readonly (readonly [number, string])[]): void {
  for (const [handle, path] of handles) {
    const library = LDSO.loadedLibsByName[path];
    if (library) LDSO.loadedLibsByHandle[handle] = library;
  }
}

/**
 * The functions in the table from `first` on by their names in libraries; undefined when there is one that has none
 * (a callback of ctypes, say), which could not be put back.
 */
export function functionsFrom({ LDSO, wasmTable }: Module, first: number): Named[] | undefined {
  const names = new Map<unknown, readonly [string, string]>();
  for (const { name, exports } of Object.values(LDSO.loadedLibsByName)) {
    for (const [symbol, value] of Object.entries(exports)) {
      if (typeof value === "function" && !names.has(value)) names.set(value, [name, symbol]);
    }
  }
  const functions: Named[] = [];
  for (let index = first; index < wasmTable.length; index++) {
    const value = wasmTable.get(index);
    const name = names.get(value);
    if (name) functions.push([index, ...name]);
    else if (value) return undefined;
  }
  return functions;
}

/** Put them back. */
export function restoreFunctions(module: Module, functions: readonly Named[]): void {
  const { LDSO, wasmTable, functionsInTableMap } = module;
  for (const [index, library, symbol] of functions) {
    if (wasmTable.length <= index) wasmTable.grow(index + 1 - wasmTable.length);
    const exports = LDSO.loadedLibsByName[library]?.exports;
    const value = typeof exports === "object" ? exports[symbol] : undefined;
    if (typeof value !== "function") continue;
    wasmTable.set(index, value);
    functionsInTableMap?.set(value, index);
  }
}
