"""The gallery, and every example in it: run as a visitor sees it, by day, by night, on a phone.

Screenshots are left in build/screenshots/; those in demo/examples/pictures/ are the WebP ones.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

from support.demo_server import demo_server
from support.distribution import ROOT
from support.index_server import IndexServer
from support.wheel_factory import make_wheel

SCREENSHOTS = ROOT / "build" / "screenshots"
PATIENCE = 60
RECORDER = """
window.problems = [];
addEventListener("error", (event) => window.problems.push(String(event.message)));
addEventListener("unhandledrejection", (event) => window.problems.push(String(event.reason)));
"""
EVERYWHERE = """(selector) => {
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap((element) => element.shadowRoot ?? [])];
  return roots.flatMap((root) => [...root.querySelectorAll(selector)]);
}"""
"""All elements that match, those in shadow trees included."""
LOOKS = [("light", 1100, "light"), ("dark", 1100, "dark"), ("narrow", 400, "light")]


class Visit:
    """A browser at one page of the demo server."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        self.address = address

    def open(self, path: str) -> None:
        """Go there."""
        self.browser.get(self.address + path)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        return self.browser.execute_script(f"return {expression}")

    def wait_for(self, expression: str) -> Any:
        """The value as soon as it is true."""
        wait = WebDriverWait(self.browser, PATIENCE, poll_frequency=0.1)
        return wait.until(lambda _: self.ask(expression), f"never true: {expression}")

    def look(self, name: str) -> None:
        """Take pictures; nothing may stick out at the side of any, and nothing may have gone wrong so far."""
        for look, width, scheme in LOOKS:
            self._show(width, 900, scheme)
            self._save(f"{name}-{look}.png", {"captureBeyondViewport": True})
            assert self.ask("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
        for picture, scheme in ((f"{name}.webp", "light"), (f"{name}-dark.webp", "dark")):
            self._show(720, 450, scheme)
            top = self.ask("document.querySelector('h1 + p').getBoundingClientRect().bottom + scrollY")
            clip = {"x": 0, "y": top, "width": 720, "height": 450, "scale": 1}
            options = {"format": "webp", "quality": 85, "clip": clip, "captureBeyondViewport": True}
            self._save(picture, options)
        assert self.ask("window.problems") == []

    def _show(self, width: int, height: int, scheme: str) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def _save(self, name: str, options: dict[str, Any]) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        picture = self.browser.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
        (SCREENSHOTS / name).write_bytes(base64.b64decode(picture))


@pytest.fixture(scope="module")
def visit(browser: webdriver.Chrome) -> Iterator[Visit]:
    recorder = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORDER})
    with demo_server() as address:
        yield Visit(browser, address)
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", recorder)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_gallery_leads_everywhere(visit: Visit) -> None:
    visit.open("gallery.html")
    visit.wait_for("document.readyState === 'complete'")
    assert visit.ask("[...document.images].every((image) => (image.loading = 'eager'))")
    visit.wait_for("[...document.images].every((image) => image.complete)")
    assert visit.ask("[...document.images].filter((image) => !image.naturalWidth).map((image) => image.src)") == []
    assert visit.ask("[...document.querySelectorAll('.cards img')].every((image) => image.alt)")
    links = visit.ask("[...document.querySelectorAll('.cards a')].map((link) => link.href)")
    examples = {path.name for path in (ROOT / "demo/examples").iterdir() if path.suffix in {".html", ".mjs"}}
    assert {link.rpartition("/")[2] for link in links} == {*examples, ""}
    for link in links:
        assert visit.ask(f"fetch({link!r}).then((answer) => answer.status)") == 200
    visit.look("gallery")
    visit.open("")
    assert visit.ask("document.querySelector('header a').href").endswith("/gallery.html")


def test_a_page(visit: Visit) -> None:
    """The declarative one: a table where the first script stands, a figure where the second does."""
    visit.open("examples/page.html")
    visit.wait_for(f"({EVERYWHERE})('img').some((image) => image.naturalWidth > 300)")
    rows = visit.ask(f"({EVERYWHERE})('table tbody tr').map((row) => row.textContent.replace(/\\s+/g, ' ').trim())")
    assert [row.split()[0] for row in rows] == ["Saturn", "Jupiter", "Uranus", "Neptune"]
    visit.look("page")


def test_a_module(visit: Visit) -> None:
    """The canvas has a picture, and another one when the pointer moves."""
    visit.open("examples/module.html")
    visit.wait_for("document.querySelector('#status').textContent.startsWith('c = ')")
    picture = "document.querySelector('#picture').toDataURL()"
    before = visit.ask(picture)
    visit.look("module")
    moved = "new PointerEvent('pointermove', { clientX: 300, clientY: 400 })"
    visit.ask(f"document.querySelector('#picture').dispatchEvent({moved})")
    assert visit.ask(picture) != before


def test_a_worker(visit: Visit) -> None:
    """Digits of pi stream in, the page's clock goes on, and the button ends it."""
    visit.open("examples/worker.html")
    digits = "document.querySelector('#digits').textContent"
    visit.wait_for(f"{digits}.length > 2000")
    assert visit.ask(digits).startswith(
        "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"
    )
    frame = "await new Promise(requestAnimationFrame)"
    assert visit.ask(f"(async () => {{ {frame}; {frame}; {frame}; return 'awake'; }})()") == "awake"
    visit.look("worker")
    visit.ask("document.querySelector('#stop').click()")
    said = visit.wait_for("/^Stopped after \\d+ digits$/.exec(document.querySelector('#status').textContent)?.[0]")
    assert visit.ask("document.querySelector('#stop').disabled"), said


def test_a_vite_project(visit: Visit) -> None:
    """Built by demo/build.mjs, as `vite build` would; what is typed is found."""
    visit.open("examples/vite/")
    visit.wait_for("document.querySelector('#status').textContent === '4 found'")
    visit.look("vite")
    visit.ask("document.querySelector('#word').value = 'arrive'")
    visit.ask("document.querySelector('#word').dispatchEvent(new Event('input'))")
    found = visit.ask("[...document.querySelectorAll('mark')].map((mark) => mark.textContent)")
    assert {"arrives", "arive"} <= set(found)


def test_node(server: IndexServer) -> None:
    server.add(*make_wheel("humanised", "2.0", headers=[("Summary", "For people")]))
    command = ["node", "demo/examples/node.mjs", "humanised", server.url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.split("\n")[-2:] == ["humanised 2.0: For people", ""], done.stdout + done.stderr
    assert done.stdout.startswith("Installed 1 in ")
