/**
 * The first visit: bytecode of what every start imports and of wasminstall, made with the release (js/build/first.mjs)
 * for the Pyodide it is built for, and put into the zips of sources, that of Pyodide while it starts.
 *
 * The file has the ends of two zips: in place of their own, from an offset on, they make zips that have bytecode beside
 * the sources. Those of Pyodide come later (sources.ts), where its library is known to be the one (release.ts). Else
 * they come at once, and where the bytecode does not come in time, or does not fit, the start is a plain one.
 */

import { build } from "../build-info.js";
import { ownArchive } from "../home.js";
import type { Ends, Files } from "./ends.js";
import { lend } from "./lend.js";
import { isOfRelease, zipIn } from "./release.js";
import type { Sources } from "./sources.js";

const FILE = "wasminstall.stdlib.gz";

type FsInit = (FS: Files, info: { sitePackages: string }) => Promise<void>;
type Zip = Uint8Array<ArrayBuffer>;

/** What is in place of Pyodide's own library. */
export interface Extended {
  /** The sha256 of that. */
  readonly source: string;
  /** Its sources, where they are still to come. */
  readonly sources?: Sources | undefined;
}

/** What one start takes of it: fetched when it is first needed, and once. */
export class FirstVisit {
  readonly #base: URL | undefined;
  readonly #folder: URL | undefined;
  readonly #chunk: Promise<typeof import("./ends.js")>;
  #isOfRelease: Promise<boolean> | undefined;
  #ends: Promise<Ends> | undefined;
  /** Sources that come late, when that is known. */
  readonly sources: Promise<Sources | undefined>;
  #tell: (sources: Sources | undefined) => void = () => {};

  /**
   * @param base folder of the archives, where it was told
   * @param folder of the Pyodide, where it is known
   */
  constructor(base: URL | undefined, folder: URL | undefined) {
    this.#base = base;
    this.#folder = folder;
    this.#chunk = import("./ends.js");
    this.#chunk.catch(() => undefined); // without it the start is a plain one
    this.sources = new Promise((tell) => {
      this.#tell = tell;
    });
  }

  /** Whether the library in the folder is that of the release, where a part of it tells; false where it need not be known. */
  isOfRelease(): Promise<boolean> {
    this.#isOfRelease ??= this.#folder ? isOfRelease(this.#folder) : Promise.resolve(false);
    return this.#isOfRelease;
  }

  /**
   * The configuration of a Pyodide of this version, to start faster; as it is, where this release has nothing for it.
   * `onUsed` is called when more than Pyodide's own library is in place.
   */
  async quickened(
    config: object,
    version: string | undefined,
    onUsed: (extended: Extended) => void = () => {},
  ): Promise<object> {
    const chunk = version === build.pyodideVersion && (await this.#chunk.catch(() => undefined));
    if (!chunk) return config;
    const url = this.#base ? new URL(FILE, this.#base) : ownArchive(FILE);
    const ends = chunk.fetchEnds(url);
    this.#ends = ends;
    const folder = (await this.isOfRelease()) ? this.#folder : undefined;
    // Pyodide wants something to write.
    const loan = folder && (await lend(new Uint8Array()));
    const place = async (FS: Files, path: string): Promise<Extended | undefined> => {
      const { source } = build.stdlib;
      if (!folder || !loan) {
        const found = await chunk.extendFile(FS, path, ends);
        return found ? { source: found } : undefined;
      }
      const sources = await chunk.placeWithout(FS, path, ends, source, zipIn(folder));
      return sources && { source, sources };
    };
    const { fsInit } = config as { fsInit?: FsInit };
    const prepare: FsInit = async (FS, info) => {
      // "/lib/python3.14/site-packages" -> "/lib/python314.zip"
      const path = info.sitePackages.replace(".", "").replace(/\/site-packages$/, ".zip");
      const extended = await place(FS, path).catch(console.warn);
      void loan?.free();
      this.#tell(extended?.sources);
      if (extended) onUsed(extended);
      await fsInit?.(FS, info);
    };
    return { ...config, ...(loan && { stdLibURL: loan.url }), fsInit: prepare };
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
