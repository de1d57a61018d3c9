"""Bytecode over the visits of a real browser: a reload compiles nothing again, in the page and in a worker."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver

from support.index_server import IndexServer
from support.real_wheels import real_wheel
from support.wheel_factory import make_wheel

FILES = {
    "noted/__init__.py": "from .inner import fail\n",
    "noted/inner.py": "def fail():\n    values = [1, 2]\n    return values[42]\n",
}
PYTHON = """
import asyncio, builtins, inspect, json, sys, traceback
import wasminstall

SITE = f"/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/"
compiled = []
def _compile(source, path, *more, _real=compile, **options):
    if str(path).startswith(SITE):
        compiled.append(str(path)[len(SITE):])
    return _real(source, path, *more, **options)
builtins.compile = _compile

async def kept():
    share = (await wasminstall.cache.info()).kinds.get("bytecode")
    return share.entries if share else 0

async def kept_in_idle_time(entries):
    for _ in range(200):
        if await kept() >= entries:
            return
        await asyncio.sleep(0.1)

CODE
json.dumps(result)
"""
VISIT = """
await wasminstall.install(["noted", "networkx"], deps=False, prefer="newest", progress=None, index_urls=URL)
import noted, networkx
try:
    noted.fail()
except IndexError:
    shown = traceback.format_exc()
result = {"count": len(compiled), "shown": shown, "source": inspect.getsource(networkx.is_planar)}
AFTER
"""
WAITING = """
import warnings
shown = []
warnings.showwarning = lambda message, *_: shown.append(str(message))
await wasminstall.install(["noted", "warned", "networkx"], deps=False, prefer="newest", progress=None, index_urls=URL)
ahead, counts = [*compiled], [len(shown)]
import noted, networkx, warned
counts.append(len(shown))
await wasminstall.cache.flush()
result = {"ahead": ahead, "later": compiled[len(ahead):], "warnings": counts}
"""
KEPT = "await kept_in_idle_time(2)\nresult['kept'] = await kept()"


@pytest.fixture(autouse=True)
def world(server: IndexServer, browser: webdriver.Chrome) -> Iterator[None]:
    """An empty page of an origin that keeps nothing yet."""
    server.add(*make_wheel("noted", "1.0", files=FILES))
    server.add(*real_wheel("networkx"))
    server.mount("/bytecode/", {"index.html": b"<!doctype html><title>bytecode</title>"}.get)
    browser.get(f"{server.origin}/bytecode/index.html")
    browser.execute_async_script("indexedDB.deleteDatabase('wasminstall-v1').onsuccess = () => arguments[0]()")
    yield
    browser.get("about:blank")


def visit(
    browser: webdriver.Chrome, server: IndexServer, after: str = "", *, code: str = VISIT, where: str = "page"
) -> Any:
    """A new page or worker with a new Python that installs and imports; what ``result`` is."""
    browser.get(f"{server.origin}/bytecode/index.html")
    code = code.replace("URL", repr(server.url)).replace("AFTER", textwrap.dedent(after))
    source = f"""
        import {{ boot }} from "{server.origin}/wasminstall/wasminstall.mjs";
        const work = async () => {{
          const python = await boot({{ pyodide: "{server.origin}/pyodide/" }});
          return python.run({json.dumps(PYTHON.replace("CODE", code))});
        }};
        const tell = globalThis.document ? globalThis._told : (value) => self.postMessage(value);
        work().then(tell, (error) => tell("error: " + error));
    """
    answer = browser.execute_async_script(
        """
        const [source, where, done] = arguments;
        globalThis._told = done;
        const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
        if (where === "page") import(url).catch((error) => done("error: " + error));
        else {
          const worker = new Worker(url, { type: "module" });
          worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
          worker.onerror = ({ message }) => done("error: " + message);
        }
        """,
        source,
        where,
    )
    assert not answer.startswith("error: "), answer
    return json.loads(answer)


def test_the_second_visit_compiles_nothing(browser: webdriver.Chrome, server: IndexServer) -> None:
    """Kept in idle time, without anybody asking for it; nothing looks different."""
    first = visit(browser, server, KEPT)
    assert first["count"] > 200
    assert first["kept"] == 2
    second = visit(browser, server)
    assert second["count"] == 0
    assert [second["shown"], second["source"]] == [first["shown"], first["source"]]
    assert "return values[42]\n           ~~~~~~^^^^" in first["shown"]


@pytest.mark.parametrize("where", ["page", "worker"])
def test_compiled_while_the_install_waits(browser: webdriver.Chrome, server: IndexServer, where: str) -> None:
    """For a wheel that is late; imports take it, warn as ever, and what they took is kept for the next visit."""
    server.add(*make_wheel("warned", "1.0", files={"warned.py": "value = 1 is 1\n"}))
    before = server.behaviour
    server.behave(delay=lambda path: 2.0 if path.endswith("noted-1.0-py3-none-any.whl") else 0.0)
    try:
        found = visit(browser, server, code=WAITING, where=where)
    finally:
        server.behaviour = before
    assert "networkx/__init__.py" in found["ahead"]
    assert found["later"].count("warned.py") == 1
    assert not set(found["later"]) & set(found["ahead"]) - {"warned.py"}
    assert found["warnings"] == [0, 1]
    assert visit(browser, server, where=where)["count"] == 0


def test_a_worker_and_a_page_share_it(browser: webdriver.Chrome, server: IndexServer) -> None:
    first = visit(browser, server, KEPT, where="worker")
    assert (first["count"] > 200, first["kept"]) == (True, 2)
    assert visit(browser, server)["count"] == 0
    assert visit(browser, server, where="worker")["count"] == 0


def test_a_page_that_is_closed_at_once(browser: webdriver.Chrome, server: IndexServer) -> None:
    """What was not written is compiled again, and all else works."""
    first = visit(browser, server)
    second = visit(browser, server, "await wasminstall.cache.flush()\nresult['kept'] = await kept()")
    assert second["count"] <= first["count"]
    assert second["kept"] == 2
    assert visit(browser, server)["count"] == 0
