/** The checks of wheelfs.mjs: each gives a JSON value that wheelfs.test.mjs knows what to expect of. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";

/** @typedef {{pyodide: any, wheelfs: import("../../../js/src/wheelfs/index.js").WheelFs, behaviours: any, trees: any}} World */

/** @param {World} world */
export const behaviours = ({ behaviours }) => JSON.parse(behaviours.compare());

/** @param {World} world */
export const varieties = ({ behaviours }) => JSON.parse(behaviours.varieties());

/** @param {World} world */
export const pieces = ({ behaviours }) => JSON.parse(behaviours.pieces());

/**
 * What JavaScript does with files.
 *
 * @param {World} world
 */
export function fromJavaScript({ pyodide, wheelfs, trees }) {
  const { FS } = pyodide;
  const { MEMFS, NODEFS } = FS.filesystems;
  const zip = trees.ZIPS.get("mixed");
  trees.mount("/js", zip);
  const text = "/js/package/data/text.txt";
  const noise = "/js/package/data/noise.bin";
  const zeros = "/js/package/data/zeros.bin";
  const expected = Buffer.from(trees.NOISE.toJs());
  const stat = FS.stat(text);
  const stillLazy = wheelfs.isLazy(text) && FS.analyzePath(text).exists;
  FS.writeFile(zeros, "short");
  const disk = mkdtempSync(join(tmpdir(), "wheelfs-"));
  FS.mkdir("/disk");
  FS.mount(NODEFS, { root: disk }, "/disk");
  pyodide.runPython("import shutil; shutil.copytree('/js', '/disk/copy')");
  const node = FS.lookupPath(noise).node;
  const found = {
    stat: [stat.size, stat.mode.toString(8), stat.mtime.toISOString()],
    stillLazy,
    text: FS.readFile(text, { encoding: "utf8" }).slice(0, 6),
    overwritten: FS.readFile(zeros, { encoding: "utf8" }),
    bytes: expected.equals(FS.readFile(noise)),
    typedArray: expected.equals(MEMFS.getFileDataAsTypedArray(node)),
    usedBytes: node.usedBytes,
    analyzed: FS.analyzePath(noise).object.contents.length,
    onDisk: expected.equals(readFileSync(join(disk, "copy/package/data/noise.bin"))),
  };
  FS.truncate(noise, 3);
  return { ...found, truncated: [...FS.readFile(noise)].length };
}

const WHILE_IT_GROWS = `
import mmap
from pathlib import Path

def read(path):
    return path.read_bytes()

def mapped(path):
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        return memory[:]

def written(path):
    with path.open("r+b") as file:
        file.seek(3)
        file.write(b"abc")
    return path.read_bytes()

def appended(path):
    with path.open("ab") as file:
        file.write(b"abc")
    return path.read_bytes()[:-3]

way, path = locals()["WAY"], Path("PATH")
found = way(path)
found[:3] + found[6:] == NOISE[:3] + NOISE[6:]
`;

/**
 * WebAssembly's memory grows while a member is unpacked, in the middle of what C does with a view of it.
 *
 * @param {World} world
 */
export function growth({ pyodide, trees }) {
  const { _module } = pyodide;
  const real = _module._PyMem_RawMalloc;
  /** @type {Record<string, boolean>} */
  const found = {};
  for (const way of ["read", "mapped", "written", "appended"]) {
    trees.mount(`/growth/${way}`, trees.ZIPS.get("mixed"));
    let grown = 0;
    _module._PyMem_RawMalloc = (/** @type {number} */ size) => {
      const { buffer } = _module.HEAPU8;
      const held = [];
      while (_module.HEAPU8.buffer === buffer) held.push(real(2 ** 22));
      grown += 1;
      const pointer = real(size);
      for (const each of held) _module._PyMem_RawFree(each);
      return pointer;
    };
    const code = WHILE_IT_GROWS.replace("WAY", way).replace("PATH", `/growth/${way}/package/data/noise.bin`);
    const globals = pyodide.toPy({ NOISE: trees.NOISE });
    try {
      found[way] = pyodide.runPython(code, { globals, locals: globals }) && grown > 0;
    } finally {
      _module._PyMem_RawMalloc = real;
    }
  }
  return found;
}

/**
 * Damaged members: an error at every read, one message, and no harm to the others.
 *
 * @param {World} world
 */
