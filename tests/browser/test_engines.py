"""The same pages in Chromium, Firefox and WebKit: starting, installing, coming back, and what an engine does not have.

Each engine is started once; tests of one engine follow each other in one profile. Screenshots are left in
build/screenshots/.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.compiled_wheel import make_compiled_wheel
from support.demo_server import demo_server
from support.distribution import ROOT
from support.engines import Engine, ScriptFailed, show
from support.index_server import IndexServer
from support.wheel_factory import make_wheel

SCREENSHOTS = ROOT / "build" / "screenshots"
BOOT = """
globalThis.seen = [];
addEventListener("wasminstall:progress", ({ detail }) => seen.push(detail));
const { boot } = await import("/wasminstall/wasminstall.mjs");
globalThis.python = await boot({ pyodide: "/pyodide/", index: INDEX });
"""
WITHOUT = {
    "chromium": [],
    "firefox": [],
    "webkit": ["JSPI", "OPFS", "requestIdleCallback"],
}
"""What an engine lacks of that which wasminstall uses where it is there."""
FEATURES = """
return {
  JSPI: typeof WebAssembly.Suspending === "function",
  OPFS: typeof navigator.storage?.getDirectory === "function",
  requestIdleCallback: typeof requestIdleCallback === "function",
};
"""

SCRIPTS = """
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }</style>
<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-index="INDEX"></script>
<h1>Three planets</h1>
<script type="text/python" data-packages="pandas">
import pandas as pd
planets = pd.DataFrame({"planet": ["Venus", "Earth", "Mars"], "moons": [0, 1, 2], "au": [0.723, 1.0, 1.524]})
planets
</script>
<p>An error, and the script after it.</p>
<script type="text/python">
def ratio(moons):
    return 1 / moons

ratio(planets.moons[0].item())
</script>
<script type="text/python">
print("Still here:", len(planets), "planets")
</script>
<p>In a worker, with a package of the index.</p>
<script type="text/python" data-worker data-packages="hello-engine" data-target="#worker">
import hello_engine, js
print(hello_engine.__version__, hasattr(js, "document"))
</script>
<div id="worker"></div>
<script type="text/python" data-packages="no-such-thing">
import no_such_thing
</script>
"""


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> Iterator[None]:
    """A pure package, a compiled one, and a server whose answers are fresh for ten minutes: so are its pages."""
    before = server.behaviour
    server.behave(cache_control="max-age=600")
    server.add(*make_wheel("hello-engine", "1.0", files={"hello_engine/__init__.py": "__version__ = '1.0'\n"}))
    server.add(*make_compiled_wheel("compiled-engine"))
    yield
    server.behaviour = before


def boot(engine: Engine, server: IndexServer) -> None:
    """A new page with Python in it, as ``python``."""
    show(engine, server, "<p>empty</p>")
    engine.run(BOOT.replace("INDEX", json.dumps(server.url)))


@pytest.fixture(scope="module")
def python(engine: Engine, server: IndexServer) -> Engine:
    """The engine, at a page with Python in it."""
    boot(engine, server)
    return engine


def run(engine: Engine, code: str) -> Any:
    """The value of Python's last expression."""
    return engine.run(f"return await python.run({json.dumps(code)});")


def fetched(server: IndexServer) -> list[str]:
    """What packages cost: pages of the index, and wheels of both sources."""
    return [path for path in server.paths() if path.startswith(("/simple/", "/files/")) or path.endswith(".whl")]


def test_a_pure_and_a_compiled_package(python: Engine, server: IndexServer) -> None:
    names = python.run(
        'const report = await python.install(["hello-engine", "compiled-engine"]);'
        "return report.packages.map(({ name }) => name);"
    )
    assert names == ["compiled-engine", "hello-engine"]
    code = "import hello_engine, compiled_engine\n(hello_engine.__version__, compiled_engine.twice(21)) == ('1.0', 42)"
    assert run(python, code) is True


def test_what_happens_is_told(python: Engine) -> None:
    seen = python.run("return seen;")
    phases = list(dict.fromkeys(event["phase"] for event in seen))
    assert phases == ["runtime", "resolve", "download", "place", "done"]
    assert all(event["text"] for event in seen)


