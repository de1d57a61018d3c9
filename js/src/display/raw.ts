/** What compiled code prints past Python's streams: bytes written to the file descriptors 1 and 2. */

import type { Interpreter } from "../runtime.js";

/** An open file of Emscripten's, as far as it matters here. */
interface OpenFile {
  stream_ops: { write(file: OpenFile, memory: Uint8Array, at: number, length: number, position?: number): number };
}

interface WithFiles {
  readonly FS: { getStream?(descriptor: number): OpenFile | null };
}

type Taker = (bytes: Uint8Array) => void;

/** Who takes what is written to a file, the last of them; without any it goes where it went before. */
const takers = new WeakMap<OpenFile, Taker[]>();

/** Hand over what is written to the descriptors from now on; returns what ends it. */
export function divertDescriptors(
  pyodide: Interpreter,
  emit: (kind: "stdout" | "stderr", text: string) => void,
): () => void {
  const ends = [divert(pyodide, 1, (text) => emit("stdout", text)), divert(pyodide, 2, (text) => emit("stderr", text))];
  return () => {
    for (const end of ends) end();
  };
}

function divert(pyodide: Interpreter, descriptor: number, emit: (text: string) => void): () => void {
  const file = (pyodide as unknown as WithFiles).FS.getStream?.(descriptor);
  if (!file) return () => undefined;
  const decoder = new TextDecoder();
  const taker: Taker = (bytes) => emit(decoder.decode(bytes, { stream: true }));
  const all = takers.get(file) ?? watch(file);
  all.push(taker);
  return () => all.splice(all.indexOf(taker), 1);
}

/** Put ourselves before the file's own way to write, so that `setStdout()` of others goes on to work. */
function watch(file: OpenFile): Taker[] {
  const all: Taker[] = [];
  const before = file.stream_ops;
  file.stream_ops = {
    ...before,
    write(own, memory, at, length, position) {
      const taker = all.at(-1);
      if (!taker) return before.write(own, memory, at, length, position);
      taker(memory.slice(at, at + length)); // a copy: shared memory cannot be decoded
      return length;
    },
  };
  takers.set(file, all);
  return all;
}
