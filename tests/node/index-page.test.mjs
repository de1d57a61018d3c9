/** js/src/page/index-page.ts by itself: what is left of a page, and that one read in pieces is the same page. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled } from "./support/bundled.mjs";

/** @type {typeof import("../../js/src/page/index-page.ts")} */
const { condense } = await bundled("page/index-page.ts");

/** @param {string} text */
async function condensed(text) {
  const answer = await condense(new TextEncoder().encode(text), ["any", "wasm32"]);
  return answer && JSON.parse(new TextDecoder().decode(answer));
}

/** A page of PEP 691 with more than is read in one go; `more` is added to each file. */
function largePage(more = {}) {
  const files = [];
  for (let number = 0; number < 4000; number += 1) {
    const hashes = { sha256: String(number).padStart(64, "0") };
    for (const ending of ["-py3-none-any.whl", "-cp314-cp314-win_amd64.whl", ".tar.gz"]) {
      files.push({
        filename: `pkg-1.${number}${ending}`,
        hashes,
        url: "https://host.example/".padEnd(120, "x"),
        ...more,
      });
    }
  }
  return { meta: { "api-version": "1.1" }, name: "pkg", files, versions: ["1.0"] };
}

test("files for the platforms stay, others are told by an example, and sources of versions without any", async () => {
  const names = [
    "pkg-1-py3-none-any.whl",
    "pkg-1.tar.gz",
    "pkg-2.tar.gz",
    "pkg-2-cp314-cp314-win_amd64.whl",
    "notes.txt",
  ];
  const page = { meta: {}, name: "pkg", files: names.map((filename) => ({ filename })), versions: ["1", "2"] };
  assert.deepEqual(await condensed(JSON.stringify(page)), {
    meta: {},
    name: "pkg",
    files: [{ filename: "pkg-1-py3-none-any.whl" }],
    refused: [
      ["pkg-2.tar.gz", "2", "sdist", ""],
      ["pkg-2-cp314-cp314-win_amd64.whl", "2", "tags", "win_amd64"],
    ],
  });
});

for (const [how, space] of /** @type {const} */ ([
  ["compact", 0],
  ["indented", 1],
])) {
  test(`a large page, ${how}, keeps every file in its order`, async () => {
    const page = largePage();
    const { files, refused, meta } = await condensed(JSON.stringify(page, null, space));
    assert.deepEqual(meta, page.meta);
    assert.deepEqual(
      files,
      page.files.filter(({ filename }) => filename.endsWith("any.whl")),
    );
    assert.equal(refused.length, 4000);
  });
}

test("where a page cannot be cut it is read as a whole", async () => {
  for (const more of [{ yanked: "},{" }, { yanked: '"}, {"' }, { signatures: [{ by: 1 }, { by: 2 }, { by: 3 }] }]) {
    const page = largePage(more);
    const { files } = await condensed(JSON.stringify(page));
    assert.deepEqual(
      files,
      page.files.filter(({ filename }) => filename.endsWith("any.whl")),
    );
  }
  const nested = { extra: [{ files: [] }, { files: [] }], ...largePage() };
  assert.equal((await condensed(JSON.stringify(nested))).files.length, 4000);
});

test("what is no such page is left to others", async () => {
  const large = JSON.stringify(largePage());
  for (const text of ["", "[]", "null", "<html>", '{"files": {}}', '{"files": [1]}', large.slice(0, -1), `${large}}`]) {
    assert.equal(await condensed(text), undefined, text.slice(0, 20));
  }
  assert.equal(await condense(new Uint8Array([0x7b, 0xff, 0x7d]), ["any"]), undefined);
});