def test_an_error_says_why(python: Engine) -> None:
    with pytest.raises(ScriptFailed, match="there is no project named 'no-such-thing'"):
        python.run('await python.install("no-such-thing");')


def test_what_the_engine_lacks(python: Engine) -> None:
    """Everything else in this file passes without it."""
    features = python.run(FEATURES)
    assert sorted(name for name in features if not features[name]) == WITHOUT[python.name]


def test_the_second_visit_asks_nobody(python: Engine, server: IndexServer) -> None:
    install = 'await python.install(["hello-engine", "compiled-engine", "pandas"]);'
    python.run(install)
    run(python, "import wasminstall\nawait wasminstall.cache.info()\nNone")  # waits for what is being kept
    boot(python, server)
    server.requests.clear()
    python.run(install)
    assert run(python, "import hello_engine, compiled_engine\ncompiled_engine.twice(21)") == 42
    assert fetched(server) == []


def test_one_script_tag(engine: Engine, server: IndexServer) -> None:
    tag = f'<script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-index="{server.url}"></script>'
    show(engine, server, tag, at="/tag/")
    assert engine.run('await wasminstall.install("hello-engine"); return await wasminstall.run("1 + 1");') == 2


def test_in_a_worker(engine: Engine, server: IndexServer) -> None:
    """The page goes on while Python computes: its timer comes in between."""
    show(engine, server, "<p>empty</p>")
    engine.run(BOOT.replace("INDEX", json.dumps(server.url)).replace("{ py", "{ worker: true, py"))
    report = engine.run('return (await python.install("hello-engine")).text;')
    assert report.startswith("Installed 1 in ")
    ticks = engine.run(
        """
        let ticks = 0;
        const timer = setInterval(() => { ticks += 1; }, 10);
        const value = await python.run("import time, hello_engine\\ntime.sleep(0.5)\\nhello_engine.__version__");
        clearInterval(timer);
        return [value, ticks > 5];
        """
    )
    assert ticks == ["1.0", True]
    engine.run("python.close();")


def test_scripts_in_the_page(engine: Engine, server: IndexServer) -> None:
    """A table, a traceback, printed lines, a worker, and an install that fails: each where its script stands."""
    show(engine, server, SCRIPTS.replace("INDEX", server.url), at="/scripts/")
    wait_for(engine, "document.querySelectorAll('.wasminstall-error').length", {2})
    wait_for(engine, "document.querySelector('#worker').textContent.trim()", {"1.0 False"})
    texts = engine.run("return [...document.querySelectorAll('.wasminstall-output')].map((each) => each.innerText);")
    table, traceback, printed, _, failed = (" ".join(text.split()) for text in texts)
    assert "0 Venus 0 0.723" in table
    assert "ZeroDivisionError" in traceback
    assert printed == "Still here: 3 planets"
    assert "no project named 'no-such-thing'" in failed
    assert engine.run("return customElements.get('wasminstall-progress') !== undefined;")
    picture(engine, "scripts")


def test_the_demo(engine: Engine) -> None:
    """Every cell of the notebook: a table, a figure, a compiled package of PyPI, an error."""
    with demo_server() as address:
        engine.open(f"{address}?autorun=1")
        state = wait_for(engine, "document.documentElement.dataset.state", {"idle", "error"})
        picture(engine, "demo")
        assert state == "idle"
        assert engine.run('return document.getElementById("status").textContent;') == "Done; one cell failed"
        assert engine.run('return document.querySelector(".output img").naturalWidth > 600;')
        assert engine.run('return document.querySelectorAll("table.dataframe tbody tr").length;') == 8


def wait_for(engine: Engine, expression: str, wanted: set[Any], patience: float = 240) -> Any:
    """The value of a JavaScript expression as soon as it is one of these."""
    end = time.monotonic() + patience
    while (value := engine.run(f"return {expression};")) not in wanted:
        assert time.monotonic() < end, f"{expression} is still {value!r}"
        time.sleep(0.2)
    return value


def picture(engine: Engine, name: str) -> None:
    """Leave a screenshot for people."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = Path(SCREENSHOTS, f"{name}-{engine.name}.png")
    engine.screenshot(path)
    assert path.stat().st_size > 5_000
