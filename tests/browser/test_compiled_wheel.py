"""The tour of demo/compiled-wheel/, as its README has it: build, check, shrink, publish, and install in a page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.support.wait import WebDriverWait

from support.distribution import ROOT

DEMO = ROOT / "demo" / "compiled-wheel"
PYODIDE = ROOT / "node_modules" / "pyodide"
LOOKS = [("light", 1100), ("dark", 400)]


def run(*command: str | Path) -> str:
    """What this command of the tour prints."""
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wasminstall(*arguments: str | Path) -> str:
    """What ``wasminstall`` prints."""
    return run("-m", "wasminstall", *arguments)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with ziglang."""
    return Path(run(DEMO / "build.py", tmp_path_factory.mktemp("dist")).strip())


@pytest.fixture(scope="module")
def site(wheel: Path) -> Iterator[str]:
    """The address of the page, its index beside it."""
    folder = wheel.parent.with_name("site")
    run(DEMO / "publish.py", wheel.parent, folder)
    serve = [sys.executable, "-m", "wasminstall", "serve", str(folder), "--pyodide", str(PYODIDE), "--port", "8300"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = re.search(r"http://\S+", server.stdout.readline())
        assert address is not None
        yield address[0]
        server.terminate()


def test_the_wheel_is_checked_made_smaller_and_imports(wheel: Path) -> None:
    before = json.loads(wasminstall("wheel", "check", "--json", wheel))[0]
    assert before["for_pypi"]
    assert before["loads_on"] == ["pyodide-314"]
    assert {".debug_info", "name"} < before["compiled"][0]["removable"].keys()
    size = wheel.stat().st_size
    told = wasminstall("wheel", "shrink", "--prove", "--pyodide", PYODIDE, wheel)
    assert "1 of 1 modules import in Pyodide" in told
    assert wheel.stat().st_size < size
    after = json.loads(wasminstall("wheel", "check", "--json", wheel))[0]
    assert after["for_pypi"]
    assert after["saving"] is None


def test_the_page_installs_it_from_its_own_index(site: str, browser: webdriver.Chrome) -> None:
    browser.get(site)
    output = "return document.querySelector('.wasminstall-output[data-state=done]')"
    WebDriverWait(browser, 60, poll_frequency=0.1).until(lambda _: browser.execute_script(output) is not None)
    assert "kitten → sitting: 3\nflaw → lawn: 2\nnaïve → native: 2\nGrüße → Grüsse: 2" in browser.execute_script(
        "return document.querySelector('.wasminstall-output').innerText"
    )
    pictures = ROOT / "build" / "screenshots"
    pictures.mkdir(parents=True, exist_ok=True)
    for scheme, width in LOOKS:
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        browser.set_window_size(width, 700)
        browser.save_screenshot(str(pictures / f"compiled-wheel-{scheme}.png"))
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    browser.set_window_size(1100, 1400)
