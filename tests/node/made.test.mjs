/** What a release brings so that `import wasminstall` and the first output compile nothing: the same is there without. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { root } from "../../js/build/project.mjs";

const CHILD = fileURLToPath(new URL("support/stdlib_child.mjs", import.meta.url));
const PYODIDE = pathToFileURL(`${root}node_modules/pyodide/`).href;

/** `ahead` is what was compiled with the release: that has no columns. */
const FACTS = `
import dataclasses, hashlib, inspect, json, re, sys

parse, patterns = re._parser.parse, []
def counted(*given):
    patterns.append(given[0])
    return parse(*given)
re._parser.parse = counted
import wasminstall
re._parser.parse = parse

def methods(cls):
    for name, function in sorted(vars(cls).items()):
        if code := getattr(inspect.unwrap(function) if callable(function) else None, "__code__", None):
            yield name, code

def constants(code):
    return [sorted(each) if isinstance(each, frozenset) else repr(each) for each in code.co_consts]

def has_columns(code):
    return any(column is not None for *_, column in code.co_positions())

loaded = [module for name, module in sorted(sys.modules.items()) if name.startswith("wasminstall")]
found = [value for module in loaded for value in vars(module).values()]
classes = {cls for cls in found if isinstance(cls, type) and cls.__module__.startswith("wasminstall")}
written = {cls for cls in classes if dataclasses.is_dataclass(cls)}
named = sorted(written, key=lambda cls: (cls.__module__, cls.__qualname__))
compiled = sorted({repr((each.pattern, each.flags, each.groups)) for each in found if isinstance(each, re.Pattern)})
json.dumps(dict(
    classes=len(named),
    parsed=len(patterns),
    ahead=sum(not has_columns(cls.__init__.__code__) for cls in named if "__init__" in vars(cls)),
    same=[
        [[cls.__qualname__, str(cls.__dataclass_params__), str(inspect.signature(cls)), cls.__doc__,
          re.sub("0x[0-9a-f]+", "", repr(cls.__dataclass_fields__)),
          [[name, hashlib.sha256(code.co_code).hexdigest(), constants(code)] for name, code in methods(cls)
           if code.co_filename == "<string>"]] for cls in named],
        compiled, sorted(vars(wasminstall)), wasminstall.__file__.removesuffix("c"), wasminstall.__doc__,
        inspect.getsource(wasminstall), "exec" in vars(dataclasses), re._compiler.compile.__module__,
    ],
))
`;

/** @type {string} */
let temporary;

/** Folders of the archive as it is, and with its bytecode: a start waits for that only so long. */
let plain = "";
let made = "";

before(async () => {
  temporary = await mkdtemp(`${tmpdir()}/wasminstall-made-`);
  [plain, made] = [`${temporary}/plain`, `${temporary}/made`];
  for (const folder of [plain, made]) await mkdir(folder);
  const name = "wasminstall.zip.gz";
  const zip = gunzipSync(await readFile(`${root}js/dist/${name}`));
  const { fetchEnds, extended } = await import(`${root}js/dist/wasminstall-ends.mjs`);
  const ends = await fetchEnds(pathToFileURL(`${root}js/dist/wasminstall.stdlib.gz`));
  await writeFile(`${plain}/${name}`, zip);
  await writeFile(`${made}/${name}`, await extended(zip, ends));
});

after(() => rm(temporary, { recursive: true }));

/**
 * @param {string} archives
 * @param {object} [rest]
 */
async function start(archives, rest) {
  const options = { archive: pathToFileURL(`${archives}/`).href, cache: false };
  const given = { folder: PYODIDE, code: FACTS, options, ...rest };
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, JSON.stringify(given)], { timeout: 120_000 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

test("with the release's bytecode the import compiles no methods and no patterns, and all is the same", async () => {
  const [{ value: without }, { value }] = await Promise.all([start(plain), start(made)]);
  assert.ok(without.classes > 40 && without.parsed > 40, `${without.classes} ${without.parsed}`);
  assert.deepEqual([without.ahead, value.ahead, value.parsed], [0, without.classes, 0]);
  assert.deepEqual(value.same, without.same);
});

test("nor does the first output, which is the same", async () => {
  const show = "value = [1, 2]\nvalue\n1 / 0";
  const code = "import json; json.dumps(any(column is not None for *_, column in display.__code__.co_positions()))";
  const [without, first] = await Promise.all([start(plain, { show, code }), start(made, { show, code })]);
  assert.deepEqual([without.value, first.value, first.outputs.length], [true, false, 1]);
  assert.deepEqual(first.outputs, without.outputs);
});
