"""Three real browser engines behind one small interface: open a page, run JavaScript in it, take its picture.

Chromium and WebKitGTK are driven by WebDriver, Firefox by WebDriver BiDi through ``firefox.mjs``. None of them can
reach anything but this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from selenium import webdriver
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from support.index_server import IndexServer
from support.store_tab import chromium

__all__ = ["ENGINES", "Engine", "ScriptFailed", "WebDriverEngine", "show", "started"]

WIDTH, HEIGHT = 1100, 1400
PATIENCE = 100
"""Seconds that a script of a test may take; selenium itself waits a little longer."""
NO_PROXY = "http://127.0.0.1:9"


class ScriptFailed(Exception):
    """What JavaScript in the page threw, as its text."""


class Engine(Protocol):
    """One running browser with one tab."""

    name: str

    def open(self, url: str) -> None:
        """Go to an address and wait until it has loaded."""

    def run(self, script: str) -> Any:
        """Run the body of an async function in the page: the JSON value it returns, or ``ScriptFailed``."""

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as PNG."""

    def close(self) -> None:
        """End the browser."""


class WebDriverEngine:
    """A browser that selenium drives."""

    def __init__(self, name: str, driver: WebDriver) -> None:
        self.name = name
        self.driver = driver
        driver.set_script_timeout(PATIENCE)

    def open(self, url: str) -> None:
        self.driver.get(url)

    def run(self, script: str) -> Any:
        kind, value = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            f"(async () => {{ {script}\n }})()"
            ".then((value) => done(['ok', JSON.stringify(value ?? null)]), (e) => done(['error', String(e)]));"
        )
        if kind == "error":
            raise ScriptFailed(value)
        return json.loads(value)

    def screenshot(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))

    def close(self) -> None:
        self.driver.quit()


class FirefoxEngine:
    """A Firefox, at the other end of a Node process."""

    name = "firefox"

    def __init__(self, program: str) -> None:
        script = Path(__file__).with_name("firefox.mjs")
        self._node = subprocess.Popen(
            ["node", str(script), program, str(WIDTH), str(HEIGHT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def open(self, url: str) -> None:
        self._ask(do="open", url=url)

    def run(self, script: str) -> Any:
        return json.loads(self._ask(do="run", script=script))

    def screenshot(self, path: Path) -> None:
        self._ask(do="screenshot", path=str(path))

    def close(self) -> None:
        # The end of its input ends the process.
        self._node.communicate(timeout=60)

    def _ask(self, **command: str) -> Any:
        assert self._node.stdin
        assert self._node.stdout
        self._node.stdin.write(json.dumps(command) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        assert line, "Firefox did not start, or is gone"
        answer = json.loads(line)
        if "error" in answer:
            raise ScriptFailed(answer["error"])
        return answer.get("value")


@contextmanager
def _chromium() -> Iterator[WebDriverEngine]:
    with chromium(f"--window-size={WIDTH},{HEIGHT}") as driver:
        yield WebDriverEngine("chromium", driver)


@contextmanager
def _firefox() -> Iterator[FirefoxEngine]:
    with closing(FirefoxEngine(_program("firefox-esr", "firefox"))) as engine:
        yield engine


@contextmanager
def _webkit() -> Iterator[WebDriverEngine]:
    """WebKitGTK's MiniBrowser on a screen of its own: it has no mode without one."""
    with _screen() as display:
        options = webdriver.WebKitGTKOptions()
        options.binary_location = _mini_browser()
        for argument in ("--automation", f"--proxy={NO_PROXY}", "--ignore-host=127.0.0.1"):
            options.add_argument(argument)
        environment = {"DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}
        service = WebKitService(_program("WebKitWebDriver"), env={**os.environ, **environment})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # selenium warns of what this driver of its own does
            driver = webdriver.WebKitGTK(options=options, service=service)
        driver.set_window_rect(0, 0, WIDTH, HEIGHT)
        with closing(WebDriverEngine("webkit", driver)) as engine:
            yield engine


ENGINES: dict[str, Callable[[], Any]] = {"chromium": _chromium, "firefox": _firefox, "webkit": _webkit}
"""Name -> context manager of a running ``Engine``."""


@contextmanager
def started(name: str) -> Iterator[Engine]:
    """The engine of this name, until the block ends."""
    with ENGINES[name]() as engine:
        yield engine


def show(
    engine: Engine, server: IndexServer, body: str, *, at: str = "/page/", headers: Mapping[str, str] | None = None
) -> None:
    """Serve a page with this body and these headers at ``at``, and open it."""
    html = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>{body}</html>'
    server.mount(at, lambda path: None if path else html.encode(), headers)
    engine.open(server.origin + at)


@contextmanager
def _screen() -> Iterator[str]:
    """An X display that nobody sees: its name."""
    reading, writing = os.pipe()
    size = f"{WIDTH + 100}x{HEIGHT + 200}x24"
    command = [_program("Xvfb"), "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        try:
            with os.fdopen(reading) as number:
                yield f":{number.readline().strip()}"
        finally:
            server.terminate()


def _mini_browser() -> str:
    """WebKitGTK's browser lies in a folder that is named after the machine's architecture."""
    found = sorted(Path("/usr").glob("lib*/**/webkit2gtk-4.1/MiniBrowser"))
    assert found, "no MiniBrowser: install webkit2gtk-driver and libwebkit2gtk-4.1-0"
    return str(found[0])


def _program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, f"{names[0]} is not installed: .ci/browser installs what the browser tests need"
    return found
