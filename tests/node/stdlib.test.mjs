/** The standard library's bytecode from one start to the next: each start in a Node process of its own. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { readProject, root } from "../../js/build/project.mjs";
import { prepareStdlib } from "../../js/build/stdlib.mjs";

const CHILD = fileURLToPath(new URL("support/stdlib_child.mjs", import.meta.url));
const run = promisify(execFile);
const { pyodides } = await readProject();

/** What must be the same whether the library was compiled or not, and (first) what tells. */
const FACTS = `
import inspect, json, linecache, os, sys, sysconfig, traceback, zipfile
def trouble():
    try:
        json.loads("{")
    except ValueError:
        return traceback.format_exc()
def raised_in_inspect():
    try:
        inspect.getsource(3)
    except TypeError:
        return traceback.format_exc()
library = f"/lib/python{sys.version_info[0]}{sys.version_info[1]}.zip"
zipped = [module.__spec__.origin for module in list(sys.modules.values()) if type(getattr(module, "__loader__", None)).__name__ == "zipimporter"]
json.dumps(dict(
    sources=sum(origin.startswith(library) and origin.endswith(".py") for origin in zipped),
    bytecode=sum(origin.startswith(library) and origin.endswith(".pyc") for origin in zipped),
    same=[
        trouble(), raised_in_inspect(),
        inspect.getsource(json), inspect.getsource(json.loads), inspect.getsourcefile(json.loads),
        inspect.getsourcelines(inspect.getsource)[1], json.loads.__code__.co_filename,
        linecache.getline(json.loads.__code__.co_filename, 1, json.__dict__), json.__doc__,
        [name for name in sys.modules if "customize" in name], os.listdir(sysconfig.get_path("purelib")),
        zipfile.ZipFile(library).testzip(), sorted(name for name in globals() if "watch" in name),
        sys.version, sys.path,
    ],
))
`;
const COMPILED = "import json; json.dumps(json.__file__.endswith('.pyc'))";

/** @type {string} */
let temporary;
/** @type {string} */
let cache;

/** The release without its bytecode for the first visit: here is tested what one visit leaves for the next. */
let archives = "";

before(async () => {
  temporary = await mkdtemp(`${tmpdir()}/wasminstall-stdlib-`);
  await mkdir(`${temporary}/archives`);
  await cp(`${root}js/dist/wasminstall.zip.gz`, `${temporary}/archives/wasminstall.zip.gz`);
  archives = pathToFileURL(`${temporary}/archives/`).href;
});

after(() => rm(temporary, { recursive: true }));

beforeEach(async () => {
  cache = await mkdtemp(`${temporary}/cache-`);
});

/**
 * @param {string} folder of the Pyodide
 * @param {string} code its value is JSON
 * @param {{options?: object, config?: object, imported?: boolean}} [how]
 */
async function start(folder, code, how = {}) {
  const packageCacheDir = `${temporary}/packages`;
  const options = { archive: archives, ...how.options };
  const config = { packageCacheDir, ...how.config };
  const given = { ...how, folder: pathToFileURL(`${folder}/`).href, code, config, options };
  const env = { ...process.env, WASMINSTALL_CACHE: cache };
  const { stdout, stderr } = await run(process.execPath, [CHILD, JSON.stringify(given)], { env, timeout: 120_000 });
  return { ...JSON.parse(stdout.trim().split("\n").at(-1) ?? ""), stderr };
}

async function kept() {
  return readdir(`${cache}/v1/stdlib`).catch(() => []);
}

