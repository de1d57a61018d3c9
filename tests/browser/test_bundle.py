"""``wasminstall bundle``: the site works from a plain static server, from nowhere else, and then without any server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from selenium.webdriver.support.ui import WebDriverWait

from support.distribution import ROOT
from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall.cli.app import cli
from wasminstall.cli.bundling import writing
from wasminstall.cli.bundling.site import integrity

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Bundle</title>
<link rel="stylesheet" href="UPstyle.css">
<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-index="/index/simple/"></script>
<body>
<script type="text/python" data-packages="six bundled-extra[more]>=1">
  import six, bundled_extra, bundled_more
  print("six", six.__version__)
</script>
<script type="text/python">
  # /// script
  # dependencies = ["bundled-block<2"]
  # ///
  import bundled_block
  print("block", bundled_block.version)
</script>
<script type="text/python" src="UPmain.py" data-requirements="UPneeds.txt"></script>
<script>document.title = "inline";</script>
</html>
"""
MAIN = """
import importlib.metadata
import bundled_file
from js import document, fetch
text = await (await fetch("/data.txt")).text()
print("file", importlib.metadata.version("bundled-file"), text)
document.title += " done"
"""
SHOWN = ["six 1.17.0", "block 1.5", "file 3.0 some data"]

SETTLED = """
    const states = () => [...document.querySelectorAll(".wasminstall-output")].map((node) => node.dataset.state);
    const end = Date.now() + 100000;
    while (states().length < 3 || states().includes("running")) {
        if (Date.now() > end) throw new Error(`still ${states()}`);
        await new Promise((done) => setTimeout(done, 50));
    }
    return [...document.querySelectorAll(".wasminstall-output")].map((node) => node.innerText.trim());
"""

UPDATED = """
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    while (!registration.waiting) await new Promise((done) => setTimeout(done, 50));
"""


def app(folder: Path) -> Path:
    (folder / "more").mkdir(parents=True)
    for page, up in (("index.html", ""), ("more/index.html", "../")):
        (folder / page).write_text(PAGE.replace("UP", up))
    (folder / "main.py").write_text(MAIN.replace("UP", ""))
    (folder / "needs.txt").write_text("bundled-file\n")
    (folder / "style.css").write_text("body { background: rgb(1, 2, 3) }")
    (folder / "data.txt").write_text("some data")
    return folder


@pytest.fixture(scope="module")
def bundle(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for wheel in (
        make_wheel("bundled-extra", "1.0", extras={"more": ["bundled-more"]}, files={"bundled_extra.py": ""}),
        make_wheel("bundled-more", "2.0", files={"bundled_more.py": ""}),
        make_wheel("bundled-block", "1.5", files={"bundled_block.py": "version = '1.5'"}),
        make_wheel("bundled-file", "3.0", files={"bundled_file/__init__.py": ""}),
    ):
        server.add(*wheel)
    folder = tmp_path_factory.mktemp("bundle")
    core = str(ROOT / "node_modules" / "pyodide")
    order = [
        "bundle",
        "--json",
        str(app(folder / "app")),
        "-o",
        str(folder / "dist"),
        "--pyodide",
        core,
        "--bytecode",
        "--no-cache",
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "QUALITY", 1)
        done = CliRunner().invoke(
            cli,
            [*order, "--index-url", server.url, "--distribution", f"{server.origin}/pyodide/"],
            catch_exceptions=False,
        )
    assert done.exit_code == 0, done.output
    # One of the pages is as strict as the report says it can be.
    policy = json.loads(done.stdout)["headers"]["Content-Security-Policy"]
    page = folder / "dist" / "more" / "index.html"
    strict = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    page.write_text(page.read_text().replace('<meta charset="utf-8">', strict))
    return folder / "dist"


def new_release(bundle: Path) -> None:
    """Another front page, as a second bundle would have it."""
    page, worker = bundle / "index.html", bundle / "service-worker.js"
    before = integrity(page.read_bytes())
    page.write_text(page.read_text().replace('lang="en"', 'lang="de"'))
    worker.write_text(worker.read_text().replace(before, integrity(page.read_bytes())))


@contextmanager
def static_server(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().split(" port ")[1].split()[0]
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_a_bundle_works_alone_and_then_offline(bundle: Path, browser: Any, server: IndexServer) -> None:
    with static_server(bundle) as origin:
        browser.forget(origin)
        asked = len(server.requests)
        browser.get(f"{origin}/")
        assert browser.execute_script(SETTLED) == SHOWN
        assert browser.title == "inline done"
        browser.set_script_timeout(60)
        browser.execute_script("await navigator.serviceWorker.ready")
        assert len(server.requests) == asked, "something was fetched from elsewhere"
        new_release(bundle)
        browser.get(f"{origin}/")
        assert browser.execute_script("return document.documentElement.lang") == "de"
        browser.execute_script(UPDATED)
        # No page of the old release is open now, so that the new one takes over.
        browser.get("about:blank")
    # Nobody answers at this address any more, and what the browser keeps by itself is gone.
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get(f"{origin}/")
    assert browser.execute_script(SETTLED) == SHOWN
    assert browser.execute_script("return document.documentElement.lang") == "de"
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(1, 2, 3)"
    # A page that was never seen before, with the policy of the report.
    browser.get(f"{origin}/more/index.html")
    assert browser.execute_script(SETTLED) == SHOWN
    # All Python was compiled ahead, what is installed included.
    there = "import os, bundled_block\nos.path.exists(bundled_block.__cached__)"
    assert browser.execute_script(f"return await wasminstall.run({there!r})") is True


def test_a_page_that_is_served_loads_anew_when_a_file_changes(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>before</title>")
    command = [
        sys.executable,
        "-u",
        "-m",
        "wasminstall",
        "serve",
        str(tmp_path),
        "--port",
        "0",
        "--quiet",
        "--isolated",
    ]
    core = str(ROOT / "node_modules" / "pyodide")
    with subprocess.Popen([*command, "--pyodide", core], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            browser.get(process.stdout.readline().strip())
            assert browser.title == "before"
            assert browser.execute_script("return crossOriginIsolated") is True
            (tmp_path / "index.html").write_text("<title>after</title>")
            WebDriverWait(browser, 20).until(lambda tab: tab.title == "after")
        finally:
            browser.get("about:blank")
            process.terminate()
