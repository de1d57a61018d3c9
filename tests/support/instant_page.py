"""Pages that start instantly: boot in them, have their snapshots made at once, and look at what is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from support.index_server import IndexServer

__all__ = ["InstantPage"]

# What every page has at hand. A warning is noted, and is seen in the console all the same.
PRELUDE = """
globalThis.warned ??= [];
if (!console.warn.noted) {
  const { warn } = console;
  console.warn = (...given) => { warned.push(given.join(" ")); warn(...given); };
  console.warn.noted = true;
}
const absolute = (path) => new URL(path, location.href).href;
const start = async (options) => {
  const { boot } = await import("/wasminstall/wasminstall.mjs");
  globalThis.python = await boot(options);
  return python.start;
};
const make = async (options) => {
  const worker = new Worker("/wasminstall/wasminstall-worker.mjs", { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = ({ data }) => {
        if (data.kind === "result") resolve("");
        else if (data.kind === "failure") resolve(data.error.message);
      };
      const names = ["wasminstall.zip.gz", "wasminstall.stdlib.gz"];
      const archives = Object.fromEntries(names.map((name) => [name, absolute("/wasminstall/" + name)]));
      worker.postMessage({ method: "snapshot", id: 0, options, archives });
    });
  } finally {
    worker.terminate();
  }
};
const kept = async () => {
  const { openStore } = await import("/store/store.mjs");
  const store = await openStore();
  const found = (await store?.list()) ?? [];
  const some = found.filter(({ key }) => key.startsWith("instant/"));
  return Promise.all(some.map(async ({ key, size, used }) => {
    const entry = await store.get(key);
    return [key, size, entry ? JSON.parse(entry.meta) : null, used];
  }));
};
const until = async (condition, seconds = 40) => {
  for (let left = seconds * 10; left > 0; left--) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("nothing came of it: " + JSON.stringify([warned, await kept()]));
};
"""


class InstantPage:
    """A window of a browser; ``/site/`` is an empty page beside the Pyodide, the index and the store's own module."""

    def __init__(self, driver: webdriver.Chrome, server: IndexServer, *, new: bool = False) -> None:
        self.driver = driver
        self.server = server
        if new:
            driver.switch_to.new_window("tab")
        self._window = driver.current_window_handle
        self.open()

    def open(self, path: str = "/site/") -> None:
        """Visit the page once more: nothing has run in it."""
        self.driver.switch_to.window(self._window)
        self.driver.get(self.server.origin + path)

    def close(self) -> None:
        """Close the window."""
        self.driver.switch_to.window(self._window)
        self.driver.close()

    def crash(self) -> None:
        """End its process, as when it has no memory left; the window is of no use any more."""
        self.driver.switch_to.window(self._window)
        with suppress(WebDriverException):
            self.driver.execute_cdp_cmd("Page.crash", {})
        with suppress(WebDriverException):
            self.driver.close()
        self.driver.switch_to.window(self.driver.window_handles[0])

    def run(self, script: str) -> Any:
        """What an async function body returns; fails with its error."""
        self.begin(script)
        return self.result()

    def begin(self, script: str) -> None:
        """``run``, of which ``result()`` tells later."""
        self.driver.switch_to.window(self._window)
        self.driver.execute_script(
            f"globalThis.running = (async () => {{ {PRELUDE} {script} }})()"
            ".then((value) => ['ok', value], (error) => ['error', String(error).slice(-2000)]);"
        )

    def result(self) -> Any:
        """What came of ``begin``."""
        self.driver.switch_to.window(self._window)
        kind, value = self.driver.execute_async_script("running.then(arguments[0]);")
        assert kind == "ok", value
        return value

    def options(self, packages: str | list[str], **others: Any) -> str:
        """Of ``boot()``, as JavaScript: from the test index, started instantly."""
        given: dict[str, Any] = {"pyodide": self.server.origin + "/pyodide/", "index": self.server.url}
        return json.dumps({**given, "packages": packages, "instant": True, **others})

    def make(self, options: str) -> str:
        """Have the snapshot made; why there is none, or ``""``."""
        return str(self.run(f"return make({options});"))

    def visit(self, options: str) -> Mapping[str, Any]:
        """Open the page and boot: the start report."""
        self.open()
        return dict(self.run(f"return start({options});"))

    def python(self, code: str) -> Any:
        """The JSON value of ``result`` after this code."""
        source = json.dumps(code + "\nimport json\njson.dumps(result)")
        return json.loads(self.run(f"return python.run({source});"))

    def warnings(self) -> list[str]:
        """What the page was warned of."""
        return list(self.run("return warned;"))

    def kept(self) -> list[list[Any]]:
        """Key, size, facts and last use of what is kept for instant starts; no facts where it is damaged."""
        return list(self.run("return kept();"))

    def forget(self) -> None:
        """As if nobody had started instantly here before; the compiled standard library stays."""
        self.run("""
            const { openStore } = await import("/store/store.mjs");
            const store = await openStore();
            await store.delete((await kept()).map(([key]) => key));
        """)
