"""The sources of the standard library come after the start; and what happens to whom they do not come."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from selenium import webdriver

from support.distribution import ROOT
from support.index_server import IndexServer
from support.stdlib_page import Visitor, newcomer

ZIP = "/pyodide/python_stdlib.zip"
EIO = 29  # as WASI numbers it


@pytest.fixture
def visitor(browser: webdriver.Chrome, server: IndexServer) -> Iterator[Visitor]:
    before = server.behaviour
    yield from newcomer(browser, server)
    server.behaviour = before
    server.heal()


SOURCES = """
return await python.run(`
import inspect, json, tomllib
assert "cls=None" in inspect.getsource(json.dumps)
tomllib.__file__.rpartition(".")[2]
`);
"""


def asked(server: IndexServer) -> list[str | None]:
    """The ranges of the standard library that were asked for; Chromium asks for those that it does not have."""
    return [each.range for each in server.requests if each.path == ZIP]


def late(server: IndexServer, seconds: float) -> None:
    """From now on the whole library takes so long."""
    server.requests.clear()
    server.behave(delay=lambda path: seconds if path == ZIP and len(asked(server)) > 1 else 0.0)


@pytest.mark.parametrize("worker", [False, True])
def test_they_are_needed_before_they_are_here(visitor: Visitor, server: IndexServer, worker: bool) -> None:
    """Python starts with bytecode; what shows sources, or imports what has none, waits for them."""
    visitor.open()
    late(server, 3)
    assert visitor.run(f'return start({{ archive: "/wasminstall/", worker: {str(worker).lower()} }});') == "pyc"
    first, *others = asked(server)
    assert first is not None
    assert len(others) <= 1
    assert visitor.run(SOURCES) == "py"
    assert len(asked(server)) >= 2


@pytest.mark.parametrize("what", ["no ranges", "refused", "of another build"])
def test_they_cannot_come_later(visitor: Visitor, server: IndexServer, what: str) -> None:
    visitor.open()
    where = "/pyodide/"
    if what == "no ranges":
        server.behave(ranges=False)
    elif what == "refused":
        server.fault(ZIP, "status:403", times=1)
    else:
        where = "/pyodide-changed/"
        mount_changed(server, where)
    server.requests.clear()
    started = visitor.run(f'return start({{ archive: "/wasminstall/", pyodide: "{where}" }});')
    assert started == ("py" if what == "of another build" else "pyc")
    assert visitor.run(SOURCES) == "py"
    if what == "of another build":
        assert visitor.run("return python.run('import of_this_build; of_this_build.VALUE');") == 1
    else:
        assert len(asked(server)) == 2


def mount_changed(server: IndexServer, where: str) -> None:
    """A Pyodide of the same release whose standard library has a module more."""
    pyodide = ROOT / "node_modules" / "pyodide"
    library = io.BytesIO((pyodide / "python_stdlib.zip").read_bytes())
    with zipfile.ZipFile(library, "a") as opened:
        opened.writestr("of_this_build.py", "VALUE = 1")
    changed = library.getvalue()

    def content(path: str) -> bytes | None:
        if path == "python_stdlib.zip":
            return changed
        return (pyodide / path).read_bytes() if (pyodide / path).is_file() else None

    server.mount(where, content)


def test_they_cannot_be_had(visitor: Visitor, server: IndexServer) -> None:
    """An error as of a broken disk, and no more than that; when they can be had again they are there."""
    visitor.open()
    late(server, 1)
    visitor.run('return start({ archive: "/wasminstall/" });')
    server.fault(ZIP, "reset")
    code = "try:\n    import tomllib\n    found = 0\nexcept OSError as error:\n    found = error.errno\nfound"
    assert visitor.run(f"return python.run({json.dumps(code)});") == EIO
    server.heal()
    assert visitor.run(SOURCES) == "py"
