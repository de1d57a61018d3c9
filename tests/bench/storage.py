"""Which storage a browser reads and writes fastest: Cache Storage, OPFS or IndexedDB, in a page and in a module worker.

    .venv/bin/python tests/bench/storage.py [--runs 5]

What is kept is what a middling install keeps: 43 wheels of 10 kB to 14 MB, 30 MB in all, and 90 small entries. Every
measurement begins in a new page, so that reading includes the opening. ``ms`` are medians; the worst run is in
brackets. ``OPFS sync`` are sync access handles, which only workers have.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from selenium import webdriver

from support.index_server import IndexServer
from support.page import CHROMIUM_FLAGS

STEPS = ("put all", "get all", "get one", "list", "delete one", "clear")
WAYS = (
    ("Cache Storage", "page"),
    ("Cache Storage", "worker"),
    ("OPFS", "page"),
    ("OPFS", "worker"),
    ("OPFS sync", "worker"),
    ("IndexedDB", "page"),
    ("IndexedDB", "worker"),
)

BENCH = """
const sizes = [14e6, 6.3e6, 2.1e6, 1.5e6, 1e6, 6e5, 5e5, 4e5, 4e5, 3e5];
for (let i = 0; sizes.length < 43; i++) sizes.push(1e4 + i * 4500);
for (let i = 0; sizes.length < 133; i++) sizes.push(2000 + i * 1100);

function entries() {
  return sizes.map((size, number) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65536)));
    return [`entry/${number}`, bytes];
  });
}
const all = (work) => Promise.all(sizes.map((_, number) => work(`entry/${number}`)));
const promised = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const stores = {
  "Cache Storage": async () => {
    const cache = await caches.open("bench");
    const url = (key) => `https://bench.invalid/${key}`;
    const get = async (key) => (await cache.match(url(key))).arrayBuffer();
    return {
      putAll: (given) => Promise.all(given.map(([key, bytes]) =>
        cache.put(new Request(url(key), { headers: { size: String(bytes.length) } }), new Response(bytes)))),
      get,
      getAll: () => all(get),
      list: async () => (await cache.keys()).map((request) => [request.url, request.headers.get("size")]),
      remove: (key) => cache.delete(url(key)),
      clear: () => caches.delete("bench"),
    };
  },
  OPFS: async (sync) => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("bench", { create: true });
    const name = (key) => key.replace("/", ".");
    const get = sync ? async (key) => {
      const handle = await (await folder.getFileHandle(name(key))).createSyncAccessHandle({ mode: "read-only" });
      const bytes = new Uint8Array(handle.getSize());
      handle.read(bytes);
      handle.close();
      return bytes.buffer;
    } : async (key) => (await (await folder.getFileHandle(name(key))).getFile()).arrayBuffer();
    const put = sync ? async ([key, bytes]) => {
      // As atomic as createWritable is: another name first.
      const file = await folder.getFileHandle(`new.${name(key)}`, { create: true });
      const handle = await file.createSyncAccessHandle();
      handle.write(bytes);
      handle.flush();
      handle.close();
      await file.move(name(key));
    } : async ([key, bytes]) => {
      const stream = await (await folder.getFileHandle(name(key), { create: true })).createWritable();
      await stream.write(bytes);
      await stream.close();
    };
    return {
      putAll: (given) => Promise.all(given.map(put)),
      get,
      getAll: () => all(get),
      list: async () => {
        const found = [];
        for await (const [key, handle] of folder.entries())
          found.push(handle.getFile().then((file) => [key, file.size, file.lastModified]));
        return Promise.all(found);
      },
      remove: (key) => folder.removeEntry(name(key)),
      clear: () => root.removeEntry("bench", { recursive: true }),
    };
  },
  "OPFS sync": () => stores.OPFS(true),
  IndexedDB: async () => {
    const opening = indexedDB.open("bench", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("bytes");
      opening.result.createObjectStore("facts");
    };
    const db = await promised(opening);
    const finished = (transaction) => new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const get = (key) => promised(db.transaction("bytes").objectStore("bytes").get(key));
    const change = (work) => {
      const transaction = db.transaction(["bytes", "facts"], "readwrite", { durability: "relaxed" });
      work(transaction.objectStore("bytes"), transaction.objectStore("facts"));
      return finished(transaction);
    };
    return {
      putAll: (given) => Promise.all(given.map(([key, bytes]) => change((store, facts) => {
        store.put(bytes.buffer, key);
        facts.put({ size: bytes.length }, key);
      }))),
      get,
      getAll: () => all(get),
      list: async () => {
        const facts = db.transaction("facts").objectStore("facts");
        const [keys, values] = await Promise.all([promised(facts.getAllKeys()), promised(facts.getAll())]);
        return keys.map((key, number) => [key, values[number].size]);
      },
      remove: (key) => change((store, facts) => { store.delete(key); facts.delete(key); }),
      clear: async () => { db.close(); await promised(indexedDB.deleteDatabase("bench")); },
    };
  },
};

