/**
 * The ends of zips for the first visit (see first.ts), and what becomes of the zips: the entry of a chunk of its own.
 */

import { gunzip, read, sha256 } from "./bytes.js";
import { Sources } from "./sources.js";

const NAME = "wasminstall-end";
/** How long Python waits for them when the library is there: on a slow line, compiling is faster. */
const PATIENCE = 1000;
/** How long for the library when these are there: Pyodide says what is wrong, if it never comes. */
const LONGEST = 30_000;
const STEP = 4;

/** The part of Emscripten's file system that is needed. */
export interface Files {
  readonly ErrnoError: new (code: number) => Error;
  analyzePath(path: string): { readonly exists: boolean };
  lookupPath(path: string): { readonly node: FileNode };
  readFile(path: string): Uint8Array<ArrayBuffer>;
  writeFile(path: string, bytes: Uint8Array, options: { canOwn: true }): void;
}

interface FileNode {
  readonly contents: Uint8Array;
  stream_ops: { read: Read };
}

type Read = (stream: object, buffer: Uint8Array, at: number, length: number, position: number) => number;

export interface End {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly offset: number;
}

/** By the sha256 of the zip that each is for. */
export type Ends = ReadonlyMap<string, End>;

/** Fetch them; none where they cannot be had, as nobody has to serve them. */
export async function fetchEnds(url: URL): Promise<Ends> {
  const ends = new Map<string, End>();
  try {
    const all = await gunzip(await read(url));
    for (let at = 0; at < all.length; ) {
      const begin = all.indexOf(0x0a, at) + 1;
      const [name, source = "", offset, length] = new TextDecoder().decode(all.subarray(at, begin)).split(" ");
      at = begin + Number(length);
      if (name !== NAME || !(at <= all.length)) break;
      ends.set(source, { bytes: all.subarray(begin, at), offset: Number(offset) });
    }
  } catch {
    // None, or as many as were whole.
  }
  return ends;
}

/** Extend the library at this path, which Pyodide writes meanwhile; its sha256, if that was done. */
export async function extendFile(FS: Files, path: string, coming: Promise<Ends>): Promise<string | undefined> {
  const here = appears(FS, path);
  const ends = await Promise.race([coming, here.then(() => pause(PATIENCE))]);
  if (!ends?.size || !(await here)) return undefined;
  const library = FS.readFile(path);
  const source = await sha256(library);
  const end = ends.get(source);
  if (!end) return undefined;
  FS.writeFile(path, joined(library, end), { canOwn: true });
  return source;
}

/**
 * Write a library of this sha256 without its sources, which come from `zip` later, in place of what Pyodide writes
 * meanwhile. Where there is no end for it, the library as it is.
 */
export async function placeWithout(
  FS: Files,
  path: string,
  coming: Promise<Ends>,
  source: string,
  zip: URL,
): Promise<Sources | undefined> {
  const [ends] = await Promise.all([coming, appears(FS, path)]);
  const end = ends.get(source);
  if (end) return new Sources(FS, path, end, zip);
  FS.writeFile(path, await read(zip), { canOwn: true });
  return undefined;
}

/** The zip with its end, if there is one for it. */
export async function extended(zip: Uint8Array<ArrayBuffer>, ends: Ends): Promise<Uint8Array<ArrayBuffer>> {
  const end = ends.get(await sha256(zip));
  return end ? joined(zip, end) : zip;
}

function joined(zip: Uint8Array<ArrayBuffer>, { bytes, offset }: End): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(offset + bytes.length);
  whole.set(zip.subarray(0, offset));
  whole.set(bytes, offset);
  return whole;
}

async function appears(FS: Files, path: string): Promise<boolean> {
  for (let waited = 0; waited < LONGEST; waited += STEP) {
    if (FS.analyzePath(path).exists) return true;
    await pause(STEP);
  }
  return false;
}

function pause(milliseconds: number): Promise<undefined> {
  return new Promise((done) => setTimeout(done, milliseconds, undefined));
}
