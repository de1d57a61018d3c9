/** js/src/page/send.ts by itself: bodies in all sizes of pieces, lengths that lie, redirects, silence, the end of it. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createSocketServer } from "node:net";
import { after, before, test } from "node:test";
import { bundled } from "./support/bundled.mjs";

/** @type {typeof import("../../js/src/page/send.ts")} */
const { send } = await bundled("page/send.ts");

const OPTIONS = {
  headers: {},
  private: {},
  credentials: "same-origin",
  cache: "default",
  priority: "auto",
  silence: 300,
  limit: 0,
  digest: "",
};

/** @type {Array<() => void>} */
const closers = [];
after(() => {
  for (const close of closers) close();
});
/** @type {unknown[]} */
const rejections = [];
before(() => process.on("unhandledRejection", (reason) => rejections.push(reason)));

/** The port of a server that listens. @param {import("node:net").Server} server */
function portOf(server) {
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/** A server with this answer; its origin. @param {import("node:http").RequestListener} answer */
async function serving(answer) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${portOf(server)}`;
}

/**
 * A server that writes these bytes and then ends the connection, or leaves it open.
 * @param {string} text
 */
async function writing(text, { end = true } = {}) {
  const server = createSocketServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => (end ? socket.end(text, "latin1") : socket.write(text, "latin1")));
    closers.push(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  closers.push(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${portOf(server)}/`;
}

/**
 * What came of it, in one object.
 * @param {string} url
 * @param {Partial<import("../../js/src/page/send.ts").SendOptions>} options
 * @param {import("../../js/src/page/send.ts").OnBytes} [onBytes]
 */
async function answered(url, options = {}, onBytes) {
  const { facts, body } = await send(url, JSON.stringify({ ...OPTIONS, ...options }), onBytes).answer;
  return { ...JSON.parse(facts), body };
}

test("bodies in any pieces arrive as they are, in an array of their own", async () => {
  const bodies = new Map();
  const origin = await serving(async (request, response) => {
    const { body, known, pieces } = bodies.get(request.url);
    if (known) response.setHeader("content-length", body.length);
    for (let at = 0; at < body.length; at += pieces) {
      response.write(body.subarray(at, at + pieces));
      if (at % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  for (const [number, length] of [0, 1, 100, 65535, 65536, 65537, 300_001, 1_000_000].entries()) {
    for (const known of [true, false]) {
      for (const limit of [0, length, length * 2]) {
        const path = `/${number}-${known}-${limit}`;
        const body = randomBytes(length);
        bodies.set(path, { body, known, pieces: 1 + Math.floor(Math.random() * 200_000) });
        const found = await answered(origin + path, { digest: "SHA-256", limit });
        assert.equal(found.status, 200, JSON.stringify(found));
        assert.ok(Buffer.from(found.body).equals(body));
        assert.equal(found.body.buffer.byteLength, length);
        assert.equal(found.digest, createHash("sha256").update(body).digest("hex"));
      }
    }
  }
});

test("progress is told rarely, and the end of it always", async () => {
  const length = 400_000;
  const origin = await serving(async (_, response) => {
    response.setHeader("content-length", length);
    for (let at = 0; at < length; at += 1000) {
      response.write(Buffer.alloc(1000));
      if (at % 10_000 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    response.end();
  });
  /** @type {number[][]} */
  const steps = [];
  await answered(origin, {}, (arrived, total) => steps.push([arrived, total]));
  assert.deepEqual(steps.at(-1), [length, length]);
  assert.ok(steps.length > 2 && steps.length < 15, `${steps.length} steps`);
});

/** @type {Array<[string, string, string, RegExp]>} */
const FAILURES = [
  ["a body that ends early", "Content-Length: 9\r\n\r\nhalf", "unreachable", /./],
  ["a length that is none", "Content-Length: many\r\n\r\nall", "unreachable", /./],
  ["a negative length", "Content-Length: -3\r\n\r\nall", "unreachable", /./],
  ["too much, announced", "Content-Length: 2000\r\n\r\n", "oversized", /^2000 bytes came where 1000 were/],
  ["too much, not announced", `\r\n${"x".repeat(5000)}`, "oversized", /where 1000 were announced$/],
  ["more than there is memory", "Content-Length: 99999999999999\r\n\r\nx", "oversized", /^99999999999999 bytes/],
  ["no HTTP", "", "unreachable", /./],
];
for (const [what, text, kind, reason] of FAILURES) {
  test(`${what} is a failure`, async () => {
    const begin = what === "no HTTP" ? "SSH-2.0-x\r\n" : "HTTP/1.1 200 OK\r\n";
    const found = await answered(await writing(begin + text), { limit: 1000 });
    assert.equal(found.kind, kind, JSON.stringify(found));
    assert.match(found.reason, reason);
    assert.equal(found.body.length, 0);
  });
}

test("a length is no promise to make room for", async () => {
  const url = await writing("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nx", { end: false });
  const before = process.memoryUsage().arrayBuffers;
  const sending = send(url, JSON.stringify(OPTIONS));
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 28);
  sending.abort();
  assert.equal(JSON.parse((await sending.answer).facts).kind, "aborted");
});

for (const begin of ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]) {
  test(`silence ends it ${begin ? "in the body" : "before the answer"}`, async () => {
    const started = performance.now();
    const found = await answered(await writing(begin, { end: false }));
    assert.equal(found.kind, "silence");
    assert.equal(found.reason, "no answer for 0.3 seconds");
    assert.ok(performance.now() - started < 1500);
  });
}

test("a busy thread is no silence", async () => {
  // Its bytes come while nobody can look, and the time-out passes meanwhile.
  const origin = await serving((_, response) => setTimeout(() => response.end("here"), 50));
  const sending = send(origin, JSON.stringify(OPTIONS));
  await new Promise((resolve) => setTimeout(resolve, 5));
  for (const until = performance.now() + 500; performance.now() < until; );
  assert.equal(JSON.parse((await sending.answer).facts).status, 200);
});

test("what is aborted settles, at any time, and nobody is told any more", async () => {
  const origin = await serving((_, response) => {
    response.write("half");
    setTimeout(() => response.end(), 30);
  });
  for (let wait = 0; wait < 40; wait += 2) {
    let told = 0;
    const sending = send(origin, JSON.stringify({ ...OPTIONS, digest: "SHA-256" }), () => (told += 1));
    await new Promise((resolve) => setTimeout(resolve, wait));
    sending.abort();
    const toldBefore = told;
    const facts = JSON.parse((await sending.answer).facts);
    assert.ok(facts.kind === "aborted" || facts.status === 200);
    assert.equal(told, toldBefore);
  }
});

test("no rejection was left to nobody", async () => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(rejections, []);
});
