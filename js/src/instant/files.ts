/**
 * The files of an environment as one blob: taken from a Python that has them, and mounted in one that starts.
 *
 * What came out of a wheel stays as it lies in the wheel; shared libraries are unpacked, to be compiled at once.
 */

import { joined } from "../stdlib/bytes.js";
import { createWheelFs, type Runtime } from "../wheelfs/index.js";
import { crc32 } from "../wheelfs/inflate.js";
import type { FileSystem, FsNode } from "../wheelfs/memfs.js";
import { COLUMNS, DEFLATED, type LazyNode } from "../wheelfs/node.js";
import { type Files, Refusal } from "./model.js";

/** At the root: devices, and what is for a moment. */
const ELSEWHERE = new Set(["/dev", "/proc", "/tmp"]);
const PERMISSIONS = 0o7777;
const LINK = 0o120000;
const KIND = 0o170000;
const LABEL = "the snapshot";

/** The bytes of a file, packed or not, and what the table says of them. */
interface Content {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly method: number;
  readonly crc: number;
  readonly mtime: number;
}

/** All files and folders, by path. */
export function walk(fs: FileSystem): Map<string, FsNode> {
  const found = new Map<string, FsNode>();
  const visit = (path: string, node: FsNode): void => {
    for (const [name, child] of Object.entries(node.contents as Record<string, FsNode>)) {
      const at = `${path}/${name}`;
      // Of links and mounted file systems nobody needs to know.
      if (ELSEWHERE.has(at) || child.mounted || (child.mode & KIND) === LINK) continue;
      found.set(at, child);
      if (fs.isDir(child.mode)) visit(at, child);
    }
  };
  visit("", fs.lookupPath("/").node);
  return found;
}

/** What is there now of files that nobody has read yet: as it lies in the archives, which are not copied. */
export function packed(fs: FileSystem): Map<string, Content> {
  const found = new Map<string, Content>();
  for (const [path, node] of walk(fs)) {
    const { source, member } = node as Partial<LazyNode>;
    if (!source || member === undefined) continue;
    const [start = 0, length = 0, size = 0, method = 0, crc = 0] = source.table.subarray(member * COLUMNS);
    const bytes = source.bytes.subarray(start, start + length);
    found.set(path, { bytes, size, method, crc, mtime: node.mtime });
  }
  return found;
}

/** Deflate what lies there as it is, but for `except`. */
export async function deflated({ files, blob }: Image, except: ReadonlySet<string>): Promise<Image> {
  const table = [...files.table];
  let offset = 0;
  const pack = async (path: string, file: number): Promise<Uint8Array> => {
    const [start = 0, length = 0, , method] = table.slice(file * COLUMNS);
    const bytes = blob.subarray(start, start + length);
    return method === 0 && length > 0 && !except.has(path) ? deflate(bytes) : bytes;
  };
  const parts = await Promise.all(files.paths.map(pack));
  for (const [file, { length }] of parts.entries()) {
    const row = file * COLUMNS;
    if (length !== table[row + 1]) table[row + 3] = DEFLATED;
    table[row] = offset;
    table[row + 1] = length;
    offset += length;
  }
  return { files: { ...files, table }, blob: joined(parts) };
}

/** The same bytes, where that makes them no fewer. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  return packed.length < bytes.length ? packed : bytes;
}

/** Files and the blob they lie in. */
export interface Image {
  readonly files: Files;
  readonly blob: Uint8Array<ArrayBuffer>;
}

/**
 * What is there beside `before`, or was changed since.
 *
 * @param known contents that need not be read
 * @param unpacked paths of files that must lie in the blob as they are
 */
export function image(
  runtime: Runtime,
  before: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, Content>,
  unpacked: ReadonlySet<string>,
): Image {
  const parts: Uint8Array[] = [];
  const files = { paths: [] as string[], table: [] as number[], folders: [] as string[] };
  let offset = 0;
  for (const [path, node] of walk(runtime.FS)) {
    if (before.get(path) === node.mtime) continue;
    if (runtime.FS.isDir(node.mode)) {
      if (!before.has(path) && Object.keys(node.contents as object).length === 0) files.folders.push(path);
      continue;
    }
    const kept = unpacked.has(path) ? undefined : known.get(path);
    const { bytes, size, method, crc } = kept?.mtime === node.mtime ? kept : contentOf(runtime, path, node);
    files.paths.push(path);
    files.table.push(offset, bytes.length, size, method, crc, node.mode & PERMISSIONS, node.mtime);
    parts.push(bytes);
    offset += bytes.length;
  }
  return { files, blob: joined(parts) };
}

/** When each file and folder was changed. */
export function times(fs: FileSystem): Map<string, number> {
  return new Map(Array.from(walk(fs), ([path, node]) => [path, node.mtime]));
}

function contentOf({ FS, _module }: Runtime, path: string, node: FsNode): Content {
  const bytes = FS.readFile(path);
  return { bytes, size: bytes.length, method: 0, crc: crc32(_module, bytes), mtime: node.mtime };
}

/** One image after the other. */
export function append(first: Image, second: Image): Image {
  const table = second.files.table.map((value, at) => (at % COLUMNS === 0 ? value + first.blob.length : value));
  const files = {
    paths: [...first.files.paths, ...second.files.paths],
    table: [...first.files.table, ...table],
    folders: [...first.files.folders, ...second.files.folders],
  };
  return { files, blob: joined([first.blob, second.blob]) };
}

/** Place the files; they are unpacked when they are read. */
export function fill(runtime: Runtime, { files, blob }: Image): void {
  for (const path of files.folders) runtime.FS.mkdirTree(path);
  if (files.paths.length === 0) return;
  const table = Float64Array.from(files.table);
  const fault = createWheelFs(runtime).mount(blob, "", files.paths.join("\0"), table, LABEL);
  if (fault) throw new Refusal(`its files cannot be placed (${fault})`);
}

/** The bytes of one file that lies unpacked in the blob. Throws `Refusal` when there is none. */
export function bytesOf({ files, blob }: Image, path: string): Uint8Array<ArrayBuffer> {
  const at = files.paths.lastIndexOf(path);
  if (at < 0) throw new Refusal(`the file ${path} is not kept`);
  const [start = 0, length = 0] = files.table.slice(at * COLUMNS);
  return blob.subarray(start, start + length);
}
