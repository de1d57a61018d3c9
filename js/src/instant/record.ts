/**
 * A snapshot as one file, the same in the store and on a server:
 *
 *     "wasminstall-instant RECIPE LENGTH SHA256 ", filled up with spaces to 127 bytes, and a line end
 *     the header, JSON of LENGTH bytes with that digest; in it are those of the rest
 *     the files, as their libraries can be compiled while the rest comes
 *     the memory, as Pyodide made it but for its empty pages
 */

import { digests, joined, sha256 } from "../stdlib/bytes.js";
import type { Opened, Part } from "../store/index.js";
import { lengthOf, squeeze } from "./memory.js";
import { type Header, RECIPE, Refusal } from "./model.js";

const MAGIC = "wasminstall-instant";
/** Bytes of the first line. */
export const FIRST = 128;
/** The first line and most headers. */
const AT_ONCE = 512 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** A snapshot that is being read. */
export interface Reading {
  readonly header: Promise<Header>;
  /** The files, which are kept for longer than the memory. */
  readonly blob: Promise<Part>;
  /** What `squeeze()` left (memory.ts). */
  readonly memory: Promise<Part>;
}

/** The file. `memory` is what Pyodide made. */
export async function pack(
  facts: Omit<Header, "recipe" | "memory" | "blob" | "digests">,
  memory: Bytes,
  blob: Bytes,
): Promise<Bytes> {
  const { layout, parts } = squeeze(memory);
  const rest = joined([blob, ...parts]);
  const found = [...(await digests(blob)), ...(await digests(rest.subarray(blob.length)))];
  const header: Header = { recipe: RECIPE, memory: layout, blob: blob.length, digests: found, ...facts };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const first = new Uint8Array(FIRST).fill(0x20);
  first.set(new TextEncoder().encode(`${MAGIC} ${RECIPE} ${text.length} ${await sha256(text)}`));
  first[FIRST - 1] = 0x0a;
  return joined([first, text, rest]);
}

/** Read a file. Rejected with a `Refusal` when it is none, is cut off, or was made by another recipe. */
export function readFrom({ size, read }: Pick<Opened, "size" | "read">): Reading {
  const opening = read(0, AT_ONCE).then(async ({ bytes }) => {
    const first = bytes.subarray(0, FIRST);
    const start = FIRST + lengthOfHeader(first);
    const text = start <= bytes.length ? bytes.subarray(FIRST, start) : (await read(FIRST, start)).bytes;
    const header = await headerIn(text, first);
    const end = start + header.blob + lengthOf(header.memory);
    if (size !== end) throw new Refusal("what was kept is cut off", { again: true });
    return { header, start, end };
  });
  const header = opening.then((opened) => opened.header);
  const blob = opening.then(({ header, start }) => read(start, start + header.blob));
  const memory = opening.then(({ header, start, end }) => read(start + header.blob, end));
  return { header, blob, memory };
}

/** The same for a file that is here. */
export function readBytes(file: Bytes): Reading {
  const read = async (start: number, end: number): Promise<Part> => partOf(file.slice(start, end));
  return readFrom({ size: file.length, read });
}

/** What was read, as a part. */
export function partOf(bytes: Bytes): Part {
  return { bytes, digests: digests(bytes), size: bytes.length };
}

/** Bytes of the header, which follows these first ones. Throws `Refusal` when this is no snapshot, or of another recipe. */
export function lengthOfHeader(first: Bytes): number {
  const [magic, recipe, length] = decode(first).split(" ");
  if (magic !== MAGIC) throw new Refusal("what was found is no snapshot", { again: true });
  if (Number(recipe) !== RECIPE) throw new Refusal("what was found is of another release", { again: true });
  return Number(length);
}

/** What the header says, which follows these first bytes. Rejects with a `Refusal` when a byte is not as it was. */
export async function headerIn(text: Bytes, first: Bytes): Promise<Header> {
  const [, , , digest] = decode(first).split(" ");
  if ((await sha256(text)) !== digest) throw damaged();
  return JSON.parse(decode(text)) as Header;
}

function damaged(): Refusal {
  return new Refusal("what was kept is damaged", { again: true });
}

/** Rejects with a `Refusal` when a byte is not as it was. */
export async function verify({ header, blob, memory }: Reading): Promise<void> {
  const found = await Promise.all([blob, memory].map(async (part) => (await part).digests));
  if (found.flat().join() !== (await header).digests.join()) throw damaged();
}

function decode(bytes: Bytes): string {
  return new TextDecoder().decode(bytes);
}
