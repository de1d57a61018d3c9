"""Where a worker starts, and where it does not: policies, other origins, isolated pages, a second visit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from selenium import webdriver

from support.distribution import ROOT
from support.engines import ScriptFailed, WebDriverEngine, show
from support.index_server import IndexServer
from support.wheel_factory import make_wheel

DIST = ROOT / "js" / "dist"


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    server.add(*make_wheel("hello-worker", "1.0"))


@pytest.fixture(scope="module")
def tab(browser: webdriver.Chrome) -> WebDriverEngine:
    return WebDriverEngine("chromium", browser)


def boot_failure(tab: WebDriverEngine, bundle: str, options: str = "pyodide: '/pyodide/'") -> dict[str, Any]:
    found: dict[str, Any] = tab.run(
        f"""
        const {{ boot, BootError }} = await import("{bundle}");
        try {{ await boot({{ worker: true, {options} }}); }} catch (error) {{
            return {{ code: error.code, message: error.message, ours: error instanceof BootError }};
        }}
        """
    )
    assert found["ours"]
    return found


def without(name: str) -> Any:
    return lambda path: None if path == name else (DIST / path).read_bytes()


def test_boot_errors_come_from_the_worker(tab: WebDriverEngine, server: IndexServer) -> None:
    show(tab, server, "", at="/worker/")
    found = boot_failure(tab, "/wasminstall/wasminstall.mjs", "pyodide: '/nowhere/'")
    assert found["code"] == "pyodide-not-found"
    assert f"{server.origin}/nowhere/pyodide.mjs" in found["message"]


@pytest.mark.parametrize("name", ["wasminstall-worker.mjs", "wasminstall-worker-client.mjs"])
def test_a_script_that_is_not_there(tab: WebDriverEngine, server: IndexServer, name: str) -> None:
    server.mount("/broken/", without(name))
    show(tab, server, "", at="/worker/")
    found = boot_failure(tab, "/broken/wasminstall.mjs")
    assert found["code"] == "worker-failed"
    assert name in found["message"]
    if name == "wasminstall-worker.mjs":
        assert "HTTP 404" in found["message"]


STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
BY_SCRIPT_TAG = (
    "<script src='/wasminstall/wasminstall.js' data-pyodide='/nowhere/'></script>"  # it has `boot` all the same
)


def test_a_strict_page_may_have_a_worker(tab: WebDriverEngine, server: IndexServer) -> None:
    """As the classic script, which has to find the worker from where the page is not."""
    show(tab, server, BY_SCRIPT_TAG, at="/worker/strict/", headers={"Content-Security-Policy": STRICT})
    value = tab.run(
        """
        const python = await wasminstall.boot({ worker: true, pyodide: "/pyodide/" });
        return await python.run("import wasminstall; wasminstall.__name__");
        """
    )
    assert value == "wasminstall"


@pytest.mark.parametrize(
    ("page_policy", "worker_policy", "code", "message"),
    [
        (f"{STRICT}; worker-src 'none'", "", "worker-failed", "forbids it, add {origin} to its worker-src"),
        (STRICT, "script-src 'self'", "webassembly-blocked", "wasm-unsafe-eval"),
    ],
    ids=["no worker", "no WebAssembly in it"],
)
def test_policies_that_forbid_it_are_named(
    tab: WebDriverEngine, server: IndexServer, page_policy: str, worker_policy: str, code: str, message: str
) -> None:
    headers: Mapping[str, str] = {"Content-Security-Policy": worker_policy} if worker_policy else {}
    server.mount("/policy/", DIST, headers)
    show(tab, server, "", at="/worker/policy/", headers={"Content-Security-Policy": page_policy})
    found = boot_failure(tab, "/policy/wasminstall.mjs")
    assert found["code"] == code
    assert message.format(origin=server.origin) in found["message"]


def test_from_another_origin(tab: WebDriverEngine, server: IndexServer) -> None:
    """As from a CDN: the worker is started from an address of the page's own, and one that forbids that is told so."""
    cdn = f"http://localhost:{server.port}/wasminstall/wasminstall.mjs"
    show(tab, server, "", at="/worker/sub/")
    value = tab.run(
        f"""
        const {{ boot }} = await import("{cdn}");
        const python = await boot({{ worker: true, pyodide: "../../pyodide/", index: "/simple/" }});
        await python.install("hello-worker");
        return await python.run("import hello_worker; hello_worker.__version__");
        """
    )
    assert value == "1.0"
    policy = f"{STRICT}; script-src * 'wasm-unsafe-eval'; worker-src 'self'".replace("script-src 'self'", "img-src *")
    show(tab, server, "", at="/worker/sub/", headers={"Content-Security-Policy": policy})
    assert "add blob: to its worker-src" in boot_failure(tab, cdn)["message"]


NOTE_REJECTIONS = """
from pyodide.code import run_js
run_js('''
    globalThis.unheard = [];
    addEventListener("unhandledrejection", ({ reason }) => unheard.push(String(reason)));
    addEventListener("error", ({ message }) => unheard.push(message));
    undefined
''')
"""
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}


def test_an_isolated_page_can_interrupt(tab: WebDriverEngine, server: IndexServer) -> None:
    server.mount("/isolated/", DIST, ISOLATED)
    show(tab, server, "", at="/worker/isolated/", headers=ISOLATED)
    found = tab.run(
        """
        const { boot } = await import("/isolated/wasminstall.mjs");
        const out = [];
        const python = await boot({ worker: true, pyodide: "/pyodide/", stdout: (text) => out.push(text) });
        const outcome = (work) => work.then((value) => value, (error) => error.type);
        await python.run(NOTE_REJECTIONS);
        const idle = python.interrupt();
        const after = await python.run("'not interrupted'");
        const loop = outcome(python.run("print('runs')\\nwhile True: pass"));
        while (out.length === 0) await new Promise((done) => setTimeout(done, 10));
        const possible = python.interrupt();
        const told = [await loop, await python.run("40 + 2")];
        await new Promise((done) => setTimeout(done, 100));
        return [crossOriginIsolated, idle, after, possible, ...told, await python.run("run_js('unheard')")];
        """.replace("NOTE_REJECTIONS", json.dumps(NOTE_REJECTIONS))
    )
    assert found == [True, True, "not interrupted", True, "KeyboardInterrupt", 42, []]


def test_a_second_visit_asks_nobody(tab: WebDriverEngine, server: IndexServer) -> None:
    """What a worker kept is there for the next one, and offline it is all there is."""
    script = """
        const { boot } = await import("/wasminstall/wasminstall.mjs");
        const python = await boot({
            worker: true, pyodide: "/pyodide/", index: "/simple/", packages: "hello-worker", offline: OFFLINE,
        });
        return await python.run("import hello_worker; hello_worker.__version__");
    """
    show(tab, server, "", at="/worker/")
    assert tab.run(script.replace("OFFLINE", "false")) == "1.0"
    tab.open(server.origin + "/worker/")
    before = len(server.paths("/files/*")) + len(server.paths("/simple/*"))
    assert tab.run(script.replace("OFFLINE", "true")) == "1.0"
    assert len(server.paths("/files/*")) + len(server.paths("/simple/*")) == before
    with pytest.raises(ScriptFailed, match="offline"):
        tab.run(script.replace("OFFLINE", "true").replace('"hello-worker"', '"hello-never"'))
