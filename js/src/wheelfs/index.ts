/**
 * A wheel as files without unpacking it: each member becomes a MEMFS file that is inflated when it is first read.
 *
 * Python judges the archive and says what goes where (src/wasminstall/hosts/mounting.py); this only puts it there.
 * Nothing here is kept but by the nodes themselves: a wheel's bytes are freed with the last file that needs them.
 */

import { Folders, isInMemfs } from "./folders.js";
import { checkData, resolveOffsets } from "./headers.js";
import { unpack } from "./inflate.js";
import { explainLibrary, forgetFailedLibraries, type Linker } from "./libraries.js";
import { Errno, errnoOf, type FileSystem, type FsNode, type Runtime } from "./memfs.js";
import { COLUMNS, type LazyNode, type LazyNodeClass, lazyNodeClass, type Source } from "./node.js";

import { type Limits, type Survey, survey } from "./survey.js";

export type { Runtime } from "./memfs.js";

/** Mounts archives in one runtime. */
export interface WheelFs {
  /** Whether files of a wheel can be mounted in this folder (or where it would be): MEMFS, and no other file system. */
  canMount(path: string): boolean;
  /**
   * Make one file for each path; folders are made as needed, a file that is there is replaced.
   *
   * @param archive kept by the files that are not unpacked yet, and by nothing else; must not change
   * @param names of the members, separated by NUL, one character a byte as they stand in the archive; "" when the
   *   offsets are those of the data itself, for an archive without local headers
   * @param paths where they go, absolute and normal, separated by NUL
   * @param table seven numbers a member: offset of its local header, packed size, size, method (0 or 8), CRC-32,
   *   permissions (such as 0o644), time of change in milliseconds. Changed by this, and kept.
   * @param label file name of the archive, for messages
   * @returns "" or "INDEX FAULT" of the first member that cannot be mounted. With nothing done, `header` (it has no local
   *   header), `name` (its local header gives another), `cut` (not all inside the archive) or `method`; with the members
   *   before it mounted, a number: the file system's error, as when a folder is in the way of a file
   */
  mount(archive: Uint8Array, names: string, paths: string, table: Float64Array, label: string): string;
  /** What is in a wheel, if it is in every respect as nearly all are: Python is asked about any other. */
  survey(archive: Uint8Array, limits: Limits): Survey | undefined;
  /** Whether a file is mounted and not unpacked yet. */
  isLazy(path: string): boolean;
  /** Why a shared library cannot be loaded, as half a sentence; "" when nothing is seen. For use after a failure. */
  explainLibrary(path: string): string;
  /** Let libraries that could not be loaded be tried again, and others be loaded in spite of them. */
  forgetFailedLibraries(): void;
}

/** Ready to mount; cheap, and safe on a runtime that cannot. */
export function createWheelFs(runtime: Runtime): WheelFs {
  let lazy: LazyNodeClass | undefined;
  return {
    survey(archive, limits) {
      if (!hasParts(runtime)) return undefined;
      try {
        return survey(archive, limits, (member) => unpack(runtime._module, member));
      } catch (error) {
        if (error instanceof RangeError) return undefined; // out of memory, which Python can tell of
        throw error;
      }
    },
    canMount: (path) => hasParts(runtime) && isInMemfs(runtime.FS, path),
    isLazy: (path) => Boolean((runtime.FS.lookupPath(path, { follow: true }).node as Partial<LazyNode>).source),
    explainLibrary(path) {
      const linker = linkerOf(runtime);
      return linker ? explainLibrary(runtime.FS, linker, path) : "";
    },
    forgetFailedLibraries() {
      const linker = linkerOf(runtime);
      if (linker) forgetFailedLibraries(linker);
    },
    mount(bytes, names, paths, table, label) {
      const targets = paths.split("\0");
      if (targets.length * COLUMNS !== table.length) throw new RangeError("not as many paths as members");
      const fault = names ? resolveOffsets(bytes, names, table) : checkAll(bytes, table);
      if (fault) return fault;
      lazy ??= lazyNodeClass(runtime);
      return place(runtime, lazy, { bytes, names, table, label }, targets);
    },
  };
}

/** What differs between runtimes is looked for, never concluded from a version. */
function hasParts({ FS, _module }: Runtime): boolean {
  const memfs = FS.filesystems?.MEMFS?.ops_table;
  const zlib = ["_PyMem_RawMalloc", "_PyMem_RawFree", "_inflateInit2_", "_inflate", "_inflateEnd", "_crc32"] as const;
  return (
    Boolean(memfs?.dir && memfs.file) &&
    typeof FS.FSNode === "function" &&
    typeof FS.hashAddNode === "function" &&
    zlib.every((name) => typeof _module[name] === "function")
  );
}

function linkerOf({ _module }: Runtime): Linker | undefined {
  const parts = ["LDSO", "GOT", "getDylinkMetadata", "resolveGlobalSymbol"] as const;
  return parts.every((name) => _module[name]) ? (_module as Linker) : undefined;
}

function checkAll(archive: Uint8Array, table: Float64Array): string {
  for (let row = 0; row < table.length; row += COLUMNS) {
    const fault = checkData(archive, table, row);
    if (fault) return `${row / COLUMNS} ${fault}`;
  }
  return "";
}

function place(runtime: Runtime, Lazy: LazyNodeClass, source: Source, paths: readonly string[]): string {
  const folders = new Folders(runtime.FS);
  for (const [member, path] of paths.entries()) {
    try {
      placeOne(runtime.FS, Lazy, source, member, path, folders);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      return `${member} ${errno}`;
    }
  }
  return "";
}

function placeOne(
  fs: FileSystem,
  Lazy: LazyNodeClass,
  source: Source,
  member: number,
  path: string,
  folders: Folders,
): void {
  const cut = path.lastIndexOf("/");
  const folder = folders.get(path.slice(0, cut));
  const name = path.slice(cut + 1);
  if (!folders.isNew(folder) || Object.hasOwn(folder.contents as object, name)) {
    clear(fs, folder, name, path);
    folder.timestamp = folder.mtime = folder.ctime = Date.now();
  }
  const node = new Lazy(folder, name, source, member);
  // An empty file needs no archive.
  if (node.usedBytes === 0 && source.table[member * COLUMNS + 4] === 0) node.contents = new Uint8Array(0);
  fs.hashAddNode(node);
  (folder.contents as Record<string, FsNode>)[name] = node;
}

/** Make room for a file. */
function clear(fs: FileSystem, folder: FsNode, name: string, path: string): void {
  let node: FsNode;
  try {
    node = fs.lookupNode(folder, name);
  } catch (error) {
    if (errnoOf(error) === Errno.ENOENT) return;
    throw error;
  }
  if (fs.isDir(node.mode)) throw new fs.ErrnoError(Errno.EISDIR);
  fs.unlink(path);
}
