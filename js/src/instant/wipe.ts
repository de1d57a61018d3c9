/**
 * What was freed still lies in the memory: zeros in its place take no room in a compressed file, and tell nothing.
 *
 * Every free block is asked for, the largest first, filled, and given back in the end.
 */

/** The allocator and the memory that it hands out; not every Pyodide has all of it. */
interface Heap {
  readonly HEAPU8?: Uint8Array;
  readonly _sbrk?: (bytes: number) => number;
  readonly _malloc?: (bytes: number) => number;
  readonly _free?: (address: number) => void;
}

/** Smaller than what is left in a memory before it must grow. */
const LARGEST = 64 * 1024;
const SMALLEST = 32;

/** Fill what is free with zeros. */
export function wipe(heap: Heap): void {
  const { _sbrk, _malloc, _free } = heap;
  if (!_sbrk || !_malloc || !_free) return;
  const end = _sbrk(0);
  const taken: number[] = [];
  for (let size = LARGEST; size >= SMALLEST; size /= 2) {
    for (let at = _malloc(size); at; at = _malloc(size)) {
      taken.push(at);
      if (at + size > end) break; // no free block is so large, and this one is new
      heap.HEAPU8?.fill(0, at, at + size);
    }
  }
  for (const at of taken) _free(at);
}
