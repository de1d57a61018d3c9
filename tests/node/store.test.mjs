/** The store in Node: what is kept, what is noticed, and that it is one folder with the Python of a desktop. */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { root } from "../../js/build/project.mjs";

const KEY = `wheel/${"ab".repeat(32)}`;
const DATA = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7) % 256);
const META = '{"filename":"häuser-1.0.whl"}';
const BUNDLE = `
  export { openStore } from "./index.js";
  export { openFolderStore } from "./folder.js";
  export { storeForPython } from "./python.js";
`;
const python = `${root}.venv/bin/python`;
const run = promisify(execFile);

/** @type {string} */
let temporary;
/** @type {string} */
let bundle;
/** @type {string} */
let folder;
/** @type {typeof import("../../js/src/store/index.js") & typeof import("../../js/src/store/folder.js") & typeof import("../../js/src/store/python.js")} */
let built;
/** @type {import("../../js/src/store/model.js").Store} */
let store;

before(async () => {
  temporary = await mkdtemp(`${tmpdir()}/wasminstall-store-`);
  bundle = `${temporary}/store.mjs`;
  const stdin = { contents: BUNDLE, resolveDir: `${root}js/src/store`, loader: /** @type {const} */ ("ts") };
  await build({ stdin, bundle: true, format: "esm", outfile: bundle });
  built = await import(pathToFileURL(bundle).href);
});

after(() => rm(temporary, { recursive: true }));

beforeEach(async () => {
  folder = await mkdtemp(`${temporary}/cache-`);
  const opened = built.openFolderStore(folder);
  assert.ok(opened);
  store = opened;
});

test("what was put is there, and what was not is not", async () => {
  assert.equal(await store.get(KEY), undefined);
  assert.deepEqual(await store.list(), []);
  await store.put(KEY, DATA, META);
  assert.deepEqual(await store.get(KEY), { bytes: DATA, meta: META });
  await store.put("page/empty", new Uint8Array(), "{}");
  const [empty, nothing, again] = await store.getMany(["page/empty", "page/none", KEY]);
  assert.deepEqual(empty, { bytes: new Uint8Array(), meta: "{}" });
  assert.equal(nothing, undefined);
  assert.deepEqual(again?.bytes, DATA);
});

test("a sha256 that is known is not computed again, and a wrong one is noticed", async () => {
  const digest = createHash("sha256").update(DATA).digest("hex");
  await store.put(KEY, DATA, META, digest);
  assert.deepEqual((await store.get(KEY))?.bytes, DATA);
  await store.put(KEY, DATA, META, "0".repeat(64));
  assert.equal(await store.get(KEY), undefined);
});

test("the bytes are copied at once", async () => {
  const bytes = DATA.slice();
  const written = store.put(KEY, bytes, META);
  bytes.fill(0);
  await written;
  assert.deepEqual((await store.get(KEY))?.bytes, DATA);
});

test("the bytes are no Node Buffer, which Pyodide refuses", async () => {
  await store.put(KEY, DATA, META);
  assert.equal((await store.get(KEY))?.bytes.constructor, Uint8Array);
});

test("the list has sizes and times, a put and a touch are uses", async () => {
  await store.put(KEY, DATA, META);
  await store.put("page/old", DATA, "{}");
  await utimes(`${folder}/v1/page/old`, 1000, 1000);
  const now = Date.now() / 1000;
  const byKey = async () => Object.fromEntries((await store.list()).map((kept) => [kept.key, kept]));
  let listed = await byKey();
  assert.deepEqual(Object.keys(listed).sort(), ["page/old", KEY]);
  assert.equal(listed[KEY]?.size, (await stat(`${folder}/v1/${KEY}`)).size);
  assert.ok(Math.abs((listed[KEY]?.used ?? 0) - now) < 60);
  assert.equal(listed["page/old"]?.used, 1000);
  await store.touch(["page/old", "page/never-was"]);
  listed = await byKey();
  assert.ok(Math.abs((listed["page/old"]?.used ?? 0) - now) < 60);
});

