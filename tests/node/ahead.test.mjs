/** What a glance at requirements and locks tells: only what is plain. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "../../js/build/project.mjs";

/** @type {string} */
let folder;
/** @type {any} */
let ahead;

before(async () => {
  folder = await mkdtemp(`${tmpdir()}/wasminstall-ahead-`);
  const contents = `
export { wantedIn, wantedOf } from "./wanted.js";
export { wheelsOfPylock } from "./pylock.js";
export { closure } from "./distribution.js";`;
  const outfile = `${folder}/ahead.mjs`;
  await build({ stdin: { contents, resolveDir: `${root}js/src/ahead` }, bundle: true, format: "esm", outfile });
  ahead = await import(pathToFileURL(outfile).href);
});

after(() => rm(folder, { recursive: true }));

/** @param {{name: string}[]} wanted */
const names = (wanted) => wanted.map(({ name }) => name);

describe("requirements", () => {
  test("plain ones are known by their normalised names", () => {
    const given = ["Pandas", "ruamel.yaml >= 0.18", "a[x,y]==1.*", "b (<2,!=1.5)"];
    assert.deepEqual(names(ahead.wantedOf(given)), ["pandas", "ruamel-yaml", "a", "b"]);
  });

  test("what is not plain is left out", () => {
    const given = [
      "a; python_version < '3'",
      "b @ https://host/b-1-py3-none-any.whl",
      "c===1",
      "d>=1.0rc1",
      "-r x.txt",
      "",
    ];
    assert.deepEqual(ahead.wantedOf(given), []);
  });

  for (const [limits, version, accepted] of [
    ["", "1.2.3", true],
    [">=1.2,<2", "1.2", true],
    [">=1.2,<2", "2.0", false],
    ["==1.2", "1.2.0", true],
    ["==1.2.*", "1.2.9", true],
    ["==1.2.*", "1.20", false],
    ["!=1.2.*", "1.2.9", false],
    ["~=2.2.1", "2.2.9", true],
    ["~=2.2.1", "2.3", false],
    [">1", "1.0", false],
    [">=1", "2.0rc1", false],
  ]) {
    test(`${version} is ${accepted ? "" : "not "}within ${limits || "no limits"}`, () => {
      assert.equal(ahead.wantedOf(`a${limits}`)[0].accepts(version), accepted);
    });
  }

  test("in files of each kind", () => {
    assert.deepEqual(names(ahead.wantedIn("a>=1 # why\n# b\n-e .\nc\\\n")), ["a"]);
    const script = "# /// script\n# dependencies = [\n#   'a>=1',  # why\n#   \"b[x]\",\n# ]\n# ///\nprint('c')\n";
    assert.deepEqual(names(ahead.wantedIn(script)), ["a", "b"]);
    const project =
      "[project]\nname = 'p'\ndependencies = ['a', \"b<2\"]\n[project.optional-dependencies]\nx = ['c']\n";
    assert.deepEqual(names(ahead.wantedIn(project)), ["a", "b"]);
  });
});

describe("locks", () => {
  const sha256 = "ab".repeat(32);
  /** @param {string[]} urls */
  const entry = (...urls) =>
    `[[packages]]\nname = "x"\nwheels = [\n${urls.map((url) => `  { url = "${url}", hashes = { sha256 = "${sha256}" } },\n`).join("")}]\n`;

  test("the one wheel that fits each package", () => {
    const lock = [
      entry("https://host/a-1-py3-none-any.whl"),
      entry("https://host/b-1-cp314-cp314-manylinux_2_17_x86_64.whl", "b-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl"),
      entry("https://host/c-1-cp313-cp313-pyodide_2025_0_wasm32.whl"),
      entry("https://host/d-1-py3-none-any.whl", "https://host/d-1-cp314-cp314-pyodide_2026_0_wasm32.whl"),
      `${entry("https://host/e-1-py3-none-any.whl")}marker = "sys_platform == 'win32'"\n`,
    ].join("\n");
    const found = ahead.wheelsOfPylock(lock, "https://own/locks/pylock.toml", "cp314");
    assert.deepEqual(found, [
      { url: "https://host/a-1-py3-none-any.whl", sha256, later: false },
      { url: "https://own/locks/b-1-cp314-cp314-pyemscripten_2026_0_wasm32.whl", sha256, later: false },
    ]);
  });

  test("a distribution gives what is wanted and all it depends on", () => {
    const one = (/** @type {string} */ name, /** @type {string[]} */ depends) => ({
      version: "1.0",
      file_name: `${name}.whl`,
      sha256,
      depends,
    });
    const lock = { info: {}, packages: { a: one("a", ["B.b"]), "b-b": one("b", ["a"]), c: one("c", []) } };
    const urls = (/** @type {string} */ text) =>
      ahead.closure(lock, ahead.wantedOf(text), "https://host/p/").map((/** @type {any} */ { url }) => url);
    assert.deepEqual(urls("a"), ["https://host/p/a.whl", "https://host/p/b.whl"]);
    assert.deepEqual(urls("a>=2"), []);
    assert.equal(ahead.closure(lock, undefined, "https://host/p/").length, 3);
  });

  test("what others need comes later, unless it is pure and so most likely small", () => {
    const one = (/** @type {string} */ file, /** @type {string[]} */ depends) => ({
      version: "1.0",
      file_name: file,
      sha256,
      depends,
    });
    const compiled = "1-cp314-cp314-pyemscripten_2026_0_wasm32.whl";
    const packages = {
      a: one(`a-${compiled}`, ["b", "c"]),
      b: one(`b-${compiled}`, []),
      c: one("c-1-py3-none-any.whl", []),
    };
    const later = (/** @type {string[] | undefined} */ wanted) =>
      ahead
        .closure({ info: {}, packages }, wanted && ahead.wantedOf(wanted), "https://host/")
        .filter((/** @type {any} */ each) => each.later)
        .map((/** @type {any} */ { url }) => url);
    assert.deepEqual(later(["a"]), [`https://host/b-${compiled}`]);
    assert.deepEqual(later(["a", "b"]), []);
    assert.deepEqual(later(undefined), []);
  });
});
