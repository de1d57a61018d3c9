"""The store's TypeScript in a page of its own, without Pyodide: tabs and workers in which a test runs JavaScript."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selenium import webdriver

from support.distribution import ROOT
from support.index_server import IndexServer
from support.page import CHROMIUM_FLAGS

__all__ = ["PRELUDE", "Tab", "chromium", "serve_store"]

ENTRY = """
export { openStore } from "./index.js";
export { storeForPython } from "./python.js";
"""
# What every test has at hand, in a page and in a worker.
PRELUDE = """
import { openStore, storeForPython } from "./store.mjs";
const store = await openStore();
const bytes = (size, value = 7) => new Uint8Array(size).fill(value);
// Chromium compresses what it stores; this stays as large as it is.
const noise = (size, value) => {
  const made = bytes(size);
  for (let at = 0; at < size; at += 65536) crypto.getRandomValues(made.subarray(at, at + 65536));
  made[0] = value;
  return made;
};
const shown = (entry) => entry && [entry.bytes.length, entry.bytes[0], entry.meta];
const keys = async () => (await store.list()).map(({ key }) => key).sort();
const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});
const database = () => asked(indexedDB.open("wasminstall-v1"));
const raw = async (name) => (await database()).transaction(name, "readwrite").objectStore(name);
const folder = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("wasminstall-v1");
const files = async () => {
  const names = [];
  for await (const name of (await folder()).keys()) names.push(name);
  return names;
};
const write = async (name, content) => {
  const stream = await (await (await folder()).getFileHandle(name, { create: true })).createWritable();
  await stream.write(content);
  await stream.close();
};
const outcome = (promise) => promise.then(() => "done", (error) => error.name);
"""


def serve_store(server: IndexServer) -> None:
    """``/store/``: an empty page, the store as one module, and the Python package."""
    html = b"<!doctype html><title>store</title>"
    reader = "export * from './reader.js';"
    files = {
        "": html,
        "store.mjs": _bundled(ENTRY),
        "wasminstall-reader.mjs": _bundled(reader),
        "source.zip": _source_archive(),
    }
    server.mount("/store/", files.get)


def _bundled(entry: str) -> bytes:
    """A module of js/src/store and what it needs."""
    command = ["node_modules/.bin/esbuild", "--bundle", "--format=esm", "--loader=ts"]
    done = subprocess.run(
        [*command, "--sourcefile=js/src/store/entry.ts"],
        input=entry.replace("./", "./js/src/store/"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.encode()


def _source_archive() -> bytes:
    """The Python package as it is now."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for path in (ROOT / "src").rglob("*.py"):
            archive.write(path, path.relative_to(ROOT / "src"))
    return memory.getvalue()


class Tab:
    """One window of a browser, with the store in it."""

    def __init__(self, driver: webdriver.Chrome, server: IndexServer, *, new: bool = False, host: str = "") -> None:
        self.driver = driver
        if new:
            driver.switch_to.new_window("tab")
        self.url = f"{server.origin.replace('127.0.0.1', host or '127.0.0.1')}/store/"
        driver.get(self.url)
        self._window = driver.current_window_handle

    def run(self, code: str, *, where: str = "page", wait: bool = True) -> Any:
        """What an async function body returns here or in a module worker; without ``wait``, ``result()`` has it."""
        self.driver.switch_to.window(self._window)
        body = PRELUDE.replace("./store.mjs", f"{self.url}store.mjs")
        source = f"{body}\nconst work = async () => {{{code}}};\n"
        send = "(value) => self.postMessage({ value })" if where == "worker" else "globalThis._told"
        source += f"work().then({send}, (error) => ({send})('error: ' + error));"
        script = """
            const [source, where] = arguments;
            globalThis._result = new Promise((resolve) => {
              globalThis._told = resolve;
              const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
              if (where === "page") import(url).catch((error) => resolve("error: " + error));
              else {
                globalThis._worker = new Worker(url, { type: "module" });
                _worker.onmessage = ({ data }) => resolve(data.value);
                _worker.onerror = ({ message }) => resolve("error: " + message);
              }
            });
        """
        self.driver.execute_script(script, source, where)
        return self.result() if wait else None

    def result(self) -> Any:
        """What ``run`` returned."""
        self.driver.switch_to.window(self._window)
        found = self.driver.execute_async_script("_result.then(arguments[0]);")
        assert not str(found).startswith("error: "), found
        return found

    def close(self) -> None:
        """Close this tab and go back to the first."""
        self.driver.switch_to.window(self._window)
        self.driver.close()
        self.driver.switch_to.window(self.driver.window_handles[0])


@contextmanager
def chromium(*flags: str, preferences: dict[str, Any] | None = None) -> Iterator[webdriver.Chrome]:
    """A browser of its own."""
    options = webdriver.ChromeOptions()
    for flag in (*CHROMIUM_FLAGS, *flags):
        options.add_argument(flag)
    options.add_experimental_option("prefs", preferences or {})
    driver = webdriver.Chrome(options=options)
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()
