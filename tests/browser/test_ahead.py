"""What is fetched while Python starts, in a real Chromium: asked for once, taken by Python, and never needed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver

from support.index_server import IndexServer
from support.wheel_factory import make_wheel

PAGE = b'<!doctype html><link rel="icon" href="data:,"><title>ahead</title><script>globalThis.ready = true;</script>'
BOOT = """
const done = arguments[arguments.length - 1];
const start = async () => {
  const { boot } = await import("/wasminstall/wasminstall.mjs");
  const config = { packageBaseUrl: new URL("/pyodide/", location.href).href };
  const python = globalThis.python = await boot({ pyodide: "/pyodide/", config, ...OPTIONS });
  const found = await python.run("import json; from importlib.metadata import distributions; "
    + "json.dumps(sorted(d.name for d in distributions() if d.name != 'wasminstall'))");
  await python.run("import wasminstall; await wasminstall.cache.info()");
  const here = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
  return { installed: JSON.parse(found), here };
};
start().then(done, (error) => done({ error: String(error) }));
"""
ONCE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")


class Visitor:
    """Somebody who was never here."""

    def __init__(self, browser: webdriver.Chrome, server: IndexServer) -> None:
        self._browser = browser
        self._server = server

    def boot(self, **options: Any) -> dict[str, Any]:
        """Open the page anew and start Python: what is installed, and what this thread of the page fetched."""
        self._server.requests.clear()
        self._browser.get(f"{self._server.origin}/ahead-page/index.html")
        answer: dict[str, Any] = self._browser.execute_async_script(BOOT.replace("OPTIONS", json.dumps(options)))
        assert "error" not in answer, answer["error"]
        return answer

    def run(self, code: str) -> Any:
        """The value of Python code, in the page that was opened last."""
        script = "const done = arguments[1]; python.run(arguments[0]).then((value) => done(JSON.parse(value)), done);"
        return self._browser.execute_async_script(script, code)


@pytest.fixture
def visitor(browser: webdriver.Chrome, server: IndexServer) -> Iterator[Visitor]:
    """A browser that has kept nothing, and an index with one project more than the distribution has."""
    everything = {"origin": server.origin, "storageTypes": "all"}
    before = server.behaviour
    server.behave(cache_control="max-age=600")
    server.add(*make_wheel("early-bird", "1.0", requires=["six"]))
    server.mount("/ahead-page/", lambda path: PAGE if path == "index.html" else None)
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", everything)
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    yield Visitor(browser, server)
    server.heal()
    server.behaviour = before
    browser.get("about:blank")
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", everything)


def test_all_is_asked_for_once_and_only_at_the_first_visit(visitor: Visitor, server: IndexServer) -> None:
    found = visitor.boot(packages=["early-bird>=1", "pytz"], index=server.url)
    assert found["installed"] == ["early-bird", "pytz", "six"]
    asked = server.paths()
    wheels = [path for path in asked if path.endswith(".whl")]
    assert len(wheels) == len(set(wheels)) == 3
    assert asked.count("/simple/early-bird/") == 1
    assert "/simple/pytz/" not in asked
    for name in ONCE:
        assert asked.count(f"/pyodide/{name}") == 1, name
    # Asked by the thread aside: what this one needs later (six, a dependency that only the METADATA names) is its own.
    [pytz] = [path for path in wheels if "/pytz-" in path]
    assert pytz not in found["here"]
    assert "/simple/early-bird/" not in found["here"]

    again = visitor.boot(packages=["early-bird>=1", "pytz"], index=server.url)
    assert again["installed"] == found["installed"]
    assert [path for path in server.paths() if path.endswith(".whl") or path.startswith("/simple/")] == []


def test_a_server_without_caching_is_not_asked_twice(visitor: Visitor, server: IndexServer) -> None:
    server.behave(cache_control="no-store")
    visitor.boot(packages=["pytz"], index=server.url)
    asked = server.paths()
    for name in ONCE:
        assert asked.count(f"/pyodide/{name}") == 1, name
    assert len([path for path in asked if path.endswith(".whl")]) == 1


def test_large_wheels_leave_the_line_to_what_needs_them(visitor: Visitor, server: IndexServer) -> None:
    """There is more to compile in what was asked for, while the rest comes."""
    asked: dict[str, float] = {}

    def late(path: str) -> float:
        name = path.rpartition("/")[2].partition("-")[0]
        asked.setdefault(name, time.monotonic())
        return 1.5 if name == "pandas" and path.endswith(".whl") else 0.0

    server.behave(delay=late)
    visitor.boot(packages=["pandas"], index=server.url)
    assert asked["six"] - asked["pandas"] < 1
    assert asked["numpy"] - asked["pandas"] >= 1.5


@pytest.mark.parametrize("kind", ["status:500", "reset"])
def test_what_fails_early_is_asked_for_again(visitor: Visitor, server: IndexServer, kind: str) -> None:
    server.behave(cache_control="no-cache")  # an HTTP cache may keep an error as well
    fault = server.fault("*.whl", kind, times=1)
    page = server.fault("/simple/*", kind, times=1)
    found = visitor.boot(packages="early-bird", index=server.url)
    assert found["installed"] == ["early-bird", "six"]
    assert fault.times == page.times == 0
    assert server.paths().count("/simple/early-bird/") == 2


def test_the_wheels_of_a_lock_come_without_the_index(visitor: Visitor, server: IndexServer) -> None:
    filename, data = make_wheel("locked-bird", "2.0")
    server.add(filename, data)
    url, sha256 = server.file_url(filename), hashlib.sha256(data).hexdigest()
    lock = f"""lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "locked-bird"
