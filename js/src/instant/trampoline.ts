/**
 * CPython calls functions of C through a little module of WebAssembly, the trampoline, where the engine knows GC types,
 * and else (Node 20, iOS) through JavaScript. So that a snapshot of one engine fits another, its place in the table is
 * taken in all of them, and a snapshot says that there is none: who restores it says what there is here.
 */

/** Where Pyodide's CPython keeps it; a Pyodide without these has none. */
interface Parts {
  readonly HEAP32?: Int32Array;
  readonly __PyRuntime?: number;
  readonly __PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET?: number;
  readonly wasmTable?: WebAssembly.Table;
}

/** Before libraries are loaded: its place in the table, 0 where there is none. */
export function reserveTrampoline(module: object): number {
  const { HEAP32, wasmTable } = module as Parts;
  const word = wordIn(module);
  if (!HEAP32 || word === undefined) return 0;
  const found = HEAP32[word] ?? 0;
  if (!found) wasmTable?.grow(1);
  return found;
}

/** Say where it is, or 0. */
export function setTrampoline(module: object, index: number): void {
  const { HEAP32 } = module as Parts;
  const word = wordIn(module);
  if (HEAP32 && word !== undefined) HEAP32[word] = index;
}

function wordIn(module: object): number | undefined {
  const { HEAP32, __PyRuntime: runtime, __PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET: offset } = module as Parts;
  if (!HEAP32 || runtime === undefined || offset === undefined) return undefined;
  return (runtime + (HEAP32[offset >>> 2] ?? 0)) >>> 2;
}
