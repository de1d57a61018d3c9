"""The standard library's bytecode from one visit of a page to the next, in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from selenium import webdriver

from support.distribution import ROOT
from support.index_server import IndexServer
from support.stdlib_page import Visitor, newcomer

WORKER = """
onmessage = async ({ data: [script, pyodide] }) => {
  try {
    const { boot } = await import(script);
    const python = await boot({ pyodide, archive: new URL("/stdlib-archive/", pyodide) });
    postMessage(await python.run("import json; json.__file__.rpartition('.')[2]"));
  } catch (error) {
    postMessage("error: " + error);
  }
};
"""
IN_WORKER = """
const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
const worker = new Worker(url, { type: "module" });
const answer = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
const here = (path) => new URL(path, location.href).href;
worker.postMessage([here("/wasminstall/wasminstall.mjs"), here("/pyodide/")]);
return answer;
"""


@pytest.fixture
def visitor(browser: webdriver.Chrome, server: IndexServer) -> Iterator[Visitor]:
    # Without the bytecode for the first visit: here is tested what one visit leaves for the next.
    archive = (ROOT / "js" / "dist" / "wasminstall.zip.gz").read_bytes()
    server.mount("/stdlib-archive/", lambda path: archive if path == "wasminstall.zip.gz" else None)
    yield from newcomer(browser, server)


def test_a_page_that_is_opened_again(visitor: Visitor) -> None:
    visitor.open()
    assert visitor.run("return start();") == "py"
    [size] = visitor.run("return untilKept();")
    assert 4_000_000 < size < 8_000_000
    visitor.open()
    assert visitor.run("return start();") == "pyc"
    text = visitor.run(
        """
        return python.run(`
import inspect, json, traceback
try:
    json.loads("{")
except ValueError:
    text = traceback.format_exc()
text + inspect.getsource(json)[:8]
`);
        """
    )
    assert 'File "/lib/python314.zip/json/decoder.py", line ' in text
    assert "\n    obj, end = self.scan_once(s, idx)\n" in text
    assert text.endswith('r"""JSON')
    assert visitor.run("return start({ cache: false });") == "py"
    assert visitor.run('return start({ config: { stdLibURL: "/pyodide/python_stdlib.zip" } });') == "py"


def test_a_worker_has_it_too(visitor: Visitor) -> None:
    in_worker = IN_WORKER.replace("WORKER", json.dumps(WORKER))
    visitor.open()
    assert visitor.run(in_worker) == "py"
    assert len(visitor.run("return untilKept();")) == 1
    assert visitor.run(in_worker) == "pyc"
    assert visitor.run("return start();") == "pyc"


def test_a_policy_without_blob(visitor: Visitor) -> None:
    """Where Pyodide may not read what was kept, it starts as ever; and what could not be used is not made."""
    policy = "<meta http-equiv='Content-Security-Policy' content=\"connect-src 'self'\">"
    visitor.open(policy)
    assert visitor.run("return start();") == "py"
    assert visitor.run("await new Promise((done) => setTimeout(done, 5000)); return kept();") == []
    visitor.open()
    visitor.run("await start(); return untilKept();")
    visitor.open(policy)
    assert visitor.run("return start();") == "py"
    assert len(visitor.run("return kept();")) == 1


def test_a_page_that_keeps_nothing(visitor: Visitor, browser: webdriver.Chrome) -> None:
    visitor.open('<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-cache="false"></script>')
    where = "import wasminstall; (await wasminstall.cache.info()).where"
    assert visitor.run(f"return wasminstall.run({where!r});").startswith("nowhere")
    assert visitor.run("await new Promise((done) => setTimeout(done, 4000)); return indexedDB.databases();") == []


def test_the_first_visit_has_what_comes_with_the_release(visitor: Visitor) -> None:
    visitor.open()
    assert visitor.run('return start({ archive: "/wasminstall/" });') == "pyc"
    # What it does not have is compiled, and kept with the rest for the next visit.
    assert visitor.run("return python.run(\"import tomllib; tomllib.__file__.rpartition('.')[2]\");") == "py"
    [size] = visitor.run("return untilKept();")
    assert size > 5_000_000
    visitor.open()
    assert visitor.run('return start({ archive: "/wasminstall/" });') == "pyc"
    assert visitor.run("return python.run(\"import tomllib; tomllib.__file__.rpartition('.')[2]\");") == "pyc"