for (const { name, folder } of pyodides) {
  test(`${name}: the second start has bytecode, and nothing else is different`, async () => {
    const first = (await start(folder, FACTS)).value;
    assert.ok(first.sources > 100 && first.bytecode === 0, `${first.sources} ${first.bytecode}`);
    assert.equal((await kept()).length, 1);
    const second = (await start(folder, FACTS)).value;
    assert.deepEqual([second.sources, second.bytecode], [0, first.sources]);
    assert.deepEqual(second.same, first.same);
    assert.match(first.same[0], /File "\/lib\/python3\d+\.zip\/json\/__init__\.py", line \d+, in loads\n +\S/);
    assert.match(first.same[2], /^r?"""JSON/);
  });
}

describe("one build", () => {
  const folder = `${root}node_modules/pyodide`;
  /** What a first visit leaves. */
  let visited = "";

  before(async () => {
    visited = cache = await mkdtemp(`${temporary}/visited-`);
    await start(folder, "'1'");
  });

  const afterFirstVisit = () => cp(visited, cache, { recursive: true });

  test("the first start has the bytecode of the release, and nothing else is different", async () => {
    const plain = (await start(folder, FACTS, { options: { cache: false } })).value;
    const options = { archive: pathToFileURL(`${root}js/dist/`).href, cache: false };
    const first = (await start(folder, FACTS, { options })).value;
    assert.ok(plain.bytecode === 0 && first.bytecode > 100, `${plain.bytecode} ${first.bytecode}`);
    // It has no columns and no ends of statements: a traceback shows the first line of each.
    assert.deepEqual(first.same.slice(2), plain.same.slice(2));
  });

  test("it grows from visit to visit", async () => {
    const code = "import json, tomllib; json.dumps([json.__file__[-4:], tomllib.__file__[-4:]])";
    await afterFirstVisit();
    const size = async () => (await readFile(`${cache}/v1/stdlib/${(await kept())[0]}`)).length;
    const before = await size();
    assert.deepEqual((await start(folder, code)).value, [".pyc", "_.py"]);
    const grown = await size();
    assert.ok(grown > before + 10_000, `${before} ${grown}`);
    assert.deepEqual((await start(folder, code)).value, [".pyc", ".pyc"]);
    assert.equal(await size(), grown);
    const whole = "import json, zipfile; json.dumps(zipfile.ZipFile('/lib/python314.zip').testzip())";
    assert.equal((await start(folder, whole)).value, null);
  });

  test("Python counts it and clears it", async () => {
    await afterFirstVisit();
    const code = `
import json, wasminstall
before = (await wasminstall.cache.info()).kinds["stdlib"].entries
await wasminstall.cache.clear()
json.dumps([before, sorted((await wasminstall.cache.info()).kinds)])
`;
    assert.deepEqual((await start(folder, code)).value, [1, []]);
  });

  test("nothing is kept with cache: false, by Python neither, and nothing is used", async () => {
    const code =
      "import json, wasminstall; info = await wasminstall.cache.info(); json.dumps([json.__file__[-3:], info.where])";
    const how = { options: { cache: false } };
    assert.match((await start(folder, code, how)).value.join(), /^\.py,nowhere/);
    assert.deepEqual(await kept(), []);
    await afterFirstVisit();
    assert.match((await start(folder, code, how)).value.join(), /^\.py,nowhere/);
  });

  test("an archive of the caller's, or a Pyodide from nowhere, is left alone", async () => {
    await afterFirstVisit();
    const stdLibURL = `${folder}/python_stdlib.zip`;
    assert.equal((await start(folder, COMPILED, { config: { stdLibURL } })).value, false);
    assert.equal((await start(folder, COMPILED, { imported: true })).value, false);
    const indexURL = `${folder}/`;
    assert.equal((await start(folder, COMPILED, { imported: true, config: { indexURL } })).value, true);
  });

  test("the caller's fsInit is called, once", async () => {
    assert.equal((await start(folder, "'1'")).prepared, 1);
    assert.equal((await start(folder, "'1'")).prepared, 1);
  });

  test("a damaged archive is dropped, and made anew", async () => {
    await afterFirstVisit();
    const file = `${cache}/v1/stdlib/${(await kept())[0]}`;
    const bytes = await readFile(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(file, bytes);
    assert.equal((await start(folder, COMPILED)).value, false);
    assert.equal((await start(folder, COMPILED)).value, true);
  });

  test("an archive with which nothing starts is dropped, and made anew", async () => {
    await afterFirstVisit();
    const bundle = `${temporary}/store.mjs`;
    const entryPoints = [`${root}js/src/store/folder.ts`];
    await build({ entryPoints, bundle: true, format: "esm", outfile: bundle });
    /** @type {typeof import("../../js/src/store/folder.js")} */
    const { openFolderStore } = await import(pathToFileURL(bundle).href);
    const key = `stdlib/${(await kept())[0]}`;
    const store = openFolderStore(cache);
    const entry = await store?.get(key);
    await store?.put(key, new TextEncoder().encode("no zip"), entry?.meta ?? "");
    // Pyodide leaves a failure's exit code behind, so the code of this process says nothing.
    const code = `import js; js.process.exitCode = 0\n${COMPILED}`;
    assert.equal((await start(folder, code)).value, false);
    assert.equal((await start(folder, COMPILED)).value, true);
  });
});

describe("another Pyodide in the same place", () => {
  test("another release", async () => {
    const place = await mkdtemp(`${temporary}/place-`);
    await symlink(`${root}node_modules/pyodide`, `${place}/pyodide`);
    await start(`${place}/pyodide`, "'1'");
    assert.equal((await start(`${place}/pyodide`, COMPILED)).value, true);
    await rm(`${place}/pyodide`);
    await symlink(`${root}node_modules/pyodide-314`, `${place}/pyodide`);
    assert.equal((await start(`${place}/pyodide`, COMPILED)).value, false);
    assert.equal((await start(`${place}/pyodide`, COMPILED)).value, true);
    assert.equal((await kept()).length, 1);
  });

  test("another standard library, though the release is the same", async () => {
    const place = `${await mkdtemp(`${temporary}/place-`)}/pyodide`;
    await mkdir(place);
    await cp(`${root}node_modules/pyodide`, place, { recursive: true });
    await start(place, "'1'");
    const add = ["-c", "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'a').writestr('added.py', 'here = True')"];
    await run(`${root}.venv/bin/python`, [...add, `${place}/python_stdlib.zip`]);
    const code = "import json, added; json.dumps([added.here, json.__file__.endswith('.pyc')])";
    assert.deepEqual((await start(place, code)).value, [true, false]);
    assert.deepEqual((await start(place, code)).value, [true, true]);
  });

  test("the archives of two builds are kept, not of three", async () => {
    for (const { folder } of pyodides.slice(0, 3)) await start(folder, "'1'");
    assert.equal((await kept()).length, 2);
    assert.equal((await start(pyodides[2]?.folder ?? "", COMPILED)).value, true);
    assert.equal((await start(pyodides[0]?.folder ?? "", COMPILED)).value, false);
  });
});

describe("prepared ahead", () => {
  const folder = `${root}node_modules/pyodide`;
  /** @type {string} */
  let archive;

  before(async () => {
    archive = `${temporary}/prepared.zip`;
    await prepareStdlib(folder, archive);
  });

  test("the first start has bytecode for everything, and keeps nothing", async () => {
    const stdlib = pathToFileURL(archive).href;
    const code = "import json, tomllib; json.dumps([json.__file__[-4:], tomllib.__file__[-4:]])";
    const { value, stderr } = await start(folder, code, { options: { stdlib } });
    assert.deepEqual(value, [".pyc", ".pyc"]);
    assert.equal(stderr, "");
    assert.deepEqual(await kept(), []);
  });

  test("one that does not fit, or is not there, is a warning", async () => {
    const bytes = await readFile(archive);
    await writeFile(`${temporary}/half.zip`, bytes.subarray(0, bytes.length >> 1));
    /** @type {[string, string, RegExp][]} */
    const cases = [
      [
        `${root}node_modules/pyodide-314`,
        archive,
        /prepared\.zip: it is for Pyodide 314\.0\.3, and this one is 314\.0\.7/,
      ],
      [folder, `${temporary}/half.zip`, /half\.zip: this is no prepared standard library/],
      [folder, `${folder}/python_stdlib.zip`, /no prepared standard library/],
      [folder, `${temporary}/nowhere.zip`, /nowhere\.zip: ENOENT/],
    ];
    for (const [where, path, warning] of cases) {
      const { value, stderr } = await start(where, COMPILED, { options: { stdlib: pathToFileURL(path).href } });
      assert.equal(value, false);
      assert.match(stderr, warning);
      cache = await mkdtemp(`${temporary}/cache-`);
    }
  });
});