export function damage({ pyodide, wheelfs }) {
  /** @type {string[]} */
  const said = [];
  const { error } = console;
  console.error = (...words) => said.push(words.join(" "));
  try {
    pyodide.runPython(DAMAGE);
    const found = JSON.parse(pyodide.runPython("json.dumps(found)"));
    assert.throws(() => pyodide.FS.readFile("/damaged/import/package/module.py"), {
      name: "ErrnoError",
      errno: 29,
      message: /^\/damaged\/import\/package\/module\.py cannot be read/,
    });
    assert.throws(
      () => wheelfs.mount(new Uint8Array(0), "", "/damaged/a\0/damaged/b", new Float64Array(7), "x"),
      RangeError,
    );
    return { found, said, lazy: wheelfs.isLazy("/damaged/crc/package/module.py") };
  } finally {
    console.error = error;
  }
}

const DAMAGE = `
import node.support.wheelfs_trees as b, errno, importlib, json, os

MODULE = list(b.FILES).index("package/module.py") * 7
NOISE = list(b.FILES).index("package/data/noise.bin") * 7
EMPTY = list(b.FILES).index("package/empty.py") * 7

def cell(index, change):
    def spoil(rows):
        rows[index] = change(rows[index])
    return spoil

def errors(path):
    found = []
    for _ in range(2):
        try:
            found.append(len(b.content(path)))
        except OSError as error:
            found.append(errno.errorcode[error.errno])
    return found

CASES = {
    "crc": cell(MODULE + 4, lambda crc: int(crc) ^ 1),
    "too short": cell(MODULE + 2, lambda size: size + 1),
    "too long": cell(MODULE + 2, lambda size: size - 1),
    "cut off": cell(MODULE + 1, lambda packed: packed - 5),
    "no deflate": cell(MODULE + 0, lambda start: start),
    "stored crc": cell(NOISE + 4, lambda crc: int(crc) ^ 1),
    "stored size": cell(NOISE + 2, lambda size: size - 1),
    "empty crc": cell(EMPTY + 4, lambda crc: 1),
}
found = {}
for name, change in CASES.items():
    root = f"/damaged/{name}"
    data = b.ZIPS["mixed"]
    if name == "no deflate":
        at = data.index(b"package/module.py") + len("package/module.py")
        data = data[:at] + bytes([255] * 20) + data[at + 20 :]
    assert not b.mount(root, data, change=change)
    bad = "package/module.py" if "stored" not in name else "package/data/noise.bin"
    bad = "package/empty.py" if "empty" in name else bad
    found[name] = [*errors(f"{root}/{bad}"), *errors(f"{root}/package/data/text.txt")]
    with open(f"{root}/{bad}", "wb") as file:
        file.write(b"healed")
    found[name].append(b.content(f"{root}/{bad}").decode())
b.mount("/damaged/import", b.ZIPS["mixed"], change=CASES["crc"])
with b.on_path("/damaged/import"):
    try:
        importlib.import_module("package.module")
    except OSError as error:
        found["import"] = errno.errorcode[error.errno]
`;

/**
 * What is refused, and what is not touched.
 *
 * @param {World} world
 */
export function refusals({ pyodide, wheelfs }) {
  const { FS } = pyodide;
  const { IDBFS, NODEFS, MEMFS } = FS.filesystems;
  for (const path of ["/refused", "/node", "/persisted", "/memory"]) FS.mkdir(path);
  FS.mount(NODEFS, { root: mkdtempSync(join(tmpdir(), "wheelfs-")) }, "/node");
  FS.mount(MEMFS, {}, "/memory");
  FS.mount(IDBFS, { autoPersist: true }, "/persisted");
  FS.writeFile("/refused/file", "x");
  FS.symlink("/node", "/refused/link");
  const can = ["/", "/lib", "/new/deep/folder", "/memory/x", "/node", "/node/deep/x", "/proc/self/fd"];
  pyodide.runPython(REFUSALS);
  return {
    can: Object.fromEntries([...can, "/refused/file", "/refused/link/x"].map((path) => [path, wheelfs.canMount(path)])),
    // Before Pyodide 0.28 nothing is persisted by itself.
    behindIdbfs: "queuePersist" in IDBFS && wheelfs.canMount("/persisted"),
    found: JSON.parse(pyodide.runPython("json.dumps(found)")),
  };
}

