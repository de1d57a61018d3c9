/**
 * An entry as it is stored, the same in browsers, in Node and on a desktop (src/wasminstall/cache/record.py):
 *
 *     sha256 of the next line, in hexadecimal
 *     sha256 of the bytes, a space, key, a space, and the entry's JSON
 *     the bytes
 *
 * So what is cut off, damaged or belongs to another key is noticed.
 */

import { digests } from "../stdlib/bytes.js";
import { checkKey, type Entry, type Opened, type ReadPart } from "./model.js";

const NEWLINE = 0x0a;
/** What is read of a large record to find its first two lines. */
const LONGEST_HEAD = 4096;

/**
 * The record of an entry. `sha256` is that of the bytes where it is known, which saves the time to compute it.
 * The bytes are copied before this returns: they may lie in WebAssembly's memory, which moves.
 */
export async function seal(key: string, bytes: Uint8Array, meta: string, sha256?: string): Promise<Blob> {
  checkKey(key);
  if (meta.includes("\n")) throw new RangeError("an entry's JSON must be one line");
  // Not a Uint8Array: Chromium would send one to its storage in a way that blocks the page, a Blob it does not.
  const body = new Blob([bytes as Uint8Array<ArrayBuffer>]);
  const digest = sha256 || (await sha256Of(bytes as Uint8Array<ArrayBuffer>));
  const line = `${digest} ${key} ${meta}`;
  return new Blob([`${await sha256Of(encode(line))}\n${line}\n`, body]);
}

/** The entry in a record, without a copy; undefined when it is not exactly what was sealed under this key. */
export async function unseal(key: string, record: Uint8Array<ArrayBuffer>): Promise<Entry | undefined> {
  const head = await readHead(key, record);
  if (!head) return undefined;
  const bytes = record.subarray(head.length);
  return head.digest === (await sha256Of(bytes)) ? { bytes, meta: head.meta } : undefined;
}

/** The same for a record that is read in parts, whose bytes are not looked at. */
export async function openRecord(key: string, read: ReadPart, close = (): void => {}): Promise<Opened | undefined> {
  const { bytes, size } = await read(0, LONGEST_HEAD);
  const head = await readHead(key, bytes);
  if (!head) return undefined;
  const { length, meta } = head;
  return { meta, size: size - length, read: (start, end) => read(length + start, length + end), close };
}

/** Reads a record that is here. */
export function partsOf(record: Uint8Array<ArrayBuffer>): ReadPart {
  return async (start, end) => {
    const bytes = record.slice(start, end);
    return { bytes, digests: digests(bytes), size: record.length };
  };
}

/** What stands before the bytes, in so many. */
interface Head {
  readonly length: number;
  readonly digest: string | undefined;
  readonly meta: string;
}

async function readHead(key: string, record: Uint8Array<ArrayBuffer>): Promise<Head | undefined> {
  const first = record.indexOf(NEWLINE);
  const second = record.indexOf(NEWLINE, first + 1);
  if (second < 0) return undefined;
  const line = record.subarray(first + 1, second);
  const [digest, owner, ...rest] = decode(line).split(" ");
  if (owner !== key || decode(record.subarray(0, first)) !== (await sha256Of(line))) return undefined;
  return { length: second + 1, digest, meta: rest.join(" ") };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
