"""Pages with Python scripts in surroundings of all sorts: a strict policy, a worker, another Pyodide, none at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from selenium import webdriver

from support.distribution import ROOT
from support.engines import WebDriverEngine, show
from support.index_server import IndexServer
from support.script_page import RECORDER, TAG, Site, script
from support.wheel_factory import make_wheel


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    for name in ("hello-block", "hello-file", "hello-versions"):
        server.add(*make_wheel(name, "1.0"))


@pytest.fixture(scope="module")
def tab(browser: webdriver.Chrome) -> WebDriverEngine:
    return WebDriverEngine("chromium", browser)


FRAME = """import hello_file, hello_versions

class Frame:
    def _repr_html_(self):
        style = "<style scoped>.dataframe td { text-align: center }</style>"
        cells = "<tr><th>0</th><td>Venus</td><td>0</td></tr><tr><th>1</th><td>Mars</td><td>2</td></tr>"
        return f"{style}<table class=dataframe><tbody>{cells}</tbody></table>"

Frame()
"""
STRICT = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self' blob:; "
    "img-src data:"
)
ALIGNED = """['Venus', '0'].map((text) => {
    const cell = [...out.querySelectorAll('td')].find((each) => each.textContent === text);
    return getComputedStyle(cell).textAlign;
})"""


def test_tables_and_figures_under_a_strict_policy(tab: WebDriverEngine, server: IndexServer) -> None:
    """No script, style or eval of anybody's but what the site serves; also the tag's own packages and its index."""
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 4])\nplt.title('Squares')\nplt.show()\nprint('after')"
    tag = TAG.replace(
        "data-progress", f'data-index="{server.url}" data-packages="hello-versions, hello-file" data-progress'
    )
    body = tag + script("frame", FRAME) + script("figure", figure, 'data-packages="matplotlib"')
    show(tab, server, body, at="/strict/", headers={"Content-Security-Policy": STRICT})
    page = Site(tab)
    assert page.settle(2) == ["done", "done"]
    assert page.of("frame", "[...out.querySelectorAll('tbody td')].map((cell) => cell.textContent)") == [
        "Venus",
        "0",
        "Mars",
        "2",
    ]
    assert page.of("frame", ALIGNED) == ["left", "right"]
    image = page.of(
        "figure", "(({ alt, width, naturalWidth }) => [alt, naturalWidth / width])(out.querySelector('img'))"
    )
    assert image[0] == "Figure, Squares"
    assert 1.9 < image[1] < 2.1
    assert page.of("figure", "[...out.children].map((node) => node.className.split(' ').pop())") == [
        "wasminstall-figure",
        "wasminstall-stdout",
    ]


def test_scripts_in_a_worker(tab: WebDriverEngine, server: IndexServer) -> None:
    """Only worker scripts: one Python, there, and it is the one in ``ready``. A second copy of the tag is not used."""
    index = f'data-index="{server.url}"'
    body = [
        RECORDER,
        TAG,
        '<script type="module" src="/wasminstall/wasminstall.mjs"></script>',
        script("where", "import js\nnames = ['first']\nhasattr(js, 'document')", "data-worker"),
        script(
            "there",
            "import hello_block\nnames + [hello_block.__version__]",
            f'data-worker data-packages="hello-block" {index}',
        ),
        script("unknown", "1", f'data-worker data-packages="no-such-project" {index}'),
        script("page", "from js import document", "data-worker"),
        script("attribute", "import js\njs.document.title", "data-worker"),
        script("asking", "name = input('Name? ')", "data-worker"),
    ]
    show(tab, server, "".join(body), at="/worker-scripts/")
    page = Site(tab)
    assert page.settle(6) == ["done", "done", "failed", "failed", "failed", "failed"]
    assert page.text("where") == "False"
    for name, lacking in (("page", "document"), ("attribute", "document"), ("asking", "dialogs")):
        assert f"a worker has no {lacking}: run this in the page" in page.text(name)
    assert page.text("there") == "['first', '1.0']"
    assert "no-such-project" in page.of("unknown", "out.querySelector('.wasminstall-message').textContent")
    assert tab.run(
        "const python = await wasminstall.ready; return [typeof python.interrupt, 'pyodide' in python];"
    ) == [
        "function",
        False,
    ]
    assert any("is on this page already" in text for text in tab.run("return warnings;"))


def test_a_pyodide_that_the_page_loads_is_used(tab: WebDriverEngine, server: IndexServer) -> None:
    """The module build; no address of a Pyodide is named."""
    body = [
        '<body><script src="/pyodide/pyodide.js"></script>',
        "<script>const load = loadPyodide;",
        "loadPyodide = async (config) => globalThis.mine = await load(config);</script>",
        '<script type="module" src="/wasminstall/wasminstall.mjs" data-progress="off"></script>',
        script("answer", "6 * 7"),
    ]
    show(tab, server, "".join(body), at="/loaded/")
    page = Site(tab)
    assert page.settle(1) == ["done"]
    assert page.text("answer") == "42"
    assert tab.run("return (await wasminstall.ready).pyodide === globalThis.mine;")


def test_a_start_that_fails_is_told_once(tab: WebDriverEngine, server: IndexServer) -> None:
    body = RECORDER + TAG.replace("/pyodide/", "/nowhere/") + script("one", "1") + script("two", "2")
    show(tab, server, body, at="/failing/")
    tab.run("await wasminstall.ready.catch(() => undefined); await new Promise((done) => setTimeout(done, 200));")
    shown = tab.run("return [...document.querySelectorAll('.wasminstall-output')].map((node) => node.innerText);")
    assert len(shown) == 1
    assert "Pyodide could not be loaded from" in shown[0]
    assert tab.run("return document.querySelector('.wasminstall-output').dataset.state;") == "failed"
    assert tab.run("return errors.map(([name]) => name);") == ["BootError"]
    assert len(tab.run("return reported;")) == 1


def test_a_page_that_is_a_file_says_so(tab: WebDriverEngine, tmp_path: Path) -> None:
    shutil.copy(ROOT / "js" / "dist" / "wasminstall.js", tmp_path)
    html = tmp_path / "index.html"
    html.write_text(f'<!doctype html>{RECORDER}<script src="wasminstall.js"></script><p>text</p>{script("one", "1")}')
    tab.open(html.as_uri())
    tab.run("await wasminstall.ready.catch(() => undefined); await new Promise((done) => setTimeout(done, 200));")
    assert "python3 -m http.server" in tab.run("return document.body.innerText;")
    assert tab.run("return errors.map(([name]) => name);") == ["BootError"]