const REFUSALS = `
import node.support.wheelfs_trees as b, errno, json, os

def answer(root, **options):
    index, _, fault = b.mount(root, b.ZIPS["mixed"], **options).partition(" ")
    made = os.path.exists(f"{root}/package")
    return [index, errno.errorcode[int(fault)] if fault.isdecimal() else fault, made]

def cell(index, value):
    def spoil(rows):
        rows[index] = value
    return spoil

names = b.table_of(b.ZIPS["mixed"])[0]
found = {
    "another name": answer("/refused/a", names="\\0".join([names[0], "package/nodule.py", *names[2:]])),
    "longer name": answer("/refused/b", names="\\0".join([names[0] + "x", *names[1:]])),
    "no header": answer("/refused/c", change=cell(0, 1)),
    "header outside": answer("/refused/d", change=cell(7, 10**9)),
    "negative": answer("/refused/e", change=cell(7, -1)),
    "data outside": answer("/refused/f", change=cell(1, 10**9)),
    "method": answer("/refused/g", change=cell(3, 12)),
    "not a number": answer("/refused/h", change=cell(8, float("nan"))),
    "file as folder": answer("/refused/file"),
    "another file system": answer("/node/x"),
    "linked there": answer("/refused/link"),
}
os.makedirs("/refused/i/package/module.py")
found["folder in the way"] = answer("/refused/i")
os.makedirs("/refused/j")
assert b.mount("/refused/j", b.ZIPS["mixed"]) == "" and b.mount("/refused/j", b.ZIPS["stored"]) == ""
b.write("/refused/k", b.ZIPS["mixed"])
os.symlink("/refused/j/package/module.py", "/refused/k/package/link.py")
os.rename("/refused/k/package/link.py", "/refused/k/package/module.py")
with open("/refused/k/package/data/text.txt", "rb") as old:
    assert b.mount("/refused/k", b.ZIPS["mixed"]) == ""
    found["replaced"] = [old.read() == b.FILES["package/data/text.txt"], os.path.islink("/refused/k/package/module.py")]
found["replaced"] += [b.tree("/refused/j") == b.tree("/refused/k"), sorted(os.listdir("/refused/k"))]
`;

/**
 * The archive is collected with the last file that needs it. Wants `--expose-gc`.
 *
 * @param {World} world
 */
export async function memory({ pyodide, trees }) {
  const { FS } = pyodide;
  /** @type {Record<string, boolean>} */
  const found = {};
  /** @type {Record<string, (root: string) => void>} */
  const ends = {
    nothing: () => {},
    "most read": (root) => {
      FS.readFile(`${root}/package/module.py`);
      FS.unlink(`${root}/package/data/noise.bin`);
    },
    "all read": (root) => trees.tree(root),
    removed: (root) => pyodide.runPython(`import shutil; shutil.rmtree("${root}")`),
    overwritten: (root) => pyodide.runPython(OVERWRITE.replace("ROOT", root)),
    "mounted again": (root) => mountAside(pyodide, root),
  };
  for (const [name, end] of Object.entries(ends)) {
    const root = `/memory/${name.replace(" ", "-")}`;
    const archive = mountAside(pyodide, root);
    end(root);
    for (let turn = 0; turn < 4; turn++) {
      await setImmediate();
      /** @type {any} */ (globalThis).gc();
    }
    found[name] = archive.deref() === undefined;
  }
  return found;
}

const OVERWRITE = `
import os
for folder, _, files in os.walk("ROOT"):
    for name in files:
        open(f"{folder}/{name}", "w").close()
`;

/**
 * Mount the sample with an archive that nothing else refers to.
 *
 * @param {any} pyodide
 * @param {string} root
 */
function mountAside(pyodide, root) {
  pyodide.globals.set("root", root);
  const collected = /** @type {{archive?: WeakRef<Uint8Array>}} */ ({});
  pyodide.globals.set("keep", (/** @type {Uint8Array} */ archive) => {
    collected.archive = new WeakRef(archive);
  });
  pyodide.runPython(`
    import node.support.wheelfs_trees as b
    from pyodide.ffi import to_js
    archive = to_js(b.ZIPS["mixed"])
    names, rows = b.table_of(b.ZIPS["mixed"])
    keep(archive)
    b.wheelfs.mount(archive, "\\0".join(names), "\\0".join(f"{root}/{name}" for name in b.FILES), to_js(rows), "x")
    del archive, keep
  `);
  return /** @type {WeakRef<Uint8Array>} */ (collected.archive);
}
