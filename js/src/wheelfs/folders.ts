/** Folders of MEMFS by path, made as needed: one look-up a folder, not one a file. */

import { Errno, errnoOf, type FileSystem, type FsNode } from "./memfs.js";

/** Looks folders up for the time of one change. */
export class Folders {
  readonly #fs: FileSystem;
  readonly #known = new Map<string, FsNode>();
  readonly #made = new Set<FsNode>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /** The folder of this absolute path. Throws the file system's error when a file is in the way or it is not MEMFS. */
  get(path: string): FsNode {
    const known = this.#known.get(path);
    if (known) return known;
    const node = this.#find(path) ?? this.#make(path);
    if (!isMemfsFolder(this.#fs, node)) {
      throw new this.#fs.ErrnoError(this.#fs.isDir(node.mode) ? Errno.ENOTSUP : Errno.ENOTDIR);
    }
    this.#known.set(path, node);
    return node;
  }

  /** Whether this change made the folder, so that nothing can be in it but what the change put there. */
  isNew(folder: FsNode): boolean {
    return this.#made.has(folder);
  }

  #find(path: string): FsNode | undefined {
    // Nothing can be inside a folder that was made a moment ago but folders that are known.
    const parent = this.#known.get(parentOf(path));
    if (parent && this.#made.has(parent)) return undefined;
    return find(this.#fs, path || "/");
  }

  #make(path: string): FsNode {
    const parent = this.get(parentOf(path));
    const name = path.slice(path.lastIndexOf("/") + 1);
    // The parent was made by Python, with the umask that only newer runtimes have.
    const node = this.#fs.filesystems.MEMFS.createNode(parent, name, parent.mode, 0);
    this.#made.add(node);
    return node;
  }
}

/** Whether this path, or its nearest parent that exists, is a folder whose files are MEMFS's own. */
export function isInMemfs(fs: FileSystem, path: string): boolean {
  for (let at = path; ; at = parentOf(at)) {
    const node = find(fs, at || "/");
    if (node) return isMemfsFolder(fs, node);
    if (!at) return false;
  }
}

/** A file system built on MEMFS that must be told of new files (IDBFS with `autoPersist`) has operations of its own. */
function isMemfsFolder(fs: FileSystem, node: FsNode): boolean {
  return node.node_ops === fs.filesystems.MEMFS.ops_table.dir.node;
}

function find(fs: FileSystem, path: string): FsNode | undefined {
  try {
    return fs.lookupPath(path, { follow: true }).node;
  } catch (error) {
    if (errnoOf(error) === Errno.ENOENT) return undefined;
    throw error;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
