/** Pieces put together with as few copies as there can be. */

// A server can announce anything; more than this is believed when it comes.
const BELIEVED = 2 ** 27;

/** Grows as pieces come; `expected` bytes are made room for at once. */
export class Collected {
  #room: Uint8Array = new Uint8Array();
  #length = 0;
  readonly #expected: number;

  constructor(expected: number) {
    this.#expected = Math.min(expected, BELIEVED);
  }

  get length(): number {
    return this.#length;
  }

  /** All of it, in an array of its own that is no longer than that. */
  get bytes(): Uint8Array {
    return this.#room.byteLength === this.#length ? this.#room : this.#room.slice(0, this.#length);
  }

  add(piece: Uint8Array): void {
    const end = this.#length + piece.byteLength;
    if (this.#length === 0 && end >= this.#expected) {
      // Often all there is. Node's pieces can be small parts of one large buffer, which nothing should keep alive.
      this.#room = piece.buffer.byteLength === piece.byteLength ? piece : piece.slice();
    } else {
      if (end > this.#room.byteLength) this.#grow(Math.max(end, this.#expected, this.#length * 2));
      this.#room.set(piece, this.#length);
    }
    this.#length = end;
  }

  #grow(size: number): void {
    const room = new Uint8Array(size);
    room.set(this.#room.subarray(0, this.#length));
    this.#room = room;
  }
}
