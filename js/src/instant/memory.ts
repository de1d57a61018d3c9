/**
 * The memory of a Python without its empty pages, which are a quarter of it: what they do not take need not be read,
 * checked and copied.
 *
 * It is put straight into the new Python's memory, once that has started and before Pyodide takes it over. Pyodide
 * itself gets only what it wrote before the memory.
 */

import { type Layout, type Module, Refusal } from "./model.js";

type Bytes = Uint8Array<ArrayBuffer>;

/** Not WebAssembly's but the machine's, mostly: what is written into one takes room for all of it. */
const PAGE = 4096;
const WORD = 4;
/** Where Pyodide notes how long that is which it wrote before the memory: the second word. */
const LENGTH_AT = 4;
/** More than that takes. */
const HEAD = 65536;

/** What Pyodide's `makeMemorySnapshot()` gave, without its empty pages. */
export function squeeze(snapshot: Bytes): { readonly layout: Layout; readonly parts: Bytes[] } {
  const head = new DataView(snapshot.buffer, snapshot.byteOffset).getUint32(LENGTH_AT, true);
  const memory = snapshot.subarray(head);
  if (head > HEAD || memory.length % PAGE) throw new Refusal("this Pyodide writes its memory in another way");
  const runs = runsOf(memory);
  const parts = [snapshot.subarray(0, head)];
  for (let at = 0; at < runs.length; at += 2)
    parts.push(memory.subarray(runs[at], (runs[at] ?? 0) + (runs[at + 1] ?? 0)));
  return { layout: { head, size: memory.length, runs }, parts };
}

function runsOf(memory: Bytes): number[] {
  const runs: number[] = [];
  for (let at = 0; at < memory.length; at += PAGE) {
    if (isEmpty(memory.subarray(at, at + PAGE))) continue;
    const last = runs.length - 2;
    if ((runs[last] ?? 0) + (runs[last + 1] ?? -1) === at) runs[last + 1] = at + PAGE - (runs[last] ?? 0);
    else runs.push(at, PAGE);
  }
  return runs;
}

function isEmpty(page: Uint8Array): boolean {
  const isAligned = page.byteOffset % WORD === 0 && page.length % WORD === 0;
  const words = isAligned ? new Int32Array(page.buffer, page.byteOffset, page.length / WORD) : page;
  // A loop: there are millions of words, each of which would be a call of `every()`'s.
  for (let at = 0; at < words.length; at++) if (words[at] !== 0) return false;
  return true;
}

/** How many bytes there are without the empty pages. */
export function lengthOf({ head, runs }: Layout): number {
  return runs.reduce((sum, value, at) => (at % 2 ? sum + value : sum), head);
}

/** For Pyodide, which looks at what is in it when the memory is there. */
export function newHead(): Bytes {
  return new Uint8Array(HEAD);
}

/** Put all of it in its place; the bytes are gone then. */
export function spread(module: Module, into: Bytes, layout: Layout, bytes: Bytes): void {
  into.set(bytes.subarray(0, layout.head));
  new DataView(into.buffer).setUint32(LENGTH_AT, into.length, true); // and nothing follows
  if (module.HEAP8.length < layout.size) module.growMemory(layout.size);
  spreadRuns(module, layout, bytes);
  (bytes.buffer as { transfer?: (length: number) => void }).transfer?.(0); // sooner than a collector would
}

function spreadRuns(module: Module, { head, runs }: Layout, bytes: Bytes): void {
  const memory = module.HEAPU8;
  const { _sbrk } = module as { readonly _sbrk?: (bytes: number) => number };
  const used = _sbrk?.(0) ?? memory.length;
  let from = head;
  let end = 0;
  for (let at = 0; at < runs.length; at += 2) {
    const [start = 0, length = 0] = runs.slice(at);
    clear(memory, end, Math.min(start, used)); // what lies behind is fresh, and empty
    memory.set(bytes.subarray(from, from + length), start);
    from += length;
    end = start + length;
  }
  clear(memory, end, used);
}

/** Pages that nobody has written to, such as most of the stack, take no room while they are only read. */
function clear(memory: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += PAGE) {
    const page = memory.subarray(at, Math.min(at + PAGE, to));
    if (!isEmpty(page)) page.fill(0);
  }
}
