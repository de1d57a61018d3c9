"""The same JupyterLite site where browsers and servers differ: headers, its Pyodide and where that is, engines.

It is built once, and served again with what differs. The index is another origin's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.engines import Engine, WebDriverEngine
from support.index_server import IndexServer
from support.jupyterlite_places import ISOLATED, EngineKernel, mount_pyodide, mount_site
from support.jupyterlite_site import PINS, serve_jupyterlite
from support.real_wheels import fetch_pypi
from support.wheel_factory import make_wheel

PYTHON = {"pyodide": (3, 14), "pyodide-0.28": (3, 13), "pyodide-0.29": (3, 13)}
ABSENT = "jedi"
"""What one of them does not have, and a kernel needs at its start."""
CELLS = {
    "%pip": "%pip install later==1.0\nimport later\nprint(later.__version__)",
    "install()": "import wasminstall\nreport = await wasminstall.install('later', upgrade=True, progress=None)\n"
    "print(*(f'{each.name} {each.version}' for each in report.added))",
    "import": "import imported\nprint(imported.__version__)",
    "list": "found = %pip list\nprint([each.version for each in found if each.name in ('imported', 'later')])",
    "in a block": "for name in ['looped']:\n    %pip install -q {name}\nprint(wasminstall.show('looped').version)",
    "where": "import js, sys\nprint(bool(js.crossOriginIsolated), sys.version_info[:2])",
}
PRINTED = {
    "%pip": "1.0\n",
    "install()": "later 2.0\n",
    "import": "1.0\n",
    "list": "['1.0', '2.0']\n",
    "in a block": "1.0\n",
}


@pytest.fixture(scope="module")
def index() -> Iterator[IndexServer]:
    """Another origin."""
    with IndexServer() as running:
        wheels = [make_wheel("later", "1.0"), make_wheel("later", "2.0")]
        wheels += [make_wheel(name, "1.0") for name in ("imported", "looped")]
        wheels += [(PINS[ABSENT].filename, fetch_pypi(*PINS[ABSENT]))]
        for filename, data in wheels:
            running.add(filename, data)
        yield running


@pytest.fixture(scope="module")
def site(server: IndexServer, index: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    addon = {"index_urls": [index.url], "auto_import": "index"}
    serve_jupyterlite(server, folder, f"{server.origin}/pyodide/", prefix="/lite-here/", addon=addon)
    return folder / "site"


def check(engine: Engine, site: str, *, isolated: bool, python: tuple[int, int]) -> None:
    """Run the cells in a new kernel."""
    kernel = EngineKernel(engine, site)
    cells = {name: kernel.run(code) for name, code in CELLS.items()}
    assert {name: cell.error for name, cell in cells.items() if cell.error} == {}
    printed = {name: cell.text for name, cell in cells.items()}
    assert printed == {**PRINTED, "where": f"{isolated} {python}\n"}
    assert "Installed 1" in cells["%pip"].html[0]


@pytest.mark.parametrize("build", PYTHON)
def test_a_pyodide_of_another_origin(
    browser: Any, server: IndexServer, index: IndexServer, site: Path, build: str
) -> None:
    """As from a CDN. The page is cross-origin isolated with every other one."""
    isolated = build in ("pyodide", "pyodide-0.29")
    url = mount_site(
        server,
        site,
        f"/lite-{build}/",
        pyodide_url=mount_pyodide(index, build, without=ABSENT if build == "pyodide-0.28" else ""),
        headers=ISOLATED if isolated else {},
    )
    check(WebDriverEngine("chromium", browser), url, isolated=isolated, python=PYTHON[build])


@pytest.mark.parametrize("engine", ["firefox", "webkit"], indirect=True)
def test_in_another_engine(engine: Engine, server: IndexServer, site: Path) -> None:
    """WebKit cannot wait in the middle of a call, and has no shared memory, without which isolated kernels hang."""
    isolated = engine.name == "firefox"
    url = mount_site(server, site, f"/lite-{engine.name}/", headers=ISOLATED if isolated else {})
    check(engine, url, isolated=isolated, python=PYTHON["pyodide"])
