/**
 * Members of an archive unpacked by the interpreter's own zlib: twice as fast as JavaScript, and nothing to download.
 *
 * Bytes pass through the WebAssembly heap in windows, so that it does not grow by the size of a file.
 */

import type { Zlib } from "./memfs.js";

/** How one member lies in its archive. */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly deflated: boolean;
  readonly crc: number;
}

const WINDOW = 256 * 1024;
/** `struct z_stream` on a 32-bit machine: in bytes, and what is where in words. */
const STREAM = 56;
const [NEXT_IN, AVAIL_IN, NEXT_OUT, AVAIL_OUT] = [0, 1, 3, 4];
const Z_OK = 0;
const Z_STREAM_END = 1;
const RAW = -15;
/** zlib compares the first character of its version, which has been "1" since 1995. */
const VERSION = 0x31;

/** The member's bytes, or undefined when it is damaged. Throws `RangeError` when memory is out. */
export function unpack(zlib: Zlib, member: Packed): Uint8Array | undefined {
  if (!member.deflated && member.bytes.length !== member.size) return undefined;
  const result = new Uint8Array(member.size);
  const crc = member.deflated ? inflate(zlib, member.bytes, result) : copy(zlib, member.bytes, result);
  return crc === member.crc ? result : undefined;
}

/** Fill `result`; the CRC-32 of its bytes, or undefined when they are not exactly the ones in `packed`. */
function inflate(zlib: Zlib, packed: Uint8Array, result: Uint8Array): number | undefined {
  // One byte more than is wanted, so that too many are noticed.
  const room = Math.min(result.length + 1, WINDOW);
  return withMemory(zlib, STREAM + 8 + Math.min(packed.length, WINDOW) + room, (stream) => {
    const out = stream + STREAM + 8;
    const into = out + room;
    zlib.HEAPU8.fill(0, stream, out);
    zlib.HEAPU8[stream + STREAM] = VERSION;
    if (zlib._inflateInit2_(stream, RAW, stream + STREAM, STREAM) !== Z_OK) throw new RangeError("out of memory");
    try {
      let [taken, made, crc, status] = [0, 0, 0, Z_OK];
      while (status === Z_OK) {
        let words = new Uint32Array(zlib.HEAPU8.buffer, stream, STREAM / 4);
        if (words[AVAIL_IN] === 0) {
          const piece = packed.subarray(taken, taken + WINDOW);
          zlib.HEAPU8.set(piece, into);
          words[NEXT_IN] = into;
          words[AVAIL_IN] = piece.length;
          taken += piece.length;
        }
        words[NEXT_OUT] = out;
        words[AVAIL_OUT] = room;
        status = zlib._inflate(stream, 0);
        // The heap may have grown, which leaves old views of it empty.
        words = new Uint32Array(zlib.HEAPU8.buffer, stream, STREAM / 4);
        const count = room - (words[AVAIL_OUT] as number);
        if (made + count > result.length) return undefined;
        result.set(zlib.HEAPU8.subarray(out, out + count), made);
        crc = zlib._crc32(crc, out, count);
        made += count;
      }
      return status === Z_STREAM_END && made === result.length ? crc >>> 0 : undefined;
    } finally {
      zlib._inflateEnd(stream);
    }
  });
}

/** The same for bytes that are not deflated. */
function copy(zlib: Zlib, bytes: Uint8Array, result: Uint8Array): number {
  result.set(bytes);
  return crc32(zlib, bytes);
}

/** CRC-32 of bytes. Throws `RangeError` when memory is out. */
export function crc32(zlib: Zlib, bytes: Uint8Array): number {
  return withMemory(zlib, Math.min(bytes.length, WINDOW) || 1, (window) => {
    let crc = 0;
    for (let at = 0; at < bytes.length; at += WINDOW) {
      const piece = bytes.subarray(at, at + WINDOW);
      zlib.HEAPU8.set(piece, window);
      crc = zlib._crc32(crc, window, piece.length);
    }
    return crc >>> 0;
  });
}

function withMemory<T>(zlib: Zlib, size: number, use: (pointer: number) => T): T {
  const pointer = zlib._PyMem_RawMalloc(size) >>> 0;
  if (pointer === 0) throw new RangeError("out of memory");
  try {
    return use(pointer);
  } finally {
    zlib._PyMem_RawFree(pointer);
  }
}
