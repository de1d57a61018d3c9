/** `boot()` and `attach()` in Node, and what they say when something is missing. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import * as pyodideModule from "pyodide";
import { attach, BootError, boot, version, WasmInstallError } from "wasminstall";
import { dist, root } from "../../js/build/project.mjs";
import { serveDist } from "./support/processes.mjs";

const pyodideFolder = pathToFileURL(`${root}node_modules/pyodide/`);
const nowhere = pathToFileURL(`${root}nowhere/`);

const { loadPyodide } = pyodideModule;

/** @type {import("wasminstall").Wasminstall} */
let python;

before(async () => {
  python = await boot({ pyodide: pyodideFolder });
});

test("boot from a folder makes wasminstall importable", async () => {
  assert.equal(python.version, version);
  assert.equal(await python.run("import wasminstall; callable(wasminstall.install)"), true);
});

test("without being told where, Node takes the package named pyodide", async () => {
  const other = await boot();
  assert.match(
    String(await other.run("import wasminstall; wasminstall.__file__")),
    /\.zip\/wasminstall\/__init__\.pyc?$/,
  );
});

test("an imported Pyodide will do, and gets its configuration", async () => {
  /** @type {string[]} */
  const lines = [];
  const other = await boot({
    pyodide: pyodideModule,
    config: { stdout: (/** @type {string} */ line) => lines.push(line) },
  });
  await other.run("print('hello')");
  assert.deepEqual(lines, ["hello"]);
});

test("an instant start is for pages: here it is a normal one, and nobody is warned", async (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  const other = await boot({ pyodide: pyodideFolder, instant: true });
  assert.deepEqual(other.start, { instant: false, reason: "only pages make snapshots for their next visit" });
  assert.equal(warn.mock.callCount(), 0);
});

test("what Python prints comes as it is written", async () => {
  const out = /** @type {string[]} */ ([]);
  const err = /** @type {string[]} */ ([]);
  const other = await boot({
    pyodide: pyodideFolder,
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
  });
  await other.run("import sys; print('50 %', end='\\r', flush=True); print('é'); print('bad', file=sys.stderr)");
  assert.deepEqual([out, err], [["50 %\r", "é\n"], ["bad\n"]]);
});

test("boot imports nothing of ours: the first use does", async () => {
  const other = await attach(await loadPyodide());
  assert.equal(await other.run("import sys; any(name.startswith('wasminstall') for name in sys.modules)"), false);
});

test("a module of preload that is not there: the option is named", async () => {
  const told = /boot\(\) has 'pands' in preload: mend the name, or add the project/;
  await assert.rejects(boot({ pyodide: pyodideFolder, preload: ["pands"] }), told);
});

test("a second attach changes nothing", async () => {
  const path = "import sys; ':'.join(sys.path)";
  const before = await python.run(path);
  const again = await attach(python.pyodide, { archive: nowhere });
  assert.equal(await again.run(path), before);
});

test("top-level await runs, and errors arrive", async () => {
  assert.equal(await python.run("import asyncio\nawait asyncio.sleep(0)\n41 + 1"), 42);
  await assert.rejects(python.run("1 / 0"), /ZeroDivisionError/);
});

test("an error of Python's install arrives with its text, its hint and its traceback", async () => {
  const error = await python.install("not a requirement !").catch((/** @type {unknown} */ thrown) => thrown);
  assert.ok(error instanceof WasmInstallError, String(error));
  assert.deepEqual([error.name, error.type], ["WasmInstallError", "InvalidRequirement"]);
  // What the consoles of browsers say of an error that nobody caught.
  assert.equal(Object.prototype.toString.call(error), "[object WasmInstallError]");
  assert.match(error.message, /^cannot read the requirement 'not a requirement !': [^\n]*$/);
  assert.match(error.hint ?? "", /^give several requirements as a list: /);
  assert.match(error.traceback, /^Traceback[\s\S]*\.InvalidRequirement: cannot read/);
});

test("what is given to install() the wrong way is named, with the way out", async () => {
  const given = python.install(/** @type {any} */ ({ packages: "six" }));
  const error = await given.catch((/** @type {unknown} */ thrown) => thrown);
  assert.ok(error instanceof WasmInstallError, String(error));
  assert.match(error.message, /^requirements must be .*, not dict: \{'packages': 'six'\}$/);
  assert.match(error.hint ?? "", /in JavaScript they come second: install\(\[\], \{ lock \}\)$/);
  assert.ok(error.stack?.startsWith(`WasmInstallError: ${error.message}\nhint: ${error.hint}\n`), error.stack);
  for (const [option, message] of /** @type {const} */ ([
    ["file", "file must be a string, not null"],
    ["indexUrl", "install() got an unexpected keyword argument 'index_url'. Did you mean 'index_urls'?"],
  ]))
    await assert.rejects(python.install("six", { [option]: null }), { type: "InvalidInput", hint: undefined, message });
});

const MAKE_WHEEL = `
import zipfile
with zipfile.ZipFile("/tmp/shout-1.2-py3-none-any.whl", "w") as wheel:
    info = "shout-1.2.dist-info"
    wheel.writestr("shout.py", "def shout(text): return text.upper()")
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: shout\\nVersion: 1.2\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\\n" for name in [*wheel.namelist(), f"{info}/RECORD"]))
`;

