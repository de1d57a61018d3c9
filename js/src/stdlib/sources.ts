/**
 * The standard library while it starts with bytecode alone: the sources come when nothing else is to come. Python reads
 * them to show them, and for what it has no bytecode of; if it does so before they are here, it waits for them.
 */

import { read } from "./bytes.js";
import type { End, Files } from "./ends.js";

const EIO = 29;

/** A file whose beginning is still to come. */
export class Sources {
  readonly #files: Files;
  readonly #contents: Uint8Array;
  readonly #start: number;
  /** Where they are. */
  readonly url: string;
  #here = false;
  #coming: Promise<void> | undefined;

  /** Write the file, which has the end already: `zip` is where the beginning comes from. */
  constructor(files: Files, path: string, { bytes, offset }: End, zip: URL) {
    const contents = new Uint8Array(offset + bytes.length);
    contents.set(bytes, offset);
    files.writeFile(path, contents, { canOwn: true });
    const { node } = files.lookupPath(path);
    this.#files = files;
    this.#contents = node.contents;
    this.#start = offset;
    this.url = zip.href;
    const { read } = node.stream_ops;
    node.stream_ops = {
      ...node.stream_ops,
      read: (stream, buffer, at, length, position) => {
        if (position < offset) this.#need();
        return read(stream, buffer, at, length, position);
      },
    };
  }

  /** They are asked for: take the answer, whose body comes in its own time. */
  take(answer: Promise<Response | undefined>): void {
    this.#coming ??= answer.then(async (response) => {
      if (response?.ok) this.#fill(new Uint8Array(await response.arrayBuffer()));
    });
    this.#coming.catch(() => undefined); // whoever needs them will ask again
  }

  /** Settles when they are here. Rejects when they are not to be had. */
  async whole(): Promise<void> {
    await this.#coming?.catch(() => undefined);
    if (!this.#here) this.#fill(await read(new URL(this.url)));
  }

  /** Have them before this returns. */
  #need(): void {
    if (this.#here) return;
    try {
      this.#fill(readNow(this.url));
    } catch (cause) {
      console.warn(`wasminstall: the sources of Python's standard library could not be read: ${this.url}`, cause);
      throw new this.#files.ErrnoError(EIO);
    }
  }

  #fill(zip: Uint8Array): void {
    if (this.#here) return;
    if (zip.length < this.#start) throw new Error(`${zip.length} bytes of at least ${this.#start}`);
    this.#contents.set(zip.subarray(0, this.#start));
    this.#here = true;
  }
}

function readNow(url: string): Uint8Array {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  // A page gets nothing but text.
  const asText = typeof document !== "undefined";
  if (asText) request.overrideMimeType("text/plain; charset=x-user-defined");
  else request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`status ${request.status}`);
  if (!asText) return new Uint8Array(request.response as ArrayBuffer);
  const text = request.responseText;
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
