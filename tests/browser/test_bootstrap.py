"""The bootstrap in plain pages: one script tag, a module import, and the wheel through other people's loaders."""

from __future__ import annotations

from typing import Any

import pytest
from selenium import webdriver

from support.distribution import ROOT
from support.index_server import IndexServer
from support.wheel_factory import make_wheel


@pytest.fixture(scope="module", autouse=True)
def package(server: IndexServer) -> None:
    server.add(*make_wheel("hello-page", "1.0"))


def open_page(browser: webdriver.Chrome, server: IndexServer, html: str) -> None:
    server.mount("/page/", lambda path: html.encode() if path == "index.html" else None)
    browser.get(server.origin + "/page/index.html")


def awaited(browser: webdriver.Chrome, script: str) -> Any:
    """Run JavaScript with top-level ``await``; fails with its error."""
    kind, value = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"(async () => {{ {script} }})().then(v => done(['ok', v]), e => done(['error', String(e)]));"
    )
    assert kind == "ok", value
    return value


def test_one_script_tag(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_page(browser, server, '<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/"></script>')
    result = awaited(
        browser,
        f"""
        await wasminstall.ready;
        await wasminstall.install("hello-page", {{ indexUrls: ["{server.url}"] }});
        return await wasminstall.run("import hello_page; hello_page.__version__");
        """,
    )
    assert result == "1.0"


def test_module_import(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_page(browser, server, "<p>empty</p>")
    result = awaited(
        browser,
        f"""
        const {{ boot }} = await import("/wasminstall/wasminstall.mjs");
        const seen = [];
        addEventListener("wasminstall:progress", (event) => seen.push(event.detail.phase));
        const python = await boot({{ pyodide: "/pyodide/" }});
        const report = await python.install(["hello-page"], {{ indexUrls: ["{server.url}"] }});
        return [Object.keys(report), seen.includes("place"), await python.run("1 + 1")];
        """,
    )
    assert result[1:] == [True, 2]


def test_an_install_that_fails_rejects_with_the_reason(browser: webdriver.Chrome, server: IndexServer) -> None:
    open_page(browser, server, '<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/"></script>')
    result = awaited(
        browser,
        f"""
        await wasminstall.ready;
        try {{
            await wasminstall.install("no-such-thing", {{ indexUrls: ["{server.url}"] }});
        }} catch (error) {{
            return String(error);
        }}
        """,
    )
    assert "there is no project named 'no-such-thing'" in result


BY_MICROPIP = """
    await pyodide.loadPackage("micropip");
    await pyodide.runPythonAsync("import micropip\\nawait micropip.install('{wheel}')");
"""


@pytest.mark.parametrize(
    "load", ["await pyodide.loadPackage('{wheel}');", BY_MICROPIP], ids=["loadPackage", "micropip"]
)
def test_the_wheel_through_other_loaders(browser: webdriver.Chrome, server: IndexServer, load: str) -> None:
    """No installer is needed to load the installer, but any will do; it brings all it needs with it."""
    wheel = f"{server.origin}/wasminstall/{next((ROOT / 'js/dist').glob('*.whl')).name}"
    open_page(browser, server, "<p>empty</p>")
    result = awaited(
        browser,
        f"""
        const {{ loadPyodide }} = await import("/pyodide/pyodide.mjs");
        globalThis.pyodide = await loadPyodide({{ packageBaseUrl: "{server.origin}/pyodide/" }});
        {load.format(wheel=wheel)}
        return await pyodide.runPythonAsync(`
import sys, wasminstall
await wasminstall.install("hello-page", index_urls="{server.url}")
import hello_page
[hello_page.__version__, wasminstall._vendor.packaging.__name__]
`).then((found) => found.toJs());
        """,
    )
    assert result == ["1.0", "wasminstall._vendor.packaging"]
