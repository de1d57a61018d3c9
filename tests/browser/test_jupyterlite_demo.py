"""The notebooks of ``demo/jupyterlite``, each run from the first cell to the last as a reader does; and ``%pip``.

Screenshots are left in build/screenshots/; those of the documentation (docs/images/) are among them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from support.distribution import ROOT
from support.index_server import IndexServer
from support.jupyterlite_site import Kernel, save_notebook, serve_jupyterlite
from support.real_wheels import real_wheel
from support.store_tab import chromium

SCREENSHOTS = ROOT / "build" / "screenshots"
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
    kernel.wait()  # the site's own packages are there, as when a reader has read the first lines
    kernel.run_notebook()
    shown = "\n".join(each.text for each in outputs(driver))
    pictures = driver.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output img")
    look(driver, f"jupyterlite-{name}")
    assert [text for text in EXPECTED[name] if text not in shown] == []
    assert len(pictures) == (1 if name == "2-plot" else 0)
    assert "Error" not in shown


PIP = [
    "%pip install scikit-learn",
    "%pip install css-inline",
    "%pip show css-inline",
    '%pip install pandas "numpy<2"',
    "import wasminstall\nawait wasminstall.install('css-inline>1')",
]

TO_THE_TOP = """
jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
document.querySelector(".jp-WindowedPanel-outer").scrollTop = 0;
"""


def test_what_pip_shows(driver: Any, site: str, server: IndexServer) -> None:
    """A bar that is gone in the end; errors of ``%pip`` and of the function in the same way; in both themes."""
    save_notebook(driver, "pip.ipynb", PIP)
    kernel = Kernel(driver, site, "notebooks/index.html?path=pip.ipynb")
    kernel.wait()
    run = "jupyterapp.commands.execute('notebook:run-cell-and-select-next')"
    server.behave(rate=4e6)
    driver.execute_script(run)
    bar = ".jp-OutputArea-output progress[value]:not([value='0'])"
    WebDriverWait(driver, 60, poll_frequency=0.05).until(lambda _: driver.find_elements(By.CSS_SELECTOR, bar))
    look(driver, "notebook-progress", height=330)
    server.behave(rate=None)
    driver.execute_async_script(f"{run}.then(arguments[0])")
    for _ in PIP[2:]:
        driver.execute_async_script(f"{run}.then(arguments[0], arguments[0])")
    driver.execute_script(TO_THE_TOP)
    for theme in ("Light", "Dark"):
        change = f"jupyterapp.commands.execute('apputils:change-theme', {{ theme: 'JupyterLab {theme}' }})"
        driver.execute_async_script(f"{change}.then(arguments[0])")
        look(driver, f"notebook-pip-{theme.lower()}", height=1010)
    shown = [each.text for each in outputs(driver)]
    assert not driver.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output progress")
    assert shown[0].startswith("Installed 5 in ")
    assert shown[1].startswith("Installed 1 in ")
    assert "installed by wasminstall" in shown[2]
    assert shown[3].startswith("NoMatchingVersion\nno version satisfies 'numpy<2'; on offer: 2.4.3\nHint: ")
    assert shown[5].startswith("NoMatchingVersion\nno version satisfies 'css-inline>1'; on offer: 0.24.0\nHint: ")
    assert [shown[4], *shown[6:]] == ["NoMatchingVersion: see above"] * 2


def outputs(driver: Any) -> list[Any]:
    """What the cells of the notebook show."""
    return list(driver.find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output"))


def look(driver: Any, name: str, height: int = 860) -> None:
    """Take a picture."""
    metrics = {"width": 1000, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(picture))
