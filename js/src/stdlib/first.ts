/**
 * The first visit: bytecode of what every start imports and of wasminstall, made with the release (js/build/stdlib.mjs)
 * for the Pyodide it is built for, and put into the zips of sources, that of Pyodide while it starts.
 *
 * The file has the ends of two zips: in place of their own, from an offset on, they make zips that have bytecode beside
 * the sources. Where it does not come in time, or does not fit, the start is a plain one.
 */

import { build } from "../build-info.js";
import { ownArchive } from "../home.js";
import type { Ends, Files } from "./ends.js";

const FILE = "wasminstall.stdlib.gz";

type FsInit = (FS: Files, info: { sitePackages: string }) => Promise<void>;
type Zip = Uint8Array<ArrayBuffer>;

/** What one start takes of it: fetched when it is first needed, and once. */
export class FirstVisit {
  readonly #base: URL | undefined;
  #ends: Promise<Ends> | undefined;

  /** @param base folder of the archives, where it was told */
  constructor(base: URL | undefined) {
    this.#base = base;
  }

  /**
   * The configuration of a Pyodide of this version, to start faster; as it is, where this release has nothing for it.
   * `onUsed` is called with the sha256 of Pyodide's own library, when more than that is in place.
   */
  quickened(config: object, version: string | undefined, onUsed: (source: string) => void = () => {}): object {
    if (version !== build.pyodideVersion) return config;
    const url = this.#base ? new URL(FILE, this.#base) : ownArchive(FILE);
    const chunk = import("./ends.js");
    const ends = chunk.then(({ fetchEnds }) => fetchEnds(url));
    this.#ends = ends;
    const { fsInit } = config as { fsInit?: FsInit };
    const prepare: FsInit = async (FS, info) => {
      // "/lib/python3.14/site-packages" -> "/lib/python314.zip"
      const path = info.sitePackages.replace(".", "").replace(/\/site-packages$/, ".zip");
      const source = await chunk.then(({ extendFile }) => extendFile(FS, path, ends)).catch(() => "");
      if (source) onUsed(source);
      await fsInit?.(FS, info);
    };
    return { ...config, fsInit: prepare };
  }

  /** The archive of the Python package with bytecode, where this start had that fetched. */
  async extended(archive: Zip): Promise<Zip> {
    try {
      const ends = await Promise.race([this.#ends, undefined]);
      return ends ? await (await import("./ends.js")).extended(archive, ends) : archive;
    } catch {
      return archive;
    }
  }
}
