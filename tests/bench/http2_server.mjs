/**
 * An HTTP/2 server for benchmarks: files from memory, a delay before each answer, one line of a given width for all.
 *
 *     node http2_server.mjs KEY.pem CERTIFICATE.pem
 *
 * Commands come as lines of JSON on standard input, each is answered by one line on standard output:
 * `{"load": "site.json"}` (paths, files, types; see `web_server.py`), `{"network": {"delay": ms, "rate": bytes a second}}`,
 * `{"count": true}` (what was asked, from when to when, and sent since the last time). The first line says the port.
 *
 * The delay stands for one round trip a request; setting up the connection costs nothing extra. All answers share the
 * line in turns of 16 KiB, and one that its reader leaves standing gives its turn to the others.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { createInterface } from "node:readline";
import { brotliCompressSync, gzipSync, constants as zlib } from "node:zlib";

const PIECE = 16 * 1024;
const BURST_SECONDS = 0.02;
const CONCURRENT_STREAMS = 100; // what the servers in front of PyPI allow

const COMPRESSORS = {
  br: (data) => brotliCompressSync(data, { params: { [zlib.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: (data) => gzipSync(data, { level: 6 }),
};

/** Bytes leave through here: at once, or no faster than `rate` bytes a second in all. */
class Line {
  #waiting = [];
  #credit = 0;
  #last = 0;
  #timer;
  rate = 0;
  sent = 0;

  send(stream, body) {
    if (this.rate > 0) {
      this.#waiting.push({ stream, body, at: 0 });
      this.#start();
      return;
    }
    this.sent += body.length;
    stream.end(body);
  }

  #start() {
    if (this.#timer) return;
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  #tick() {
    const now = performance.now();
    // Time in which nobody could take anything is lost, as on a real line; a late timer is made up for.
    this.#credit = Math.min(this.#credit + ((now - this.#last) / 1000) * this.rate, this.rate * BURST_SECONDS);
    this.#last = now;
    let idle = 0;
    while (this.#credit > 0 && idle < this.#waiting.length) {
      const job = this.#waiting.shift();
      idle = this.#advance(job) ? 0 : idle + 1;
      if (job.at < job.body.length && !job.stream.destroyed) this.#waiting.push(job);
    }
    if (this.#waiting.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#credit = 0;
    }
  }

  /** Send the next piece; false when its reader takes no more for now. */
  #advance(job) {
    if (job.stream.destroyed) return true;
    if (job.stream.writableNeedDrain) return false;
    const piece = job.body.subarray(job.at, job.at + PIECE);
    job.at += piece.length;
    this.#credit -= piece.length;
    this.sent += piece.length;
    if (job.at < job.body.length) job.stream.write(piece);
    else job.stream.end(piece);
    return true;
  }
}

const line = new Line();
const files = new Map();
let delay = 0;
let asked = [];

function load(manifest) {
  files.clear();
  for (const { path, file, type, cache, encoding } of JSON.parse(readFileSync(manifest, "utf-8"))) {
    const data = readFileSync(file);
    const etag = `"${createHash("sha256").update(data).digest("hex").slice(0, 32)}"`;
    const compressed = encoding ? COMPRESSORS[encoding](data) : undefined;
    files.set(path, { data, compressed, encoding, headers: { "content-type": type, "cache-control": cache, etag } });
  }
}

/** Status, headers and body for one request. */
function answer(headers) {
  const file = files.get(decodeURIComponent(headers[":path"].split("?")[0]));
  if (!file) return { status: 404, headers: { "cache-control": "no-store" }, body: Buffer.from("not here") };
  if (headers["if-none-match"] === file.headers.etag) return { status: 304, headers: file.headers };
  const [, start = Number.NaN, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const size = file.data.length;
  if (Number(start) < size) {
    const body = file.data.subarray(Number(start), last ? Number(last) + 1 : size);
    const end = Number(start) + body.length - 1;
    const range = { "content-range": `bytes ${start}-${end}/${size}`, "content-length": body.length };
    return { status: 206, headers: { ...file.headers, ...range }, body };
  }
  const accepted = file.compressed && String(headers["accept-encoding"] ?? "").includes(file.encoding);
  const body = accepted ? file.compressed : file.data;
  const all = { ...file.headers, vary: "accept-encoding", "content-length": body.length };
  if (accepted) all["content-encoding"] = file.encoding;
  return { status: 200, headers: all, body };
}

function respond(stream, headers) {
  const { status, headers: own, body } = answer(headers);
  const seen = [headers[":path"], status, performance.now(), null];
  asked.push(seen);
  stream.on("close", () => {
    seen[3] = performance.now();
  });
  setTimeout(() => {
    if (stream.destroyed) return;
    const silent = headers[":method"] === "HEAD" || !body;
    stream.respond({ ":status": status, ...own }, { endStream: silent });
    if (!silent) line.send(stream, body);
  }, delay);
}

function obey(command) {
  if (command.load) load(command.load);
  if (command.network) {
    delay = command.network.delay;
    line.rate = command.network.rate;
  }
  const found = { asked, sent: line.sent };
  if (command.count) {
    asked = [];
    line.sent = 0;
  }
  return command.count ? found : {};
}

const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
const server = createSecureServer({
  key,
  cert,
  maxSessionMemory: 1000, // megabytes: with the default 10, streams are refused while big bodies wait
  settings: { maxConcurrentStreams: CONCURRENT_STREAMS },
});
server.on("stream", (stream, headers) => {
  stream.on("error", () => {}); // the reader has gone
  respond(stream, headers);
});
server.on("sessionError", () => {});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
createInterface({ input: process.stdin })
  .on("line", (text) => console.log(JSON.stringify(obey(JSON.parse(text)))))
  .on("close", () => process.exit(0));
