"""The notebooks of ``demo/jupyterlite``, each run from the first cell to the last as a reader does.

With ``WASMINSTALL_PICTURES=FOLDER`` in the environment, a picture of each is written there; the documentation shows
some of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from support.distribution import ROOT
from support.index_server import IndexServer
from support.jupyterlite_site import Kernel, save_notebook, serve_jupyterlite
from support.real_wheels import real_wheel
from support.store_tab import chromium

DEMO = ROOT / "demo" / "jupyterlite"
FROM_PYPI = ("css-inline", "markdown-it-py", "mdurl", "networkx", "pygments", "rich")
EXPECTED = {
    "1-data-frame": ["pandas 3.", "Jupiter", "rock"],
    "2-plot": [],
    "3-compiled": ["css-inline 0.24.0", '<h1 style="color: teal;">'],
    "4-course": ["networkx 3.7", "Best known", "rich 15.0.0"],
}


@pytest.fixture(scope="module")
def site(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    for name in FROM_PYPI:
        server.add(*real_wheel(name))
    settings = json.loads((DEMO / "jupyter_lite_config.json").read_text())["WasmInstallAddon"]
    return serve_jupyterlite(
        server,
        tmp_path_factory.mktemp("demo"),
        server.origin + "/pyodide/",
        prefix="/lite-demo/",
        apps=("lab", "notebooks"),
        addon={**settings, "index_urls": [server.url]},
        files={"requirements.txt": (DEMO / "requirements.txt").read_text()},
    )


@pytest.fixture(scope="module")
def driver(site: str) -> Iterator[Any]:
    with chromium("--window-size=1000,1000") as running:
        running.set_script_timeout(120)
        running.get(f"{site}lab/index.html")
        yield running


@pytest.mark.parametrize("name", EXPECTED)
def test_a_notebook(driver: Any, site: str, name: str) -> None:
    notebook = json.loads((DEMO / "files" / f"{name}.ipynb").read_text())
    save_notebook(driver, f"{name}.ipynb", notebook)
    kernel = Kernel(driver, site, f"notebooks/index.html?path={name}.ipynb")
    kernel.run("")  # the site's own packages are there, as when a reader has read the first lines
    kernel.run_notebook()
    shown = "\n".join(each.text for each in driver.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output"))
    pictures = driver.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output img")
    if folder := os.environ.get("WASMINSTALL_PICTURES"):
        driver.save_screenshot(str(Path(folder) / f"jupyterlite-{name}.png"))
    assert [text for text in EXPECTED[name] if text not in shown] == []
    assert len(pictures) == (1 if name == "2-plot" else 0)
    assert "Error" not in shown
