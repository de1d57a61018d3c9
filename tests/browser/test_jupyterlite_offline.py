"""A JupyterLite site whose server has gone: the notebook of the last visit runs again, in a new browser as well.

The server lets nobody keep anything without asking, so that what is there comes from JupyterLite's service worker (the
pages, Pyodide, our wheel) and from our cache (packages and what they were compiled to). The site is made from a lock.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.jupyterlite_places import mount_site
from support.jupyterlite_site import Kernel, save_notebook, serve_jupyterlite
from support.store_tab import chromium
from support.wheel_factory import make_wheel

PREFIX = "/course/"
PAGE = "notebooks/index.html?path=course.ipynb"
LOCK = """lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "course"
version = "2.0"
wheels = [{{ name = "{name}", url = "{url}", hashes = {{ sha256 = "{sha256}" }} }}]
"""
CELLS = {
    "import course, pytz\nprint(course.__version__, pytz.__name__)": "2.0 pytz\n",
    "%pip install pinned==1.0\nimport pinned\nprint(pinned.__version__)": "1.0\n",
    "import wasminstall\nawait wasminstall.cache.flush()": "",
}
KEPT = """
const done = arguments[arguments.length - 1];
const paths = async () => (await (await caches.open("precache")).keys()).map(({ url }) => new URL(url).pathname);
paths().then(done);
"""


@pytest.fixture
def mortal() -> Iterator[IndexServer]:
    """Of this module alone: it is closed in the middle."""
    with IndexServer() as running:
        running.behave(cache_control="no-cache")
        yield running


def build(server: IndexServer, folder: Path) -> str:
    name, data = make_wheel("course", "2.0")
    server.add(name, data)
    for version in ("1.0", "2.0"):
        server.add(*make_wheel("pinned", version))
    lock = LOCK.format(name=name, url=server.file_url(name), sha256=hashlib.sha256(data).hexdigest())
    serve_jupyterlite(
        server,
        folder,
        mount_distribution(server, "pyodide"),
        prefix="/lite-online/",
        apps=("notebooks",),
        addon={"requirements": "pylock.toml", "index_urls": [server.url]},
        files={"pylock.toml": lock},
    )
    return mount_site(server, folder / "site", PREFIX, config={"enableServiceWorkerCache": "true"})


def run(kernel: Kernel) -> dict[str, str]:
    cells = {code: kernel.run(code) for code in CELLS}
    return {code: cell.error or cell.text for code, cell in cells.items()}


def wait_until_kept(driver: Any, server: IndexServer) -> None:
    """The service worker keeps what it passed on, a little later. What is below ``api/`` it never keeps."""
    paths = {seen.path for seen in server.requests if seen.status == 200 and seen.path.startswith(PREFIX)}
    wanted = {path for path in paths if "/api/" not in path} - {f"{PREFIX}service-worker.js"}
    assert f"{PREFIX}static/pyodide/pyodide.asm.wasm" in wanted
    deadline = time.monotonic() + 30
    while missing := wanted - set(driver.execute_async_script(KEPT)):
        assert time.monotonic() < deadline, missing
        time.sleep(0.1)


def test_a_notebook_without_its_server(mortal: IndexServer, tmp_path: Path) -> None:
    site = build(mortal, tmp_path)
    flags = ("--window-size=1000,700", f"--user-data-dir={tmp_path / 'profile'}")
    with chromium(*flags) as driver:
        driver.set_script_timeout(120)
        driver.get(site + PAGE)  # the service worker comes with the first page, and has the second
        save_notebook(driver, "course.ipynb", list(CELLS))
        mortal.requests.clear()
        kernel = Kernel(driver, site, PAGE)
        assert run(kernel) == CELLS
        wait_until_kept(driver, mortal)
        mortal.close()
        kernel.restart()
        assert run(kernel) == CELLS
    with chromium(*flags) as driver:
        driver.set_script_timeout(120)
        assert run(Kernel(driver, site, PAGE)) == CELLS
