/** What a store is: bytes kept under a key between visits, whatever keeps them. */

/** What was kept: the bytes, and a JSON text with what should be known about them. */
export interface Entry {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly meta: string;
}

/** Some of the bytes of something large. Nobody has checked them. */
export interface Part {
  /** In an array of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Their `digests()` (stdlib/bytes.ts). */
  readonly digests: readonly string[] | Promise<readonly string[]>;
  /** How many bytes there are in all. */
  readonly size: number;
}

/** Reads from `start` up to `end`, or to the end of all; rejects when that cannot be read any more. */
export type ReadPart = (start: number, end: number) => Promise<Part>;

/** An entry of which parts are read when they are asked for. */
export interface Opened {
  readonly meta: string;
  /** How many bytes there are. */
  readonly size: number;
  readonly read: ReadPart;
  /** Nothing more will be read. */
  close(): void;
}

/** One entry of a list: `size` in bytes as stored, `used` in seconds since 1970. */
export interface Kept {
  readonly key: string;
  readonly size: number;
  readonly used: number;
}

/**
 * Bytes kept between visits. Keys are `kind/name`, such as `wheel/<sha256>`.
 *
 * Several pages, workers or processes may use one store at once. A put is atomic: whoever is stopped in the middle
 * leaves the old entry or none. What is read was complete and undamaged, or it is not there (and dropped).
 */
export interface Store {
  /** Where the bytes lie, for people. */
  readonly where: string;
  get(key: string): Promise<Entry | undefined>;
  /** Several at once, in the order of the keys. */
  getMany(keys: readonly string[]): Promise<(Entry | undefined)[]>;
  /** For a large entry: its bytes are for the caller to read, and to check. */
  open(key: string): Promise<Opened | undefined>;
  /**
   * `meta` is JSON on one line; `sha256` that of the bytes, in hexadecimal, where it is known already.
   * Rejects when there is no room. The bytes are copied before this returns.
   */
  put(key: string, bytes: Uint8Array, meta: string, sha256?: string): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
  list(): Promise<Kept[]>;
  /** Note that these were used just now. Losing a note is harmless, so this never rejects. */
  touch(keys: readonly string[]): Promise<void>;
  clear(): Promise<void>;
  /** How many bytes may be kept here. */
  budget(): Promise<number>;
}

/** Throws when this is no `kind/name`: a key is part of a file's path. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new RangeError(`not a key of the store: ${JSON.stringify(key)}`);
}

export function isKey(text: string): boolean {
  return /^[a-z]+\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(text);
}
