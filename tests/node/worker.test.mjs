/** Worker mode where there are no web workers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BootError, boot } from "wasminstall";

test("Node has no web workers, and boot() says so at once", async () => {
  await assert.rejects(boot({ worker: true }), (error) => {
    assert.ok(error instanceof BootError, String(error));
    assert.equal(error.code, "worker-failed");
    assert.match(error.message, /Only pages have web workers/);
    return true;
  });
});
