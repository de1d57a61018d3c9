/** The attributes and the text of Python scripts, as they are read. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "../../js/build/project.mjs";

const BUNDLE = `
  export { isOn, switched } from "./attributes.js";
  export { dedented, hasBlock } from "./block.js";
  export { Contradiction, needsOf } from "./needs.js";
  export { splitRequirements } from "./requirements.js";
  export { ofCode, ofPreload } from "./words.js";
`;

/** @type {string} */
let temporary;
/** @type {typeof import("../../js/src/scripts/attributes.js") & typeof import("../../js/src/scripts/block.js") & typeof import("../../js/src/scripts/needs.js") & typeof import("../../js/src/scripts/requirements.js") & typeof import("../../js/src/scripts/words.js")} */
let built;

before(async () => {
  temporary = await mkdtemp(`${tmpdir()}/wasminstall-scripts-`);
  const outfile = `${temporary}/scripts.mjs`;
  const stdin = { contents: BUNDLE, resolveDir: `${root}js/src/scripts`, loader: /** @type {const} */ ("ts") };
  await build({ stdin, bundle: true, format: "esm", outfile });
  built = await import(pathToFileURL(outfile).href);
  Object.assign(globalThis, { document: { baseURI: "https://site.example/app/" } });
});

after(() => rm(temporary, { recursive: true }));

/** @type {readonly [string, readonly string[]][]} */
const ATTRIBUTES = [
  ["pandas>=2 matplotlib", ["pandas>=2", "matplotlib"]],
  ["pandas, matplotlib\n  six", ["pandas", "matplotlib", "six"]],
  ["numpy>=1,<3", ["numpy>=1,<3"]],
  ["numpy>=1, <3 pandas", ["numpy>=1, <3", "pandas"]],
  ["numpy >= 1 , < 3, pandas", ["numpy >= 1 , < 3", "pandas"]],
  ["numpy>=1,pandas", ["numpy>=1", "pandas"]],
  ["numpy\n  >= 1,\n  < 3", ["numpy >= 1, < 3"]],
  ["numpy (>=1, <3) six", ["numpy (>=1, <3)", "six"]],
  ["requests[security, socks]>=2,!=2.1.*,<3 six", ["requests[security, socks]>=2,!=2.1.*,<3", "six"]],
  ["a===1.0 b~=2.0", ["a===1.0", "b~=2.0"]],
  ["old; python_version < '3.12' and extra == 'x'\nnew", ["old; python_version < '3.12' and extra == 'x'", "new"]],
  ["six==1.16.0;sys_platform=='emscripten'", ["six==1.16.0;sys_platform=='emscripten'"]],
  ["a @ https://host.example/a,b.whl#sha256=0f b", ["a @ https://host.example/a,b.whl#sha256=0f", "b"]],
  ["https://host.example/a-1.0-py3-none-any.whl b", ["https://host.example/a-1.0-py3-none-any.whl", "b"]],
  ["./wheels/a.whl, /b.whl", ["./wheels/a.whl", "/b.whl"]],
  ["", []],
  [" ,\n", []],
];

for (const [attribute, requirements] of ATTRIBUTES) {
  test(`packages ${JSON.stringify(attribute)}`, () => {
    assert.deepEqual(built.splitRequirements(attribute), requirements);
  });
}

test("attributes that are on or off", () => {
  for (const value of ["", "true", "worker", "data-worker"]) assert.equal(built.switched(value), true, value);
  assert.equal(built.switched("false"), false);
  for (const value of [undefined, "no", "flase", "1", "True"]) assert.equal(built.switched(value), undefined, value);
  assert.deepEqual(["", "false", "no", undefined].map(built.isOn), [true, false, false, false]);
});

test("code is moved to the left edge, as Python would", () => {
  const code = built.dedented("\n    # /// script\n    # ///\n\n    if 1:\n        x = 1\n  ");
  assert.equal(code, "\n# /// script\n# ///\n\nif 1:\n    x = 1\n");
  assert.equal(built.hasBlock(code), true);
  assert.equal(built.dedented("\tif 1:\n\t\tx\n  y"), "\tif 1:\n\t\tx\n  y");
});

test("what a script needs: addresses as the page means them", () => {
  const attributes = { packages: "pandas six", index: "../simple/", offline: "" };
  const needs = { requirements: ["pandas", "six"], index_urls: "https://site.example/simple/", offline: true };
  assert.deepEqual(built.needsOf(attributes, ""), needs);
  assert.deepEqual(built.needsOf({ requirements: "needs.txt" }, ""), {
    requirements: [],
    file: "https://site.example/app/needs.txt",
  });
  const wheel = "https://site.example/wheels/a-1.0-py3-none-any.whl";
  assert.deepEqual(built.needsOf({ packages: "../wheels/a-1.0-py3-none-any.whl" }, ""), { requirements: [wheel] });
  assert.equal(built.needsOf({ offline: "", index: "/simple/" }, "print(1)"), undefined);
});

test("a lock says all: a block in the code adds nothing, other attributes contradict", () => {
  const block = "# /// script\n# ///\n";
  const lock = { requirements: [], lock: "https://site.example/app/pylock.toml" };
  assert.deepEqual(built.needsOf({ lock: "pylock.toml" }, block), lock);
  for (const attributes of [{ packages: "six" }, { requirements: "needs.txt" }]) {
    assert.throws(() => built.needsOf({ lock: "pylock.toml", ...attributes }, ""), built.Contradiction);
  }
  assert.throws(() => built.needsOf({ requirements: "needs.txt" }, block), /keep one/);
});

const MISSING = {
  kind: /** @type {const} */ ("error"),
  type: "ModuleNotFoundError",
  message: "No module named 'pands'",
  traceback: "Traceback ...",
  hint: 'await wasminstall.install("pands") if the project is called like the module',
};
const IMPORTING = { kind: /** @type {const} */ ("code"), filename: "it", line: 1, function: "", lines: [] };

test("a module that is not there: what to write where", () => {
  assert.equal(
    built.ofCode(MISSING).hint,
    'add data-packages="pands" to the script if the project is called like the module',
  );
  const mark = /** @type {const} */ ([0, 0]);
  const chain = [{ relation: "", type: "", message: "", frames: [{ ...IMPORTING, mark }] }];
  const { message, hint, traceback, chain: shown } = built.ofPreload({ ...MISSING, chain });
  assert.equal(message, "data-preload names what cannot be imported: No module named 'pands'");
  assert.match(hint ?? "", /^mend the name in data-preload, or add data-packages="pands" to the tag of wasminstall/);
  assert.deepEqual([traceback, shown], ["", []]);
  const without = { ...MISSING, hint: "Pyodide comes without this part of Python" };
  assert.equal(built.ofPreload(without).hint, without.hint);
});

test("a preloaded module that fails shows its own frames", () => {
  const inside = {
    kind: /** @type {const} */ ("library"),
    filename: "breaks.py",
    line: 1,
    function: "<module>",
    text: "",
  };
  const chain = [{ relation: "", type: "LookupError", message: "no", frames: [inside] }];
  const failed = { ...MISSING, type: "LookupError", message: "no", hint: "", chain };
  const { message, chain: shown } = built.ofPreload(failed);
  assert.equal(message, "data-preload names what cannot be imported: LookupError: no");
  assert.deepEqual(shown, chain);
});