test("delete and clear", async () => {
  await Promise.all(["page/a", "page/b", "wheel/c"].map((key) => store.put(key, DATA, "{}")));
  await store.delete(["page/a", "page/none"]);
  assert.deepEqual((await store.list()).map(({ key }) => key).sort(), ["page/b", "wheel/c"]);
  await writeFile(`${folder}/precious`, "not ours");
  await writeFile(`${folder}/v1/wheel/.precious`, "not ours");
  await store.clear();
  assert.deepEqual(await store.list(), []);
  await Promise.all([readFile(`${folder}/precious`), readFile(`${folder}/v1/wheel/.precious`)]);
});

for (const key of ["", "wheel", "wheel/", "/x", "../x/y", "wheel/../x", "wheel/.x", "wheel/a/b", "Wheel/a", "w/a\n"]) {
  test(`${JSON.stringify(key)} is no key`, async () => {
    await assert.rejects(store.put(key, DATA, "{}"), RangeError);
    await assert.rejects(store.get(key), RangeError);
    await assert.rejects(store.delete([key]), RangeError);
  });
}

test("JSON of several lines is refused", async () => {
  await assert.rejects(store.put(KEY, DATA, '{\n"a": 1}'), RangeError);
});

/** @type {Record<string, (record: Buffer) => Uint8Array>} */
const DAMAGES = {
  "a flipped bit in the digest": (record) => flipped(record, 3),
  "a flipped bit in the digest of the bytes": (record) => flipped(record, 80),
  "a flipped bit in the key": (record) => flipped(record, record.indexOf("wheel/")),
  "a flipped bit in the JSON": (record) => flipped(record, record.indexOf("{") + 2),
  "a flipped bit in the bytes": (record) => flipped(record, record.length - 1),
  "cut off in the digest": (record) => record.subarray(0, 20),
  "cut off after the first line": (record) => record.subarray(0, 65),
  "cut off in the second line": (record) => record.subarray(0, 150),
  "cut off in the bytes": (record) => record.subarray(0, -1),
  "something added": (record) => Buffer.concat([record, Buffer.from("x")]),
  nothing: () => new Uint8Array(),
  "another file": () => Buffer.from("<!doctype html>\n".repeat(20)),
};

/**
 * @param {Buffer} record
 * @param {number} at
 */
function flipped(record, at) {
  record[at] = (record[at] ?? 0) ^ 1;
  return record;
}

for (const [name, damage] of Object.entries(DAMAGES)) {
  test(`dropped when damaged: ${name}`, async () => {
    await store.put(KEY, DATA, META);
    await writeFile(`${folder}/v1/${KEY}`, damage(await readFile(`${folder}/v1/${KEY}`)));
    assert.equal(await store.get(KEY), undefined);
    assert.deepEqual(await store.list(), []);
  });
}

test("an entry under another's name is not taken for it", async () => {
  await store.put("page/one", DATA, "{}");
  await rename(`${folder}/v1/page/one`, `${folder}/v1/page/two`);
  assert.equal(await store.get("page/two"), undefined);
});

test("folders where files should be are no entries", async () => {
  await mkdir(`${folder}/v1/${KEY}`, { recursive: true });
  await writeFile(`${folder}/v1/page`, "");
  assert.deepEqual(await store.list(), []);
  assert.deepEqual(await store.getMany([KEY, "page/x"]), [undefined, undefined]);
});

test("Python reads what Node wrote, and the other way round", async () => {
  const code = `
import asyncio, sys
from pathlib import Path
from wasminstall.cache.folder import FolderStore

async def main():
    store = FolderStore(Path(sys.argv[1]))
    [found] = await store.get_many(["wheel/from-node"])
    assert await store.get_many(["wheel/damaged"]) == [None]
    await store.put("wheel/from-python", bytes(found.body)[::-1], found.meta)
    print([kept.key for kept in await store.entries()])

asyncio.run(main())
`;
  await store.put("wheel/from-node", DATA, META);
  await store.put("wheel/damaged", DATA, META);
  await writeFile(`${folder}/v1/wheel/damaged`, "damaged");
  const { stdout } = await run(python, ["-c", code, folder]);
  assert.deepEqual(JSON.parse(stdout.replaceAll("'", '"')).sort(), ["wheel/from-node", "wheel/from-python"]);
  assert.deepEqual(await store.get("wheel/from-python"), { bytes: DATA.slice().reverse(), meta: META });
});

