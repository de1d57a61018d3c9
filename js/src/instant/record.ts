/**
 * A snapshot as one file, the same in the store and on a server:
 *
 *     "wasminstall-instant RECIPE LENGTH SHA256 ", filled up with spaces to 127 bytes, and a line end
 *     the header, JSON of LENGTH bytes with that digest; in it are those of the rest
 *     the files, as their libraries can be compiled while the rest comes
 *     the memory, as Pyodide made it
 */

import { sha256 } from "../stdlib/bytes.js";
import type { Opened } from "../store/index.js";
import { type Header, RECIPE, Refusal } from "./model.js";

const MAGIC = "wasminstall-instant";
/** Bytes of the first line. */
export const FIRST = 128;
/** The pieces that are hashed: small enough not to block the page, large enough to be quick. */
const CHUNK = 4 * 1024 * 1024;
/** The pieces that are read at once. */
const PIECE = 16 * 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

/** A snapshot that is being read. Memory and files are arrays of their own: the files are kept for longer. */
export interface Reading {
  readonly header: Promise<Header>;
  readonly blob: Promise<Bytes>;
  /** An array of the right size, whose bytes are there when `whole` settles: Python can be prepared for it meanwhile. */
  readonly memory: Promise<Bytes>;
  readonly whole: Promise<void>;
}

/** The file. */
export async function pack(
  facts: Omit<Header, "recipe" | "memory" | "blob" | "chunks">,
  memory: Bytes,
  blob: Bytes,
): Promise<Bytes> {
  const chunks = [...(await hashes(blob)), ...(await hashes(memory))];
  const header: Header = { recipe: RECIPE, memory: memory.length, blob: blob.length, chunks, ...facts };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(FIRST + text.length).fill(0x20);
  head.set(new TextEncoder().encode(`${MAGIC} ${RECIPE} ${text.length} ${await sha256(text)}`));
  head[FIRST - 1] = 0x0a;
  head.set(text, FIRST);
  const file = new Uint8Array(head.length + blob.length + memory.length);
  file.set(head);
  file.set(blob, head.length);
  file.set(memory, head.length + blob.length);
  return file;
}

/** Read a file. Rejected with a `Refusal` when it is none, is cut off, or was made by another recipe. */
export function readFrom(file: Pick<Opened, "size" | "read">): Reading {
  const opening = file.read(0, FIRST).then(async (first) => {
    const start = FIRST + lengthOfHeader(first);
    const header = await headerIn(await file.read(FIRST, start), first);
    if (file.size !== start + header.blob + header.memory) {
      throw new Refusal("what was kept is cut off", { again: true });
    }
    return { header, start };
  });
  const header = opening.then((opened) => opened.header);
  const blob = opening.then(({ header, start }) => file.read(start, start + header.blob));
  const memory = header.then(({ memory }) => new Uint8Array(memory));
  // One after the other: the libraries are compiled while the memory comes.
  const whole = Promise.all([opening, memory, blob]).then(([{ header, start }, memory]) =>
    fill(memory, file, start + header.blob),
  );
  return { header, blob, memory, whole };
}

/** In pieces, which take less memory for a moment. */
async function fill(target: Bytes, file: Pick<Opened, "read">, start: number): Promise<void> {
  const pieces = piecesOf(target, PIECE).map(async (piece, at) => {
    const from = start + at * PIECE;
    piece.set(await file.read(from, from + piece.length));
  });
  await Promise.all(pieces);
}

/** The same for a file that is here. */
export function readBytes(file: Bytes): Reading {
  return readFrom({ size: file.length, read: async (start, end) => file.slice(start, end) });
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
export async function verify({ header, blob, memory, whole }: Reading): Promise<void> {
  const found = await Promise.all([hashes(await blob), whole.then(async () => hashes(await memory))]);
  if (found.flat().join() !== (await header).chunks.join()) throw damaged();
}

function hashes(bytes: Bytes): Promise<string[]> {
  return Promise.all(piecesOf(bytes, CHUNK).map(sha256));
}

function piecesOf(bytes: Bytes, size: number): Bytes[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function decode(bytes: Bytes): string {
  return new TextDecoder().decode(bytes);
}
