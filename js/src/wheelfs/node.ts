/**
 * A MEMFS file whose bytes are unpacked when something first asks for them.
 *
 * All that MEMFS does with a file's bytes, it does through `node.contents`. Here that is an accessor of the class, which
 * an own property hides as soon as there are bytes: from then on the node is an ordinary one, and lets go of the archive.
 */

import { unpack } from "./inflate.js";
import { Errno, type FsNode, type Runtime, type StreamOps } from "./memfs.js";

/** An archive that nodes refer to; nothing else keeps it. */
export interface Source {
  /** File name of the archive, for messages. */
  readonly label: string;
  readonly bytes: Uint8Array;
  /** For each member `COLUMNS` numbers; the first is where its data begins. */
  readonly table: Float64Array;
  /** Names of the members, for messages. */
  readonly names: string;
}

/** Numbers in a row of the table: offset, packed size, size, method, CRC-32, permissions, time of change in milliseconds. */
export const COLUMNS = 7;
export const DEFLATED = 8;

const REGULAR_FILE = 0o100000;
const PERMISSIONS = 0o7777;

/** A file that may not be unpacked yet. */
export interface LazyNode extends FsNode {
  /** Undefined when the file has bytes of its own. */
  source: Source | undefined;
  /** Its row in the source's table. */
  readonly member: number;
}

export type LazyNodeClass = new (parent: FsNode, name: string, source: Source, member: number) => LazyNode;

/** The class of lazy nodes of this runtime. */
export function lazyNodeClass(runtime: Runtime): LazyNodeClass {
  const { FS, _module } = runtime;
  const { file } = FS.filesystems.MEMFS.ops_table;
  const nodeOps = {
    ...file.node,
    setattr(node: FsNode, attributes: { readonly size?: number }): void {
      // Newer runtimes read the old bytes even when none of them stays.
      if (attributes.size === 0 && (node as LazyNode).source) node.contents = new Uint8Array(0);
      file.node.setattr(node, attributes);
    },
  };

  /** Unpacking may make WebAssembly's memory grow, which leaves older views of it empty. */
  const unpacked = (node: FsNode, buffer: Uint8Array): Uint8Array => {
    void node.contents;
    return buffer.buffer.byteLength === 0 ? _module.HEAPU8 : buffer;
  };
  const streamOps: StreamOps = {
    ...file.stream,
    read: (stream, buffer, ...rest) => file.stream.read(stream, unpacked(stream.node, buffer), ...rest),
    write: (stream, buffer, ...rest) => file.stream.write(stream, unpacked(stream.node, buffer), ...rest),
  };

  return class extends FS.FSNode {
    source: Source | undefined;
    readonly member: number;

    constructor(parent: FsNode, name: string, source: Source, member: number) {
      const row = member * COLUMNS;
      const { table } = source;
      super(parent, name, REGULAR_FILE | ((table[row + 5] as number) & PERMISSIONS), 0);
      this.node_ops = nodeOps;
      this.stream_ops = streamOps;
      this.usedBytes = table[row + 2] as number;
      this.timestamp = this.mtime = table[row + 6] as number;
      this.source = source;
      this.member = member;
    }

    override get contents(): unknown {
      if (!this.source) return undefined;
      const bytes = read(runtime, this, this.source, this.member);
      this.contents = bytes;
      return bytes;
    }

    override set contents(value: unknown) {
      Object.defineProperty(this, "contents", { value, writable: true, enumerable: true, configurable: true });
      this.source = undefined;
    }
  };
}

/** Unpack; throws what becomes an `OSError` in Python: EIO for a damaged member, ENOMEM. */
function read({ FS, _module }: Runtime, node: FsNode, source: Source, member: number): Uint8Array {
  const [start = 0, packed = 0, size = 0, method, crc = 0] = source.table.subarray(member * COLUMNS);
  const bytes = source.bytes.subarray(start, start + packed);
  let result: Uint8Array | undefined;
  try {
    result = unpack(_module, { bytes, size, deflated: method === DEFLATED, crc });
  } catch (error) {
    if (error instanceof RangeError) throw errnoError(Errno.ENOMEM, error.message);
    throw error;
  }
  if (!result) {
    const message = complain(FS.getPath(node), source, member);
    throw errnoError(Errno.EIO, message);
  }
  return result;
}

/** As the file system's own, which is no `Error` and has no text for the dynamic linker and for JavaScript to tell. */
function errnoError(errno: number, message: string): Error {
  return Object.assign(new Error(message), { name: "ErrnoError", errno });
}

const complained = new WeakMap<Source, Set<number>>();

/** Say it, but once a member: a program may try to read it again and again. */
function complain(path: string, source: Source, member: number): string {
  const members = complained.get(source) ?? new Set();
  const stored = source.names.split("\0")[member] ?? "";
  const name = new TextDecoder().decode(Uint8Array.from(stored, (byte) => byte.charCodeAt(0)));
  const message = `${path} cannot be read: the member '${name}' of ${source.label} is damaged`;
  if (!members.has(member)) console.error(`wasminstall: ${message}`);
  complained.set(source, members.add(member));
  return message;
}