test("the default folder is Python's", async () => {
  const code = "from wasminstall.cache.folder import default_folder; print(default_folder())";
  const script = `import { openStore } from ${JSON.stringify(bundle)}; console.log((await openStore()).where)`;
  for (const env of [
    { HOME: "/home/somebody" },
    { HOME: "/home/somebody", XDG_CACHE_HOME: "/caches" },
    { HOME: "/home/somebody", XDG_CACHE_HOME: "relative" },
    { HOME: "/home/somebody", XDG_CACHE_HOME: "" },
    { HOME: "/home/somebody", XDG_CACHE_HOME: "/caches", WASMINSTALL_CACHE: "/named" },
    { HOME: "/home/somebody", WASMINSTALL_CACHE: "named" },
    { HOME: "/home/somebody", WASMINSTALL_CACHE: "" },
  ]) {
    const options = { env: { ...env, PATH: process.env.PATH }, cwd: temporary };
    const told = await Promise.all([
      run(python, ["-c", code], options),
      run(process.execPath, ["--input-type=module", "-e", script], options),
    ]);
    assert.equal(told[0].stdout, told[1].stdout, JSON.stringify(env));
  }
});

test("many processes at once: every answer is nothing or a whole entry", async () => {
  const child = `
    import { openFolderStore } from ${JSON.stringify(bundle)};
    const store = openFolderStore(${JSON.stringify(folder)});
    const until = Date.now() + 1500;
    let seen = 0;
    while (Date.now() < until) {
      const number = Math.floor(Math.random() * 4);
      const key = "page/" + number;
      const what = Math.random();
      if (what < 0.4) await store.put(key, new Uint8Array(50_000 * (number + 1)).fill(process.pid), JSON.stringify(process.pid));
      else if (what < 0.8) {
        const found = await store.get(key);
        seen += found ? 1 : 0;
        if (found && (found.bytes.length !== 50_000 * (number + 1) || found.bytes.some((b) => b !== Number(found.meta) % 256)))
          throw new Error("mixed up");
      } else if (what < 0.9) await store.delete([key]);
      else if (what < 0.95) await store.clear();
      else { await store.touch([key]); await store.list(); }
    }
    console.log(seen);
  `;
  const children = Array.from({ length: 4 }, () => run(process.execPath, ["--input-type=module", "-e", child]));
  const seen = (await Promise.all(children)).map(({ stdout }) => Number(stdout));
  assert.ok(
    seen.every((count) => count > 0),
    String(seen),
  );
  assert.deepEqual(await readdir(`${folder}/v1/incoming`), []);
});

test("killed in the middle of a put: the old entry or the new one, and what is left over goes in time", async () => {
  await store.put(KEY, DATA, META);
  const child = `
    import { openFolderStore } from ${JSON.stringify(bundle)};
    const store = openFolderStore(${JSON.stringify(folder)});
    const bytes = new Uint8Array(60_000_000);
    console.log("begin");
    for (;;) await store.put(${JSON.stringify(KEY)}, bytes, "{}");
  `;
  const process_ = spawn(process.execPath, ["--input-type=module", "-e", child]);
  await new Promise((resolve) => process_.stdout.once("data", resolve));
  const incoming = `${folder}/v1/incoming`;
  for (let found = 0; found === 0; ) found = (await sizes(incoming)).filter((size) => size > 0).length;
  process_.kill("SIGKILL");
  await new Promise((resolve) => process_.once("exit", resolve));
  const size = (await store.get(KEY))?.bytes.length;
  assert.ok(size === DATA.length || size === 60_000_000, String(size));

  const [left = ""] = await readdir(incoming);
  assert.ok(left, "the kill came in the middle");
  assert.equal((await store.list()).length, 1);
  await utimes(`${incoming}/${left}`, 1000, 1000);
  await store.list();
  assert.deepEqual(await readdir(incoming), []);
});

/** @param {string} path */
async function sizes(path) {
  const names = await readdir(path).catch(() => []);
  return Promise.all(names.map(async (name) => (await stat(`${path}/${name}`).catch(() => undefined))?.size ?? 0));
}

