/** Every Pyodide the project supports loads wasminstall from the one archive, and the next time from kept bytecode. */

import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { readProject } from "../../js/build/project.mjs";
import { serveDist, whatPythonSees } from "./support/processes.mjs";

const { version, pyodides } = await readProject();

for (const { name, version: pyodideVersion, folder } of pyodides) {
  test(`attach to ${name} ${pyodideVersion}`, async () => {
    await serveDist({}, async (address, paths) => {
      const seen = await whatPythonSees("attach", folder, address);
      assert.deepEqual(paths, ["/wasminstall.zip.gz"], "one request, also for two attach()");
      const zip = `/lib/wasminstall-${version}.zip`;
      assert.equal(seen.file, `${zip}/wasminstall/__init__.py`);
      assert.deepEqual(seen.on_path, [zip]);
      assert.equal(seen.version, version);
      assert.deepEqual(seen.names_before, ["find_spec", "json", "metadata", "sys"], "nothing left in __main__");
      assert.ok(seen.documented, "help() has its text");
      assert.ok(!seen.packaging, "our packaging is not in the user's way");
      assert.ok(seen.tags > 10);
    });
  });
}

for (const { name, folder } of pyodides) {
  test(`the second visit with ${name} has the bytecode of the first`, async () => {
    await serveDist({ encoded: true }, async (address, paths) => {
      const cache = await mkdtemp(`${tmpdir()}/wasminstall-matrix-`);
      const visit = () => whatPythonSees("boot", folder, address, { WASMINSTALL_CACHE: cache });
      const [first, second] = [await visit(), await visit()];
      // For the Pyodide of this release, bytecode for the first visit comes with it.
      assert.match(first.file, name === "pyodide" ? /__init__\.pyc$/ : /__init__\.py$/);
      assert.match(second.file, /__init__\.pyc$/);
      assert.deepEqual({ ...second, file: first.file }, first, "nothing else is different");
      assert.ok(paths.includes("/wasminstall.zip.gz"));
    });
  });
}