export async function run(way, part) {
  const found = {};
  const measured = async (name, work) => {
    const before = performance.now();
    const result = await work();
    found[name] = performance.now() - before;
    return result;
  };
  if (part === "write") {
    const given = entries();
    const store = await stores[way]();
    await measured("put all", () => store.putAll(given));
    return found;
  }
  let store;
  const buffers = await measured("get all", async () => (store = await stores[way]()).getAll());
  if (buffers.some((buffer, number) => buffer.byteLength !== sizes[number])) throw new Error("sizes differ");
  await measured("get one", () => store.get("entry/100"));
  const listed = await measured("list", () => store.list());
  if (listed.length !== sizes.length) throw new Error(`${listed.length} listed`);
  await measured("delete one", () => store.remove("entry/50"));
  await measured("clear", () => store.clear());
  return found;
}
"""
WORKER = """
import { run } from "./bench.mjs";
onmessage = ({ data: [way, part] }) =>
  run(way, part).then((found) => postMessage({ found }), (error) => postMessage({ error: String(error) }));
"""
STEP = """
const [way, where, part, done] = arguments;
if (where === "page") {
  import("./bench.mjs").then(({ run }) => run(way, part))
    .then((found) => done({ found }), (error) => done({ error: String(error) }));
} else {
  const worker = new Worker("./worker.mjs", { type: "module" });
  worker.onmessage = ({ data }) => done(data);
  worker.onerror = (event) => done({ error: event.message });
  worker.postMessage([way, part]);
}
"""
FILES = {
    "index.html": b"<!doctype html><title>storage</title>",
    "": b"<!doctype html><title>storage</title>",
    "bench.mjs": BENCH.encode(),
    "worker.mjs": WORKER.encode(),
}


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="Measure the storages of Chromium.")
    parser.add_argument("--runs", type=int, default=5, help="runs of each way (default 5)")
    runs = parser.parse_args().runs
    os.environ |= {"SE_OFFLINE": "true", "SE_CHROMEDRIVER": shutil.which("chromedriver") or ""}
    options = webdriver.ChromeOptions()
    for flag in CHROMIUM_FLAGS:
        options.add_argument(flag)
    times: dict[tuple[str, str], list[dict[str, float]]] = {way: [] for way in WAYS}
    with IndexServer() as server:
        server.mount("/bench/", FILES.get)
        driver = webdriver.Chrome(options=options)
        driver.set_script_timeout(120)
        try:
            for number in range(runs):
                for way in (*WAYS[number % len(WAYS) :], *WAYS[: number % len(WAYS)]):
                    written = step(driver, server, way, "write")
                    times[way].append(written | step(driver, server, way, "read"))
        finally:
            driver.quit()
    print_table(times)
    return 0


def step(driver: webdriver.Chrome, server: IndexServer, way: tuple[str, str], part: str) -> dict[str, float]:
    """One part of a measurement, in a new page."""
    driver.get(f"{server.origin}/bench/")
    answer: dict[str, Any] = driver.execute_async_script(STEP, *way, part)
    if "error" in answer:
        raise RuntimeError(f"{way}: {answer['error']}")
    return dict(answer["found"])


def print_table(times: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    """Medians, and the worst in brackets."""
    print(f"| ms | {' | '.join(STEPS)} |\n| --- |{' ---: |' * len(STEPS)}")
    for (storage, where), runs in times.items():
        columns = [[run[name] for run in runs] for name in STEPS]
        cells = [f"{statistics.median(values):.0f} ({max(values):.0f})" for values in columns]
        print(f"| {storage}, {where} | {' | '.join(cells)} |")


if __name__ == "__main__":
    raise SystemExit(main())
