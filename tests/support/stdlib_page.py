"""A page that starts Python, and tells with what it started and what it has kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from selenium import webdriver

from support.index_server import IndexServer

__all__ = ["Visitor", "newcomer"]

_PAGE = """
<!doctype html>{head}<title>stdlib</title>
<script type="module">
globalThis.start = async (options) => {
  const { boot } = await import("/wasminstall/wasminstall.mjs");
  globalThis.python = await boot({ pyodide: "/pyodide/", archive: "/stdlib-archive/", ...options });
  return python.run("import json; json.__file__.rpartition('.')[2]");
};
const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
globalThis.kept = async () => {
  if ((await indexedDB.databases()).length === 0) return [];
  const database = await asked(indexedDB.open("wasminstall-v1"));
  const facts = database.transaction("facts").objectStore("facts");
  const found = await asked(facts.getAll(IDBKeyRange.bound("stdlib/", "stdlib0")));
  database.close();
  return found.map(({ size }) => size);
};
globalThis.untilKept = async () => {
  for (let i = 0; i < 300 && (await kept()).length === 0; i++) await new Promise((done) => setTimeout(done, 100));
  return kept();
};
globalThis.ready = true;
</script>
"""


class Visitor:
    """Opens the page, again and again."""

    def __init__(self, browser: webdriver.Chrome, server: IndexServer) -> None:
        self._browser = browser
        self._server = server

    def open(self, head: str = "") -> None:
        """A new visit."""
        html = _PAGE.replace("{head}", head).encode()
        self._server.mount("/stdlib-page/", lambda path: html if path == "index.html" else None)
        self._browser.get(f"{self._server.origin}/stdlib-page/index.html")

    def run(self, code: str) -> Any:
        """Run the body of an async function in the page."""
        script = """
        const done = arguments[arguments.length - 1];
        const waiting = async () => { while (!globalThis.ready) await new Promise((next) => setTimeout(next, 20)); };
        waiting().then(async () => { %s }).then((value) => done({ value }), (error) => done({ error: String(error) }));
        """
        answer = self._browser.execute_async_script(script % code)
        assert "error" not in answer, answer["error"]
        return answer.get("value")


def newcomer(browser: webdriver.Chrome, server: IndexServer) -> Iterator[Visitor]:
    """Somebody who was never here."""
    everything = {"origin": server.origin, "storageTypes": "all"}
    browser.get("about:blank")  # a page that is still there holds what is to be cleared
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", everything)
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    yield Visitor(browser, server)
    browser.get("about:blank")
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", everything)
