"""In somebody else's JupyterLite site: ``%pip install wasminstall`` brings it, ``%load_ext wasminstall`` makes it ours.

What one visit fetched serves a restarted kernel and a reloaded page without a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from support.index_server import IndexServer
from support.jupyterlite_site import Cell, Kernel, serve_jupyterlite
from support.store_tab import chromium
from support.wheel_factory import make_wheel

BRING = "%pip install wasminstall"
INSTALL = """
import builtins, json, wasminstall
from wasminstall.javascript import page_helper
compiled = []
def _compile(source, path, *more, _real=compile, **options):
    compiled.append(str(path))
    return _real(source, path, *more, **options)
builtins.compile = _compile
report = await wasminstall.install(["noted", "pytz"], index_urls=URL, progress="notebook", OPTIONS)
"""
# Cells of their own: a kernel loads what a cell imports from the distribution before it runs the cell.
IMPORT = """
import noted, pytz
from pathlib import Path
data = Path(noted.__file__).with_name("data.txt")
lazy = page_helper().wheelFs.isLazy(str(data))
await wasminstall.cache.flush()
info = await wasminstall.cache.info()
print(json.dumps({
    "names": sorted(each.name for each in report.added),
    "warnings": list(report.warnings),
    "versions": [noted.__version__, pytz.__name__],
    "data": [lazy, len(data.read_text())],
    "compiled": [path.rpartition("site-packages/")[2] for path in compiled if "/noted/" in path],
    "kinds": sorted(info.kinds),
    "where": info.where,
}))
"""
EXTENSION = {
    "load": "%load_ext wasminstall",
    "install": "%pip install 'sited<2'\nimport sited\nprint(sited.__version__)",
    "list": "%pip list",
    "unload": "%unload_ext wasminstall",
    "after": "%pip list",
}
FILES = {"noted/__init__.py": "from .version import __version__\n", "noted/version.py": "__version__ = '1.0'\n"}


class Visit(NamedTuple):
    """What the cells said, what was shown below the installing one, and what the server was asked for."""

    facts: dict[str, Any]
    shown: str
    asked: list[str]

    @property
    def fetched(self) -> list[str]:
        """Answers of the index, and wheels."""
        return [path for path in self.asked if path.startswith(("/simple/", "/files/", "/pyodide/"))]


class Visits(NamedTuple):
    """One after the other in one browser; in the last one ``EXTENSION`` is run in the end."""

    first: Visit
    restarted: Visit
    reloaded: Visit
    extension: dict[str, Cell]


@pytest.fixture(scope="module")
def visits(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    before = server.behaviour
    server.behave(cache_control="max-age=600")
    server.add(*make_wheel("noted", "1.0", requires=["noted-too"], files={**FILES, "noted/data.txt": "x" * 500}))
    server.add(*make_wheel("noted-too", "1.0"))
    sited = dict(make_wheel("sited", version) for version in ("1.0", "2.0"))
    site = serve_jupyterlite(
        server,
        tmp_path_factory.mktemp("jupyterlite"),
        server.origin + "/pyodide/",
        files={f"pypi/{name}": data for name, data in sited.items()},
    )
    with chromium("--window-size=1000,700") as driver:
        driver.set_script_timeout(120)
        kernel = Kernel(driver, site)
        first = visit(kernel, server)
        # Only our own cache counts here.
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        server.requests.clear()
        kernel.restart()
        restarted = visit(kernel, server)
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        server.requests.clear()
        kernel = Kernel(driver, site)
        reloaded = visit(kernel, server, "offline=True")
        extension = {name: kernel.run(cell) for name, cell in EXTENSION.items()}
        yield Visits(first, restarted, reloaded, extension)
    server.behaviour = before


def visit(kernel: Kernel, server: IndexServer, options: str = "") -> Visit:
    """What a notebook does at its beginning."""
    cells = [BRING, INSTALL.replace("URL", repr(server.url)).replace("OPTIONS", options), IMPORT]
    done = [kernel.run(cell) for cell in cells]
    assert [cell.error for cell in done] == ["", "", ""]
    asked = [seen.path for seen in server.requests]
    return Visit(json.loads(done[2].text), done[1].html[0], asked)


def test_it_installs_from_an_index_and_the_distribution(visits: Visits) -> None:
    facts = visits.first.facts
    assert [facts["names"], facts["warnings"]] == [["noted", "noted-too", "pytz"], []]
    assert facts["versions"] == ["1.0", "pytz"]
    assert any(path.startswith("/simple/") for path in visits.first.asked)
    assert any(path.startswith("/pyodide/pytz-") for path in visits.first.asked)


def test_files_are_inflated_when_they_are_read(visits: Visits) -> None:
    assert [visit.facts["data"] for visit in visits[:3]] == [[True, 500]] * 3


def test_the_kernel_uses_the_cache_of_the_site(visits: Visits) -> None:
    facts = visits.first.facts
    assert facts["where"] == "this browser, for this site"
    assert {"bytecode", "page", "resolution", "wheel"} <= set(facts["kinds"])


@pytest.mark.parametrize("later", ["restarted", "reloaded"])
def test_nothing_is_fetched_or_compiled_again(visits: Visits, later: str) -> None:
    """Offline as well, which is how it is asked for after the reload."""
    first, then = visits.first, getattr(visits, later)
    assert first.fetched
    assert first.facts["compiled"] == ["noted/__init__.py", "noted/version.py"]
    assert "/jupyterlite/static/pyodide/pyodide.asm.wasm" in then.asked, "the browser's own cache was empty"
    assert then.fetched == []
    assert then.facts == {**first.facts, "compiled": []}


def test_the_bar_below_the_cell(visits: Visits) -> None:
    for each in visits[:3]:
        assert 'class="wasminstall-progress" data-phase="done"' in each.shown
        assert "Installed 3" in each.shown


def test_the_extension_brings_our_pip(visits: Visits) -> None:
    """And takes it away again. The site's own wheels are asked first, and it forbids PyPI."""
    cells = visits.extension
    assert [cell.error for cell in cells.values()] == [""] * 5
    assert cells["install"].text == "1.0\n"
    assert "Installed 1" in cells["install"].html[0]
    assert "<table>" in cells["list"].html[0]
    assert cells["after"] == Cell("", [], ""), "JupyterLite's own says nothing"