test("a folder that cannot be: nothing is found, a put rejects", async () => {
  await writeFile(`${temporary}/a-file`, "");
  const impossible = built.openFolderStore(`${temporary}/a-file/cache`);
  assert.ok(impossible);
  assert.equal(await impossible.get(KEY), undefined);
  assert.deepEqual(await impossible.list(), []);
  await assert.rejects(impossible.put(KEY, DATA, META), { code: "ENOTDIR" });
});

const IN_PYODIDE = `
import sys
sys.path.insert(0, "/source")
import js
from wasminstall.cache import Cache
from wasminstall.cache.browser import BrowserStore
from wasminstall.javascript import JavaScriptBytes

async def keeps_and_finds():
    cache = Cache(BrowserStore())
    await cache.put("wheel", "bytes", bytes(range(256)), {"name": "häuser", "size": 256})
    first = await cache.get("wheel", "bytes")
    await cache.put("wheel", "array", first.body)
    found = await cache.get_many("wheel", ["array", "none", "bytes"])
    assert set(found) == {"array", "bytes"}, found
    assert all(isinstance(entry.body, JavaScriptBytes) for entry in found.values())
    assert bytes(found["array"].body) == bytes(range(256))
    assert dict(found["bytes"].meta) == {"name": "häuser", "size": 256}
    await cache.settle()
    info = await cache.info()
    assert info.where == js.folder and info.kinds["wheel"].entries == 2 and info.budget == 2**30, info
    assert (await cache.prune(max_bytes=info.bytes - 1)).entries == 1
    assert (await cache.clear()).entries == 1
    assert not cache.warnings

async def full(answer):
    js.answer = answer
    cache = Cache(BrowserStore())
    for key in "ab":
        await cache.put("wheel", key, b"1234")
    return "; ".join(cache.warnings)

await keeps_and_finds()
[await full("full"), await full("broken")]
`;

for (const build_ of ["pyodide-0.27", "pyodide", "pyodide-315"]) {
  test(`Python in ${build_} keeps and finds, and the bytes stay JavaScript's`, async () => {
    const child = `
      import { loadPyodide } from ${JSON.stringify(build_)};
      import { openFolderStore, storeForPython } from ${JSON.stringify(bundle)};
      const pyodide = await loadPyodide({ packageCacheDir: ${JSON.stringify(temporary)} });
      pyodide.mountNodeFS("/source", ${JSON.stringify(`${root}src`)});
      globalThis.folder = ${JSON.stringify(folder)};
      const store = openFolderStore(folder);
      const put = store.put.bind(store);
      store.put = async (...entry) => {
        if (globalThis.answer === "full") throw Object.assign(new Error("full"), { code: "ENOSPC" });
        if (globalThis.answer === "broken") throw new Error("the disk is on fire");
        return put(...entry);
      };
      pyodide._wasminstall = { store: storeForPython(async () => store) };
      const told = await pyodide.runPythonAsync(${JSON.stringify(IN_PYODIDE)});
      console.log(JSON.stringify(told.toJs()));
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", child], { cwd: root });
    const [full, broken, ...more] = JSON.parse(stdout);
    assert.match(full, /^what is fetched cannot be kept for the next time: there is no room[^;]*$/);
    assert.match(broken, /^what is fetched cannot be kept for the next time: .*the disk is on fire[^;]*$/);
    assert.deepEqual(more, []);
  });
}

test("for Python, no room is an answer, and no store is one that keeps nothing", async () => {
  /** @param {object} error */
  const failing = (error) => built.storeForPython(async () => ({ ...store, put: () => Promise.reject(error) }));
  assert.equal(await failing({ code: "ENOSPC" }).put(KEY, DATA, META), false);
  assert.equal(await failing(new DOMException("", "QuotaExceededError")).put(KEY, DATA, META), false);
  await assert.rejects(failing(new Error("damaged")).put(KEY, DATA, META), /damaged/);

  const nothing = built.storeForPython(async () => undefined);
  assert.equal(await nothing.where(), "");
  assert.equal(await nothing.put(KEY, DATA, META), true);
  assert.deepEqual(await nothing.getMany([KEY]), [undefined]);
  assert.equal(await nothing.list(), "[]");
  assert.equal(await nothing.budget(), 0);
  await Promise.all([nothing.delete([KEY]), nothing.touch([KEY]), nothing.clear()]);
});
