"""One Chromium a module, one test index for all: pages, the Pyodide distribution and packages over real HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_pyodide import get_global_config
from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from support.distribution import ROOT, mount_distribution
from support.engines import ENGINES, Engine, started
from support.index_server import IndexServer
from support.page import CHROMIUM_FLAGS, Page


def pytest_configure(config: pytest.Config) -> None:
    """pytest-pyodide in Chromium, with the core of the main Pyodide under test."""
    config.option.runtime = "chrome"
    config.option.dist_dir = ROOT / "node_modules" / "pyodide"
    get_global_config().set_flags("chrome", CHROMIUM_FLAGS)


@pytest.fixture(scope="session", autouse=True)
def server() -> Iterator[IndexServer]:
    """The index, the Pyodide distribution at ``/pyodide/``, our files at ``/wasminstall/``.

    Pages of pytest-pyodide come from another origin, so that what they fetch from here needs CORS.
    """
    with IndexServer() as index, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SE_OFFLINE", "true")  # selenium must not look for drivers on the network
        patch.setenv("SE_CHROMEDRIVER", shutil.which("chromedriver") or "")
        packages = mount_distribution(index, "pyodide")
        index.mount("/wasminstall/", ROOT / "js" / "dist")
        script = f"let pyodide = await loadPyodide({{ jsglobals: self, packageBaseUrl: {packages!r} }});"
        get_global_config().set_load_pyodide_script("chrome", script)
        yield index


@pytest.fixture(scope="module")
def page(selenium_module_scope: Any, server: IndexServer) -> Page:
    """One page for all tests of a module."""
    return Page(selenium_module_scope, server)


class Chromium(webdriver.Chrome):
    """A Chromium that begins anew when a page is opened after the last one has crashed."""

    def __init__(self) -> None:
        self._options = webdriver.ChromeOptions()
        for flag in (*CHROMIUM_FLAGS, "--window-size=1100,1400"):
            self._options.add_argument(flag)
        super().__init__(options=self._options)

    def start_session(self, capabilities: dict[str, Any]) -> None:
        super().start_session(capabilities)
        self.set_script_timeout(120)

    def get(self, url: str) -> None:
        """Open this page."""
        try:
            super().get(url)
        except WebDriverException as error:
            if "tab crashed" not in str(error):
                raise
            webdriver.Remote.quit(self)
            self.start_session(self._options.to_capabilities())
            super().get(url)

    def forget(self, origin: str) -> None:
        """As if nobody had been here before: no kept files of this origin, nothing in the HTTP cache."""
        self.get("about:blank")  # storage that is cleared under a page which uses it may not answer for seconds
        self.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        self.execute_cdp_cmd("Network.clearBrowserCache", {})


@pytest.fixture(scope="session")
def chromium(server: IndexServer) -> Iterator[Chromium]:
    """The one Chromium of all modules."""
    driver = Chromium()
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def browser(chromium: Chromium, server: IndexServer) -> Chromium:
    """A Chromium without anything in it, for tests that bring their own page."""
    chromium.forget(server.origin)
    return chromium


@pytest.fixture(scope="session", params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, server: IndexServer) -> Iterator[Engine]:
    """Each of the three engines in turn, started when its first test comes."""
    with started(request.param) as running:
        yield running
