/** `onProgress` in Node, which has no global event target: what is told of a start, and that listening breaks nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { boot } from "wasminstall";
import { root } from "../../js/build/project.mjs";

test("a start that works says when Python is there", async () => {
  /** @type {import("wasminstall").ProgressDetail[]} */
  const told = [];
  const python = await boot({
    pyodide: pathToFileURL(`${root}node_modules/pyodide/`),
    onProgress: (step) => told.push(step),
  });
  assert.equal(await python.run("1 + 1"), 2);
  assert.deepEqual(new Set(told.map(({ phase }) => phase)), new Set(["runtime"]));
  assert.equal(told[0]?.text, "loading Python");
  assert.equal(told[0]?.share, undefined);
  assert.match(told.at(-1)?.text ?? "", /^Python 3\.\d+\.\d+ is ready$/);
  assert.equal(told.at(-1)?.share, 1);
});

test("one that fails says so last, and a listener that throws is only complained about", async (context) => {
  const complain = context.mock.method(console, "error", () => {});
  /** @type {string[]} */
  const told = [];
  const pyodide = { loadPyodide: () => Promise.reject(new Error("no memory")) };
  const onProgress = (/** @type {import("wasminstall").ProgressDetail} */ { phase, text }) => {
    told.push(`${phase}: ${text}`);
    throw new Error("mine");
  };
  await assert.rejects(boot({ pyodide, cache: false, onProgress }), /no memory/);
  assert.match(told.at(-1) ?? "", /^failed: failed: .*no memory/);
  assert.equal(complain.mock.callCount(), told.length);
});

test("the element can be imported where there are no elements", async () => {
  await import("wasminstall/progress");
});
