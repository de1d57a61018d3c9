"""The demo notebook as a visitor sees it: every cell runs, every output is there, by day, by night, on a phone.

The real server, the real distribution and the real index behind its proxy: what it fetched once stays in the cache
folder, so only the first run ever needs a network. Screenshots are left in build/screenshots/.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

from support.demo_server import demo_server
from support.distribution import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
PATIENCE = 240
RECORDER = """
window.seen = [];
addEventListener("wasminstall:progress", (event) => {
  // The page has its turn first.
  queueMicrotask(() => window.seen.push({ ...event.detail, status: document.getElementById("status").textContent }));
});
window.problems = [];
addEventListener("error", (event) => window.problems.push(String(event.message)));
addEventListener("unhandledrejection", (event) => window.problems.push(String(event.reason)));
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with demo_server() as address:
        yield address


class Notebook:
    """The page after all its cells ran."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        recorder = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORDER})
        browser.get(f"{address}?autorun=1")
        wait = WebDriverWait(browser, PATIENCE, poll_frequency=0.2)
        wait.until(lambda _: self.state() in {"idle", "error"}, "the notebook did not come to an end")
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", recorder)

    def state(self) -> str:
        """What the root element says."""
        return str(self.ask("document.documentElement.dataset.state"))

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        return self.browser.execute_script(f"return {expression}")

    def output(self, number: int, expression: str) -> Any:
        """Of the output of cell ``number`` (from 1), bound to ``out``."""
        return self.ask(f"((out) => {expression})(document.querySelectorAll('.output')[{number - 1}])")

    def look(self, name: str, *, width: int, scheme: str) -> Path:
        """A picture of the whole page at this width, by day or by night."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        picture = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        path.write_bytes(base64.b64decode(picture))
        return path


@pytest.fixture(scope="module")
def notebook(browser: webdriver.Chrome, address: str) -> Iterator[Notebook]:
    made = Notebook(browser, address)
    yield made
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_every_cell_ran(notebook: Notebook) -> None:
    assert notebook.state() == "idle"
    assert notebook.ask("document.getElementById('status').textContent") == "Done; one cell failed"
    assert notebook.ask("document.getElementById('index').value") == "proxy"
    assert notebook.ask("window.problems") == []


def test_the_report_of_an_install_is_a_table(notebook: Notebook) -> None:
    names = notebook.output(1, "[...out.querySelectorAll('tbody tr')].map((row) => row.cells[0].textContent)")
    assert names == ["numpy", "pandas", "python-dateutil", "pytz", "six"]
    assert notebook.output(1, "out.querySelector('caption').textContent").startswith("Installed 5 in ")


def test_a_data_frame_is_a_table(notebook: Notebook) -> None:
    assert notebook.output(2, "out.querySelectorAll('table.dataframe tbody tr').length") == 8
    assert "Neptune" in notebook.output(2, "out.textContent")


def test_a_figure_is_a_picture(notebook: Notebook) -> None:
    sizes = notebook.output(
        3,
        "[...out.querySelectorAll('.wasminstall-figure img')]"
        ".map(i => [i.complete, i.naturalWidth, i.naturalHeight, i.width])",
    )
    ((complete, natural_width, natural_height, width),) = sizes
    assert complete
    assert natural_width > 2 * 300
    assert natural_height > 2 * 150
    assert 0 < width < natural_width  # twice the pixels, for sharp screens


def test_a_compiled_package_of_pypi_ran(notebook: Notebook) -> None:
    assert notebook.output(4, "out.querySelector('.wasminstall-stdout').textContent").strip().startswith("<html>")
    assert 'style="color: teal' in notebook.output(4, "out.textContent")


def test_an_error_is_readable(notebook: Notebook) -> None:
    """What happened and what to try; the traceback is folded away."""
    assert "UnknownProject" in notebook.output(5, "out.querySelector('.wasminstall-headline').textContent")
    assert "a-package-nobody-wrote" in notebook.output(5, "out.querySelector('.wasminstall-message').textContent")
    assert "index_urls" in notebook.output(5, "out.querySelector('.wasminstall-hint').textContent")
    assert notebook.output(5, "out.querySelector('.wasminstall-error details').open") is False


def test_the_status_line_told_every_phase(notebook: Notebook) -> None:
    seen = notebook.ask("window.seen")
    phases = ["runtime", "resolve", "download", "place", "done", "failed"]  # the last cell shows an error
    assert list(dict.fromkeys(event["phase"] for event in seen)) == phases
    downloads = [event for event in seen if event["phase"] == "download"]
    assert max(event["done"] for event in downloads) > 7_000_000
    assert any(event["status"].startswith("Downloading ") for event in downloads)
    assert all(event["text"] for event in seen)


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("light", 1100, "light"), ("dark", 1100, "dark"), ("narrow", 400, "light")]
)
def test_it_looks_right_everywhere(notebook: Notebook, name: str, width: int, scheme: str) -> None:
    """Nothing sticks out at the side, and text can be read on its background."""
    picture = notebook.look(name, width=width, scheme=scheme)
    assert picture.stat().st_size > 20_000
    assert notebook.ask("document.documentElement.scrollWidth") <= width
    style = "getComputedStyle(document.querySelector('header'))"
    background, text = (brightness(notebook.ask(f"{style}.{key}")) for key in ("backgroundColor", "color"))
    assert (background < text) == (scheme == "dark")
    assert abs(background - text) > 300


@pytest.mark.parametrize(
    ("measured", "shown", "share"),
    [
        ({"rate": 2_340_000, "remaining": 3.4, "share": 0.25}, "2.3 MB/s, 3 s left", "25"),
        ({"rate": 42_000, "remaining": 300, "share": 0.25}, "42.0 kB/s, 5 min left", "25"),
        ({"rate": 0, "share": 0.25}, "numpy", "25"),
        ({"rate": 2_340_000, "total": 0}, "2.3 MB/s", None),
        ({"rate": 2_340_000, "done": 4_000_000, "remaining": 0, "share": 1}, "numpy", "100"),
    ],
)
def test_how_fast_and_how_much_longer(
    notebook: Notebook, measured: dict[str, float], shown: str, share: str | None
) -> None:
    detail = {"phase": "download", "text": "x", "project": "numpy", "done": 1_000_000, "total": 4_000_000, **measured}
    event = f"new CustomEvent('wasminstall:progress', {{ detail: {json.dumps(detail)} }})"
    bar = "document.getElementById('progress').getAttribute('aria-valuenow')"
    found = notebook.ask(f"dispatchEvent({event}) && [document.getElementById('detail').textContent, {bar}]")
    assert found == [shown, share]


def brightness(colour: str) -> float:
    """Red, green and blue of a computed colour, added up."""
    inside = colour.partition("(")[2].partition(")")[0]
    return sum(float(part) for part in inside.replace(",", " ").split()[:3])
