/**
 * The Python package as one zip, `wasminstall.zip.gz`: sources without what only their readers look at. The members are
 * stored and the whole is gzipped, which is smaller and imports faster.
 *
 * Python compiles what it imports of it, at the first visit; the bytecode is kept in the store for the next ones. (To
 * send bytecode would double the size, and needs an archive for each CPython.)
 *
 * The zip's comment says what it is, "wasminstall VERSION": so a wrong page or another release is noticed before Python
 * sees it.
 */

import { build } from "./build-info.js";
import { BootError } from "./errors.js";
import { ownArchive } from "./home.js";
import { gunzip, read, sha256 } from "./stdlib/bytes.js";
import { type Keeper, type KeptArchive, openKeeper } from "./stdlib/keeper.js";
import { readDirectory } from "./stdlib/zip.js";

/** The archive, and what an earlier visit made of it. */
export interface Archive {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the bytes. */
  readonly source: string;
  /** Whether this visit has put the bytecode of the first visit into them. */
  readonly extended?: boolean | undefined;
  /** With bytecode in it. */
  readonly kept: KeptArchive | undefined;
  readonly keeper: Keeper | undefined;
}

const NAME = "wasminstall.zip.gz";

/** Fetch the archive from the folder `base`, or from beside this bundle; without `cache` nothing kept is used. */
export async function fetchArchive(base: URL | undefined, cache: boolean): Promise<Archive> {
  const url = base === undefined ? ownArchive(NAME) : new URL(NAME, base);
  const keeping = cache ? openKeeper("python", url) : undefined;
  const [bytes, keeper, kept] = await Promise.all([
    readArchive(url),
    keeping,
    keeping?.then((keeper) => keeper?.find()),
  ]);
  const source = keeper ? await sha256(bytes) : "";
  return { bytes, source, keeper, kept: kept?.source === source ? kept : undefined };
}

async function readArchive(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await unpacked(await readBytes(url), url);
  checkComment(bytes, url);
  return bytes;
}

async function readBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await read(url);
  } catch (cause) {
    const hint = url.protocol === "file:" ? " (a page opened as a file cannot fetch: serve it over http)" : "";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BootError(
      "archive-not-found",
      `The wasminstall archive could not be read: ${url}: ${reason}${hint}`,
      cause,
    );
  }
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await gunzip(bytes);
  } catch (cause) {
    throw new BootError("archive-invalid", `The wasminstall archive is damaged: ${url}`, cause);
  }
}

/** Throw when this is not our archive. */
function checkComment(bytes: Uint8Array<ArrayBuffer>, url: URL): void {
  const [name, version] = readDirectory(bytes)?.comment.split(" ") ?? [];
  if (name !== "wasminstall") {
    throw new BootError("archive-invalid", `This is not a wasminstall archive: ${url} (${bytes.length} bytes)`);
  }
  if (version !== build.version) {
    const message = `${url} is wasminstall ${version}, but this script is ${build.version}: serve both from one release`;
    throw new BootError("archive-invalid", message);
  }
}
