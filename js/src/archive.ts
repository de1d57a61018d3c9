/**
 * The Python package as one zip: bytecode for one CPython (`wasminstall.cpython-314.zip.gz`) or sources
 * (`wasminstall.zip.gz`). The members are stored and the whole is gzipped, which is smaller and imports faster.
 *
 * The zip's comment says what it is, "wasminstall VERSION TAG MAGIC": so a wrong page, another release
 * or bytecode of another interpreter is noticed before Python sees it.
 */

import { build } from "./build-info.js";
import { BootError } from "./errors.js";
import { nodeBuiltin } from "./node.js";

/** The archive's bytes and, for bytecode, the magic number of the interpreter it is for. */
export interface Archive {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly magic: string | undefined;
}

/** Fetch the archive for this cache tag from the folder `base`; the sources where this release has no bytecode for it. */
export async function fetchArchive(base: URL, tag: string | undefined): Promise<Archive> {
  const known = tag !== undefined && Object.values(build.tags).includes(tag);
  const url = new URL(known ? `wasminstall.${tag}.zip.gz` : "wasminstall.zip.gz", base);
  const bytes = await gunzip(await readBytes(url), url);
  return { bytes, magic: checkComment(bytes, url) };
}

async function readBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const fs = url.protocol === "file:" ? (nodeBuiltin("node:fs/promises") as NodeFiles | undefined) : undefined;
    if (fs) return new Uint8Array(await fs.readFile(url));
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP ${response.status} ${response.statusText}`.trimEnd());
    return new Uint8Array(await response.arrayBuffer());
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

interface NodeFiles {
  readFile(url: URL): Promise<Uint8Array<ArrayBuffer>>;
}

/** Decompress, unless the server said `Content-Encoding: gzip` and the browser has done it. */
async function gunzip(bytes: Uint8Array<ArrayBuffer>, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new BootError("archive-invalid", `The wasminstall archive is damaged: ${url}`, cause);
  }
}

/** Return the magic number the zip's comment names, or throw when this is not our archive. */
function checkComment(bytes: Uint8Array<ArrayBuffer>, url: URL): string | undefined {
  const [name, version, , magic] = zipComment(bytes).split(" ");
  if (name !== "wasminstall") {
    throw new BootError("archive-invalid", `This is not a wasminstall archive: ${url} (${bytes.length} bytes)`);
  }
  if (version !== build.version) {
    const message = `${url} is wasminstall ${version}, but this script is ${build.version}: serve both from one release`;
    throw new BootError("archive-invalid", message);
  }
  return magic;
}

/** The comment at the end of a zip, "" when these bytes are no zip. */
function zipComment(bytes: Uint8Array<ArrayBuffer>): string {
  const END_RECORD = 0x06054b50;
  const END_LENGTH = 22;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.length - END_LENGTH; at >= Math.max(0, bytes.length - END_LENGTH - 255); at--) {
    if (view.getUint32(at, true) === END_RECORD) return new TextDecoder().decode(bytes.subarray(at + END_LENGTH));
  }
  return "";
}
