/** A mounted wheel behaves as one that was written, in every Pyodide the project supports. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { readProject, root } from "../../js/build/project.mjs";

const CHILD = fileURLToPath(new URL("support/wheelfs.mjs", import.meta.url));
const CHECKS = ["behaviours", "varieties", "pieces", "fromJavaScript", "damage", "refusals", "memory", "growth"];
/** Behaviours that must not unpack anything: by name, of those in wheelfs_behaviours.py. */
const WITHOUT_CONTENT = [
  "do_stat",
  "do_access_and_seek_to_the_end",
  "do_rename_file",
  "do_rename_folder_above",
  "do_change_times_and_mode",
  "do_find_the_module",
];
const { pyodides } = await readProject();
let folder = "";
let bundle = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "wheelfs-"));
  bundle = join(folder, "wheelfs.mjs");
  const entryPoints = [`${root}js/src/wheelfs/index.ts`];
  await build({ bundle: true, format: "esm", target: "es2022", entryPoints, outfile: bundle });
});
after(() => rm(folder, { recursive: true }));

for (const { name, version, folder: pyodide } of pyodides) {
  test(`wheelfs in ${name} ${version}`, async (t) => {
    const command = ["--expose-gc", CHILD, bundle, pyodide, ...CHECKS];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1e7 });
    const found = JSON.parse(stdout);
    assert.equal(stderr, "");
    await t.test("behaves as written files", () => checkBehaviours(found.behaviours));
    await t.test("all kinds of archives", () => {
      const kinds = ["mixed", "stored", "deflated", "zip64", "descriptors", "extra"];
      const fine = { answer: "", same: true };
      assert.deepEqual(found.varieties, Object.fromEntries(kinds.map((kind) => [kind, fine])));
    });
    await t.test("all lengths and ways of packing", () => {
      assert.deepEqual(found.pieces, { answer: "", cut_off: "215 cut", count: 216, differing: [] });
    });
    await t.test("from JavaScript", () => assert.deepEqual(found.fromJavaScript, FROM_JAVASCRIPT));
    await t.test("damage", () => checkDamage(found.damage));
    await t.test("refusals", () => assert.deepEqual(found.refusals, REFUSALS));
    await t.test("growth", () => {
      assert.deepEqual(found.growth, { read: true, mapped: true, written: true, appended: true });
    });
    await t.test("memory", () => {
      const collected = { "all read": true, removed: true, overwritten: true, "mounted again": true };
      assert.deepEqual(found.memory, { nothing: false, "most read": false, ...collected });
    });
  });
}

/** @param {Record<string, {same: boolean, same_tree: boolean, unpacked: number, answers?: string[]}>} found */
function checkBehaviours(found) {
  assert.ok(Object.keys(found).length > 30);
  for (const [name, { same, same_tree, answers }] of Object.entries(found)) {
    assert.ok(same, `${name}: ${answers?.join("\n")}`);
    assert.ok(same_tree, name);
  }
  for (const name of WITHOUT_CONTENT) assert.equal(found[name]?.unpacked, 0, name);
  assert.equal(found.do_truncate_to_nothing?.unpacked, 1);
  assert.equal(found.do_several_opens?.unpacked, 1);
  assert.equal(found.do_read_everything?.unpacked, 10);
}

const FROM_JAVASCRIPT = {
  stat: [570, "100644", "2024-02-29T12:30:58.000Z"],
  stillLazy: true,
  text: "größer",
  overwritten: "short",
  bytes: true,
  typedArray: true,
  usedBytes: 700_000,
  analyzed: 700_000,
  onDisk: true,
  truncated: 3,
};

/** @param {{found: Record<string, unknown>, said: string[], lazy: boolean}} damage */
function checkDamage({ found, said, lazy }) {
  const { import: imported, ...cases } = found;
  assert.equal(imported, "EIO");
  for (const [name, answers] of Object.entries(cases)) {
    assert.deepEqual(answers, ["EIO", "EIO", 570, 570, "healed"], name);
  }
  const message =
    "wasminstall: /damaged/crc/package/module.py cannot be read: " +
    "the member 'package/module.py' of sample-1.0-py3-none-any.whl is damaged";
  assert.equal(said[0], message);
  assert.equal(said.length, 9, "one message a member");
  assert.equal(lazy, false, "what was written is there");
}

const REFUSALS = {
  can: {
    "/": true,
    "/lib": true,
    "/new/deep/folder": true,
    "/memory/x": true,
    "/node": false,
    "/node/deep/x": false,
    "/proc/self/fd": false,
    "/refused/file": false,
    "/refused/link/x": false,
  },
  behindIdbfs: false,
  found: {
    "another name": ["1", "name", false],
    "longer name": ["0", "name", false],
    "no header": ["0", "header", false],
    "header outside": ["1", "header", false],
    negative: ["1", "header", false],
    "data outside": ["0", "cut", false],
    method: ["0", "method", false],
    "not a number": ["1", "cut", false],
    "file as folder": ["0", "ENOTDIR", false],
    "another file system": ["0", "ENOTSUP", false],
    "linked there": ["0", "ENOTSUP", false],
    "folder in the way": ["1", "EISDIR", true],
    replaced: [true, false, true, ["other", "package"]],
  },
};
