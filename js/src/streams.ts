/** What Python prints, as text for who asked for it. */

import type { Interpreter } from "./runtime.js";

type Take = ((text: string) => void) | undefined;

interface Writer {
  write(bytes: Uint8Array): number;
}

interface WithStreams {
  setStdout(writer: Writer): void;
  setStderr(writer: Writer): void;
}

/** Call the functions with what is written from now on: lines, or less where Python flushes. */
export function hearStreams(pyodide: Interpreter, { stdout, stderr }: { stdout?: Take; stderr?: Take }): void {
  const streams = pyodide as Interpreter & WithStreams;
  if (stdout) streams.setStdout(writerFor(stdout));
  if (stderr) streams.setStderr(writerFor(stderr));
}

function writerFor(take: (text: string) => void): Writer {
  const decoder = new TextDecoder();
  return {
    write(bytes) {
      const text = decoder.decode(bytes.slice(), { stream: true }); // a copy: shared memory cannot be decoded
      if (text) take(text); // half a character is kept for the other half
      return bytes.length;
    },
  };
}
