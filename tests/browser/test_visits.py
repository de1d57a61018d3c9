"""What a visit leaves for the next one: pages, tabs, workers, no network, a closed tab, a strict policy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver

from support.index_server import IndexServer
from support.wheel_factory import make_wheel

START = """
const { boot } = await import("/wasminstall/wasminstall.mjs");
const config = { packageBaseUrl: new URL("/pyodide/", location.href).href };
globalThis.python = await boot({ pyodide: "/pyodide/", config });
"""
INSTALL = """
const options = { indexUrls: [INDEX], ...MORE };
try {
  const report = await python.install(["visited", "pytz"], options);
  const version = await python.run("import visited, pytz; visited.__version__ + ' ' + pytz.__name__");
  return { names: report.packages.map(({ name }) => name), warnings: report.warnings, version };
} catch (error) {
  return { error: String(error).trim().split("\\n").slice(-5).join("\\n") };
}
"""
SETTLED = """
await python.run("import wasminstall; await wasminstall.cache.info()");
"""
PLAIN_WORKER = """
import { loadPyodide } from "/pyodide/pyodide.mjs";
const pyodide = await loadPyodide({ packageBaseUrl: new URL("/pyodide/", location.href).href });
await pyodide.loadPackage(new URL("/wasminstall/wasminstall-0.1.0-py3-none-any.whl", location.href).href);
try {
  postMessage(await pyodide.runPythonAsync(`
import json, wasminstall
from wasminstall.javascript import page_helper
report = await wasminstall.install(["visited", "pytz"], index_urls=INDEX)
info = await wasminstall.cache.info()
import visited
lazy = page_helper().wheelFs.isLazy(visited.__file__.replace("__init__.py", "data.txt"))
json.dumps([len(report.added), sorted(info.kinds), lazy])
`));
} catch (error) {
  postMessage(String(error));
}
"""


@pytest.fixture(autouse=True)
def packages(server: IndexServer, browser: webdriver.Chrome) -> Iterator[None]:
    """An index whose answers are fresh for ten minutes, and a browser that has kept nothing."""
    before = server.behaviour
    server.behave(cache_control="max-age=600")
    files = {"visited/__init__.py": "__version__ = '1.0'\n", "visited/data.txt": "x" * 500}
    server.add(*make_wheel("visited", "1.0", requires=["visited-too"], files=files))
    server.add(*make_wheel("visited-too", "1.0"))
    browser.execute_cdp_cmd("Network.enable", {})
    # Only our own cache counts here.
    browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
    browser.get("about:blank")  # storage that is cleared under a page that writes does not answer for seconds
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": server.origin, "storageTypes": "all"})
    yield
    browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": False})
    go_online(browser)
    server.behaviour = before
    server.heal()


def visit(browser: webdriver.Chrome, server: IndexServer, *, headers: dict[str, str] | None = None) -> None:
    """A page of its own, in which nothing has run."""
    server.mount("/visit/", lambda path: b"<!DOCTYPE html><title>visit</title>" if not path else None)
    server.behave(headers=headers or {})
    browser.get(server.origin + "/visit/")


def run(browser: webdriver.Chrome, script: str) -> Any:
    """JavaScript with top-level ``await``; fails with its error."""
    kind, value = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"(async () => {{ {script} }})().then(v => done(['ok', v]), e => done(['error', String(e)]));"
    )
    assert kind == "ok", value
    return value


def install(browser: webdriver.Chrome, server: IndexServer, **options: Any) -> dict[str, Any]:
    """Install in a new page, with a new Python."""
    visit(browser, server)
    run(browser, START)
    server.requests.clear()
    script = INSTALL.replace("INDEX", json.dumps(server.url)).replace("MORE", json.dumps(options))
    return dict(run(browser, script))


def go_offline(browser: webdriver.Chrome) -> None:
    none = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", none)


def go_online(browser: webdriver.Chrome) -> None:
    all_there_is = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", all_there_is)


NAMES = ["pytz", "visited", "visited-too"]


def test_the_second_visit_asks_nobody(browser: webdriver.Chrome, server: IndexServer) -> None:
    """The wheels of the Pyodide distribution (pytz) are kept as well."""
    first = install(browser, server)
    assert len(server.requests) > len(NAMES)
    run(browser, SETTLED)
    second = install(browser, server)
    assert first == second == {"names": NAMES, "warnings": [], "version": "1.0 pytz"}
    assert [path for path in server.paths() if not path.startswith("/wasminstall/")] == []  # but for parts of the page


def test_another_tab_at_once(browser: webdriver.Chrome, server: IndexServer) -> None:
    install(browser, server)
    run(browser, SETTLED)
    here = browser.current_window_handle
    browser.switch_to.new_window("tab")
    try:
        browser.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
        assert install(browser, server)["names"] == NAMES
        assert server.requests == []
    finally:
        browser.close()
        browser.switch_to.window(here)


def test_without_the_cache_nothing_is_kept(browser: webdriver.Chrome, server: IndexServer) -> None:
    install(browser, server, cache=False)
    assert (
        run(browser, "return (await python.run('import wasminstall; (await wasminstall.cache.info()).entries'))") == 0
    )


@pytest.mark.parametrize("asked", [True, False], ids=["offline=True", "no network"])
def test_offline(browser: webdriver.Chrome, server: IndexServer, asked: bool) -> None:
    install(browser, server)
    run(browser, SETTLED)
    server.behave(cache_control="no-cache")
    visit(browser, server)
    run(browser, START)
    server.requests.clear()
    go_offline(browser)
    options = {"offline": True} if asked else {}
    script = INSTALL.replace("INDEX", json.dumps(server.url)).replace("MORE", json.dumps(options))
    found = run(browser, script)
    assert found["names"] == NAMES
    assert server.requests == []


def test_no_network_and_not_all_is_kept(browser: webdriver.Chrome, server: IndexServer) -> None:
    install(browser, server)
    run(browser, SETTLED)
    go_offline(browser)
    answer = run(
        browser,
        f"""
        const started = performance.now();
        try {{ await python.install("unheard-of", {{ indexUrls: ["{server.url}"] }}); }}
        catch (error) {{ return [error.type, error.message, performance.now() - started]; }}
        """,
    )
    assert answer[0] == "NetworkError"
    assert f"not in the cache: {server.url}unheard-of/" in answer[1]
    assert answer[2] < 5000  # no use in trying again and again


def test_a_tab_closed_in_the_middle(browser: webdriver.Chrome, server: IndexServer) -> None:
    """Whatever it had written by then, the next tab installs."""
    here = browser.current_window_handle
    for wait in (0.05, 0.4):
        browser.switch_to.new_window("tab")
        visit(browser, server)
        run(browser, START)
        server.behave(rate=300_000)  # pytz is half a megabyte
        browser.execute_script(f"python.install(['visited', 'pytz'], {{ indexUrls: ['{server.url}'] }})")
        time.sleep(wait)
        browser.close()
        browser.switch_to.window(here)
        server.behave(rate=None)
    assert install(browser, server)["names"] == NAMES


def test_in_a_worker_without_the_bootstrap(browser: webdriver.Chrome, server: IndexServer) -> None:
    """As in a JupyterLite kernel: the JavaScript half comes out of the wheel."""
    visit(browser, server)
    code = PLAIN_WORKER.replace("INDEX", json.dumps(server.url))
    server.mount("/worker/", {"worker.mjs": code.encode()}.get)
    script = """
        const worker = new Worker("/worker/worker.mjs", { type: "module" });
        return await new Promise((done) => {
          worker.onmessage = ({ data }) => done(data);
          worker.onerror = (event) => done(event.message);
        });
    """
    first = json.loads(run(browser, script))
    assert (first[0], first[2]) == (3, True)
    assert {"page", "resolution", "wheel"} <= set(first[1])
    server.requests.clear()
    assert json.loads(run(browser, script))[0] == 3
    asked = [path for path in server.paths() if path.startswith(("/simple/", "/files/")) or path.endswith(".whl")]
    assert [path for path in asked if "wasminstall" not in path] == []


STRICT = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'unsafe-inline'"


@pytest.mark.parametrize(
    ("policy", "lazy", "kept"),
    [(STRICT, False, 0), (STRICT.replace("'wasm-", "blob: 'wasm-"), True, 3)],
    ids=["strict", "with blob:"],
)
def test_a_policy_without_eval(
    browser: webdriver.Chrome, server: IndexServer, policy: str, lazy: bool, kept: int
) -> None:
    """Without the bootstrap and without eval Python works alone: it installs, keeps nothing, and unpacks at once."""
    visit(browser, server, headers={"Content-Security-Policy": policy})
    loader = b"import { loadPyodide } from '/pyodide/pyodide.mjs'; globalThis.loadPyodide = loadPyodide;"
    server.mount("/loader/", {"loader.mjs": loader}.get)
    answer = run(
        browser,
        f"""
        const {{ loadPyodide }} = await import("/pyodide/pyodide.mjs");
        const pyodide = await loadPyodide({{ packageBaseUrl: new URL("/pyodide/", location.href).href }});
        await pyodide.loadPackage(new URL("/wasminstall/wasminstall-0.1.0-py3-none-any.whl", location.href).href);
        pyodide.globals.set("INDEX", "{server.url}");
        return await pyodide.runPythonAsync(`
import json, wasminstall
from wasminstall.javascript import page_helper
report = await wasminstall.install("visited", index_urls=INDEX)
import visited
kept = (await wasminstall.cache.info()).kinds.get("wheel")
json.dumps([visited.__version__, page_helper() is not None, kept.entries if kept else 0])
`);
        """,
    )
    assert json.loads(answer) == ["1.0", lazy, kept and 2]


def test_a_policy_without_eval_and_the_bootstrap(browser: webdriver.Chrome, server: IndexServer) -> None:
    """The bootstrap brings the JavaScript half: nothing is missing."""
    visit(browser, server, headers={"Content-Security-Policy": STRICT})
    run(browser, START)
    script = INSTALL.replace("INDEX", json.dumps(server.url)).replace("MORE", "{}")
    assert run(browser, script)["names"] == NAMES
    kept = "import wasminstall; (await wasminstall.cache.info()).kinds['wheel'].entries"
    assert run(browser, f"return await python.run({json.dumps(kept)})") == 3