test("install() of a wheel gives a plain report, its dry run the plan", async () => {
  await python.run(MAKE_WHEEL);
  const wheel = "/tmp/shout-1.2-py3-none-any.whl";
  const plan = await python.install([wheel], { dryRun: true, deps: false });
  assert.deepEqual(Object.keys(plan), ["packages", "warnings", "text", "html"]);
  assert.deepEqual(
    plan.packages.map(({ name, version, replaced }) => [name, version, replaced]),
    [["shout", "1.2", ""]],
  );
  await assert.rejects(python.run("import shout"), /ModuleNotFoundError/);
  const report = await python.install(wheel);
  assert.ok(report.packages[0]?.size, "bytes of the wheel");
  assert.match(report.text, /shout 1\.2/);
  assert.match(report.html, /<table/);
  assert.equal(await python.run("import shout; shout.shout('done')"), "DONE");
  const again = await python.install("shout", { indexUrls: [] });
  assert.deepEqual(again.packages, [], "it was there already");
});

test("what a user installed stays first on the path", async () => {
  const pyodide = await loadPyodide();
  pyodide.FS.mkdirTree("/home/pyodide/wasminstall");
  pyodide.FS.writeFile("/home/pyodide/wasminstall/__init__.py", "mine = True");
  const other = await attach(pyodide, { archive: nowhere });
  assert.equal(await other.run("import wasminstall; wasminstall.mine"), true);
});

/** @param {string} name @param {Uint8Array} bytes */
async function folderWith(name, bytes) {
  const folder = await mkdtemp(`${tmpdir()}/wasminstall-`);
  await writeFile(`${folder}/${name}`, bytes);
  return pathToFileURL(folder);
}

/** @param {string} code @param {RegExp} message */
function bootError(code, message) {
  return (/** @type {unknown} */ error) => {
    assert.ok(error instanceof BootError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

test("the archive is not there", async () => {
  const missing = boot({ pyodide: pyodideFolder, archive: nowhere });
  await assert.rejects(missing, bootError("archive-not-found", /nowhere\/wasminstall\.zip\.gz: ENOENT/));
  await serveDist({}, async (address) => {
    const missing = attach(await loadPyodide(), { archive: `${address}elsewhere` });
    await assert.rejects(missing, bootError("archive-not-found", /elsewhere\/wasminstall.*HTTP 404/));
  });
});

const archiveName = "wasminstall.zip.gz";

test("something else is there", async () => {
  const real = await readFile(dist + archiveName);
  const otherRelease = gunzipSync(real)
    .toString("latin1")
    .replace(/wasminstall \d\.\d\.\d$/, "wasminstall 9.9.9");
  /** @type {[Uint8Array, RegExp][]} */
  const cases = [
    [Buffer.from("<!doctype html>"), /not a wasminstall archive/],
    [new Uint8Array(), /not a wasminstall archive/],
    [gzipSync("PK\x05\x06".padEnd(22, "\0")), /not a wasminstall archive/],
    [real.subarray(0, 1000), /damaged/],
    [gzipSync(Buffer.from(otherRelease, "latin1")), /is wasminstall 9\.9\.9, but this script is/],
  ];
  const pyodide = await loadPyodide();
  for (const [bytes, message] of cases) {
    const archive = await folderWith(archiveName, bytes);
    await assert.rejects(attach(pyodide, { archive }), bootError("archive-invalid", message));
  }
});

test("Pyodide is not there", async () => {
  await assert.rejects(
    boot({ pyodide: nowhere }),
    bootError("pyodide-not-found", /nowhere\/pyodide\.mjs: check the option pyodide/),
  );
});

test("Pyodide does not start", async () => {
  const pyodide = { version: "314.0.3", loadPyodide: () => Promise.reject(new Error("no memory")) };
  await assert.rejects(boot({ pyodide }), bootError("pyodide-failed", /314\.0\.3 did not start: .*no memory/));
});

test("WebAssembly is blocked: an error instead of waiting for ever", async (context) => {
  context.mock.method(WebAssembly, "Module", () => {
    throw new WebAssembly.CompileError("blocked by Content Security Policy");
  });
  await assert.rejects(boot({ pyodide: pyodideFolder }), bootError("webassembly-blocked", /'wasm-unsafe-eval'/));
});

for (const [options, said] of /** @type {const} */ ([
  [{ pakages: "six" }, "did you mean packages?"],
  [{ indexURL: "/pyodide/" }, "what is meant for Pyodide goes into config"],
  [{ packages: 5 }, "packages of boot() must be a requirement or an array of them, not 5."],
  [{ pyodide: {} }, "must be an address or an imported Pyodide, not an object."],
])) {
  test(`an option that is wrong is named: ${JSON.stringify(options)}`, async () => {
    /** @type {string[]} */
    const phases = [];
    const given = {
      pyodide: pyodideFolder,
      onProgress: (/** @type {{ phase: string }} */ { phase }) => phases.push(phase),
    };
    await assert.rejects(boot({ ...given, .../** @type {object} */ (options) }), (error) => {
      assert.ok(error instanceof BootError);
      assert.equal(error.code, "invalid-option");
      assert.ok(error.message.includes(said), error.message);
      return true;
    });
    assert.equal(phases.at(-1), "failed");
  });
}
