/** Every Pyodide the project supports loads wasminstall from the bytecode made for its CPython. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { readProject } from "../../js/build/project.mjs";
import { serveDist, whatPythonSees } from "./support/processes.mjs";

const { version, pyodides } = await readProject();

for (const { name, version: pyodideVersion, folder, cacheTag } of pyodides) {
  test(`attach to ${name} ${pyodideVersion}`, async () => {
    await serveDist({}, async (address, paths) => {
      const seen = await whatPythonSees("attach", folder, address);
      assert.equal(seen.cache_tag, cacheTag, "the build read the CPython of this Pyodide rightly from its lock");
      assert.deepEqual(paths, [`/wasminstall.${cacheTag}.zip.gz`], "one request, also for two attach()");
      const zip = `/lib/wasminstall-${version}.zip`;
      assert.equal(seen.file, `${zip}/wasminstall/__init__.pyc`);
      assert.deepEqual(seen.on_path, [zip]);
      assert.equal(seen.version, version);
      assert.deepEqual(seen.names_before, ["find_spec", "json", "metadata", "sys"], "nothing left in __main__");
      assert.ok(seen.documented, "help() has its text");
      assert.ok(!seen.packaging, "our packaging is not in the user's way");
      assert.ok(seen.tags > 10);
    });
  });
}

test("boot fetches the right archive before the interpreter runs", async () => {
  for (const pyodide of pyodides.filter(({ name }) => ["pyodide", "pyodide-0.27", "pyodide-315"].includes(name))) {
    await serveDist({ encoded: true }, async (address, paths) => {
      const seen = await whatPythonSees("boot", pyodide.folder, address);
      assert.ok(seen.file.endsWith(".pyc"));
      assert.deepEqual(paths, [`/wasminstall.${pyodide.cacheTag}.zip.gz`]);
    });
  }
});
