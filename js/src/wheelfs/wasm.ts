/** What a WebAssembly library wants and gives, read from its first sections without compiling it. */

/** Names only: of functions and globals, as dynamic linking knows no others. */
export interface Interface {
  readonly imports: ReadonlySet<string>;
  readonly exports: ReadonlySet<string>;
}

const IMPORTS = 2;
const EXPORTS = 7;
const HEADER = 8;
/** Kinds of imports and exports, and the bytes after a kind that is of no interest. */
const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];
/** Where dynamic linking puts symbols; "env" also has what is no symbol. */
const SYMBOLS = new Set(["env", "GOT.mem", "GOT.func"]);

/** Throws `RangeError` when the bytes end too early. */
export function readInterface(bytes: Uint8Array): Interface {
  const reader = new Reader(bytes, HEADER);
  const imports = new Set<string>();
  const exports = new Set<string>();
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const end = reader.number() + reader.at;
    if (section === IMPORTS) readImports(reader, imports);
    if (section === EXPORTS) readExports(reader, exports);
    if (section >= EXPORTS) break;
    reader.at = end;
  }
  return { imports, exports };
}

function readImports(reader: Reader, found: Set<string>): void {
  for (let count = reader.number(); count > 0; count--) {
    const module = reader.text();
    const name = reader.text();
    const kind = reader.byte();
    if (SYMBOLS.has(module) && (kind === FUNCTION || kind === GLOBAL)) found.add(name);
    if (kind === FUNCTION) reader.number();
    else if (kind === GLOBAL) reader.at += 2;
    else if (kind === TABLE || kind === MEMORY) reader.limits(kind === TABLE);
    else reader.tag();
  }
}

function readExports(reader: Reader, found: Set<string>): void {
  for (let count = reader.number(); count > 0; count--) {
    found.add(reader.text());
    reader.byte();
    reader.number();
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.#bytes[this.at++];
    if (value === undefined) throw new RangeError("the library is cut off");
    return value;
  }

  /** An unsigned number of seven bits a byte. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }

  limits(hasType: boolean): void {
    if (hasType) this.byte();
    const flags = this.byte();
    this.number();
    if (flags & 1) this.number();
  }

  tag(): void {
    this.byte();
    this.number();
  }
}
