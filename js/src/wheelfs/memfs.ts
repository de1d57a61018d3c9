/** The parts of Emscripten's file system and of Pyodide's module that wheelfs uses; every Pyodide since 0.27 has them. */

import type { Linker } from "./libraries.js";

/** A file or folder. */
export interface FsNode {
  name: string;
  mode: number;
  parent: FsNode;
  mounted: object | null;
  /** The children of a folder by name, the bytes of a file. */
  contents: unknown;
  usedBytes: number;
  node_ops: NodeOps;
  stream_ops: StreamOps;
  /** The times in milliseconds; until Pyodide 0.27 there was one for all. */
  timestamp: number;
  atime: number;
  mtime: number;
  ctime: number;
}

/** What a file system can do to a node. */
export interface NodeOps {
  setattr(node: FsNode, attributes: { readonly size?: number }): void;
}

/** What a file system can do with an open file; `buffer` often is a view of WebAssembly's memory. */
export interface StreamOps {
  read(stream: Stream, buffer: Uint8Array, ...rest: unknown[]): number;
  write(stream: Stream, buffer: Uint8Array, ...rest: unknown[]): number;
}

/** An open file. */
export interface Stream {
  readonly node: FsNode;
}

/** Emscripten's `FS`. */
export interface FileSystem {
  readonly FSNode: new (parent: FsNode, name: string, mode: number, device: number) => FsNode;
  readonly ErrnoError: new (errno: number) => Error;
  readonly filesystems: { readonly MEMFS: Memfs };
  hashAddNode(node: FsNode): void;
  lookupPath(path: string, options?: { follow?: boolean }): { readonly node: FsNode };
  lookupNode(parent: FsNode, name: string): FsNode;
  getPath(node: FsNode): string;
  isDir(mode: number): boolean;
  mkdirTree(path: string): void;
  unlink(path: string): void;
  readFile(path: string): Uint8Array;
}

/** The file system that keeps everything in JavaScript's memory. */
export interface Memfs {
  readonly ops_table: {
    readonly dir: { readonly node: NodeOps };
    readonly file: { readonly node: NodeOps; readonly stream: StreamOps };
  };
  createNode(parent: FsNode, name: string, mode: number, device: number): FsNode;
}

/** The zlib that is inside the interpreter, and memory for it. Pointers may come back negative. */
export interface Zlib {
  readonly HEAPU8: Uint8Array;
  _PyMem_RawMalloc(size: number): number;
  _PyMem_RawFree(pointer: number): void;
  _inflateInit2_(stream: number, windowBits: number, version: number, size: number): number;
  _inflate(stream: number, flush: number): number;
  _inflateEnd(stream: number): number;
  _crc32(crc: number, pointer: number, length: number): number;
}

/** A Pyodide, or what there is of one before it runs; `_module` is wanted when the first file is read. */
export interface Runtime {
  readonly FS: FileSystem;
  readonly _module: Zlib & Partial<Linker>;
}

/** Error numbers as WebAssembly's musl counts them, which are those of Python's `errno` here. */
export const Errno = { EIO: 29, EISDIR: 31, ENOENT: 44, ENOMEM: 48, ENOTDIR: 54, ENOTSUP: 138 } as const;

/** The `errno` of what a file system threw, undefined for any other error. */
export function errnoOf(error: unknown): number | undefined {
  return (error as { errno?: number } | undefined)?.errno;
}