version = "2.0"
wheels = [{{ name = "{filename}", url = "{url}", hashes = {{ sha256 = "{sha256}" }} }}]
"""
    server.mount("/ahead-lock/", lambda path: lock.encode() if path == "pylock.toml" else None)
    found = visitor.boot(lock="/ahead-lock/pylock.toml", index=server.url)
    assert found["installed"] == ["locked-bird"]
    asked = server.paths()
    assert asked.count("/ahead-lock/pylock.toml") == 1
    assert [path for path in asked if path.endswith(".whl")] == [url.removeprefix(server.origin)]
    assert url.removeprefix(server.origin) not in found["here"]
    assert not [path for path in asked if path.startswith("/simple/")]


def test_a_requirements_file_is_read_ahead(visitor: Visitor, server: IndexServer) -> None:
    text = b"early-bird  # from the index\npytz>=2000\nsix<0  ; sys_platform == 'win32'\n"
    server.mount("/ahead-file/", lambda path: text if path == "requirements.txt" else None)
    found = visitor.boot(file="/ahead-file/requirements.txt", index=server.url)
    assert found["installed"] == ["early-bird", "pytz", "six"]
    asked = server.paths()
    assert asked.count("/ahead-file/requirements.txt") == 1
    assert asked.count("/simple/early-bird/") == 1
    assert "/simple/early-bird/" not in found["here"]


RELEASED = ("/wasminstall/wasminstall.numpy.gz", "/wasminstall/wasminstall.pandas.gz")
COUNTED = """
import json
from wasminstall.bytecode import keeping

released = keeping._keeper._released
before = len(released)
import numpy, pandas
result = [before, len(released), str(pandas.DataFrame({"a": [1]}).sum()["a"])]
await keeping.settle()
json.dumps(result)
"""


def test_the_first_import_of_pandas_comes_with_the_release(visitor: Visitor, server: IndexServer) -> None:
    """Behind the wheels, and only until there is bytecode of its own."""
    visitor.boot(packages=["pandas"], index=server.url)
    asked = server.paths()
    assert sorted(path for path in asked if path in RELEASED) == sorted(RELEASED)
    last = max(number for number, path in enumerate(asked) if path.endswith(".whl"))
    assert min(asked.index(path) for path in RELEASED) > last
    before, after, one = visitor.run(COUNTED)
    assert (before > 300, after < 20, one) == (True, True, "1")

    visitor.boot(packages=["pandas"], index=server.url)
    assert not set(server.paths()) & set(RELEASED)
    assert visitor.run(COUNTED) == [0, 0, "1"]


@pytest.mark.parametrize("trouble", ["status:404", "reset", "slow_drip"])
def test_an_install_does_not_wait_for_it(visitor: Visitor, server: IndexServer, trouble: str) -> None:
    before = server.in_flight
    for path in RELEASED:
        server.fault(path, trouble)
    found = visitor.boot(packages=["numpy"], index=server.url)
    assert found["installed"] == ["numpy"]
    deadline = time.monotonic() + 5
    while server.in_flight > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.in_flight == before, "nobody needs it any more"
    assert visitor.run("import json, numpy; json.dumps(numpy.arange(3).tolist())") == [0, 1, 2]
