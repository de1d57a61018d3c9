/** What the build knows and no source file repeats: js/build/bundle.mjs writes the value into the bundle. */

/** Facts taken from package.json and from the Pyodide packages the build was made with. */
export interface BuildInfo {
  /** Version of this release; the Python archive must be of the same one. */
  readonly version: string;
  /** Version of Pyodide that `boot()` loads when told nothing else. */
  readonly pyodideVersion: string;
  /** Folder of that Pyodide on its own CDN. */
  readonly pyodideUrl: string;
  /** Where PyPI answers; empty in a build without the Python package. */
  readonly indexUrl: string;
  /** Bytecode of what shows output, where it came with the release. */
  readonly displayModule: string;
  /** The standard library of that Pyodide: its sha256, where the directory of the zip starts, sha256 of all from there on. */
  readonly stdlib: { readonly source: string; readonly start: number; readonly directory: string };
  /** Bytecode that comes with the release, by the name of the wheel that it is for. */
  readonly compiled: Readonly<Record<string, string>>;
}

declare const __BUILD__: BuildInfo;

export const build: BuildInfo = __BUILD__;
