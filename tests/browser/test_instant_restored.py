"""A Python that was restored does what one does that started normally; several pages share what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from selenium import webdriver

from support.compiled_wheel import make_compiled_wheel
from support.index_server import IndexServer
from support.instant_page import InstantPage
from support.store_tab import serve_store
from support.wheel_factory import make_wheel

EMPTY = b"<!doctype html><title>instant</title><body>"
PRELOAD = ["numpy", "numpy.random", "lucky", "tempfile", "uuid", "secrets", "logging"]

CHANCE = """
import lucky, numpy, os, random, secrets, tempfile, uuid
result = {
    "random": random.random(),
    "a generator without a seed": lucky.DRAWN.random(),
    "numpy": float(numpy.random.random()),
    "numpy.default_rng": float(numpy.random.default_rng().random()),
    "tempfile": tempfile.mktemp(),
    "uuid1": uuid.uuid1().node,
    "uuid4": str(uuid.uuid4()),
    "urandom": os.urandom(8).hex(),
    "secrets": secrets.token_hex(),
}
"""
SAME = """
import lucky
result = [hash("one"), lucky.SEEDED.random()]
"""
STATE = """
import asyncio, importlib.metadata, locale, logging, os, sys, threading, time
before = time.monotonic(), time.perf_counter(), asyncio.get_running_loop().time()
await asyncio.sleep(0.05)
after = time.monotonic(), time.perf_counter(), asyncio.get_running_loop().time()
result = {
    "clocks": [0.04 < now - then < 5 for then, now in zip(before, after)],
    "logged": 0 <= time.time() - logging._startTime / (1e9 if logging._startTime > 1e12 else 1) < 60,
    "zone": [time.tzname, time.timezone, time.localtime().tm_zone],
    "environ": sorted(os.environ.items()),
    "cwd": [os.getcwd(), os.listdir()],
    "argv": sys.argv,
    "path": sys.path,
    "locale": locale.setlocale(locale.LC_ALL),
    "flags": repr(sys.flags),
    "thread": threading.current_thread().name,
    "names": sorted(vars(sys.modules["__main__"])),
    "streams": [sys.stdout.name, sys.stdout.encoding, sys.stdin.name],
    "finders": [type(finder).__name__ for finder in sys.meta_path],
    "distributions": sorted(each.name for each in importlib.metadata.distributions()),
    "loaded": sorted(__import__("pyodide_js").loadedPackages.to_py()),
}
"""
API = """
import wasminstall
from js import Array
import numpy, sys
result = {
    "list": {each.name: each.version for each in wasminstall.list()},
    "freeze": wasminstall.freeze(),
    "show": wasminstall.show("numpy").version,
    "check": len(wasminstall.check()),
    "JavaScript": Array.of(1, 2).to_py(),
}
plan = await wasminstall.install(["more"], dry_run=True)
result["dry run"] = [change.name for change in plan.changes]
report = await wasminstall.install(["more", "compiled-thing"])
import more
from compiled_thing import twice
result["installed"] = sorted(each.name for each in report.added), more.__version__, twice(21)
# Once a module of numpy is gone, its libraries stay: importing it again is to work.
await wasminstall.uninstall("numpy")
try:
    import numpy.ma
except ImportError:
    pass
result["without"] = "numpy" in {each.name for each in wasminstall.list()}
report = await wasminstall.install("numpy")
result["again"] = [each.name for each in report.added]
import numpy.polynomial
result["sum"] = int(numpy.arange(10).sum()), numpy.linalg.norm([3.0, 4.0])
"""

CELL = """
class Shown:
    def __repr__(self):
        return "x"

    def _repr_html_(self):
        return "<b>x</b>"

print("said")
Shown()
"""


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    serve_store(server)
    server.mount("/site/", lambda path: EMPTY if not path else None)
    lucky = "import random\nDRAWN = random.Random()\nSEEDED = random.Random(7)\n"
    server.add(*make_wheel("lucky", "1.0", files={"lucky.py": lucky}))
    server.add(*make_wheel("quick", "1.0", files={"quick.py": "NUMBER = 42\n"}))
    server.add(*make_wheel("more", "1.0"))
    server.add(*make_compiled_wheel())


@pytest.fixture
def page(server: IndexServer, browser: webdriver.Chrome) -> Iterator[InstantPage]:
    yield InstantPage(browser, server)
    server.heal()


@pytest.fixture
def numeric(page: InstantPage) -> str:
    """Options of which there is a snapshot, with numpy in it; made by the first test."""
    options = page.options(["numpy", "lucky"], preload=PRELOAD)
    if not page.run("return (await kept()).some(([, , about]) => about && !about.refused);"):
        assert page.make(options) == ""
    return options


def test_what_is_left_to_chance(page: InstantPage, numeric: str) -> None:
    visits = []
    for _ in range(2):
        assert page.visit(numeric) == {"instant": True, "reason": ""}
        visits.append((page.python(CHANCE), page.python(SAME)))
    (drawn, same), (drawn_again, same_again) = visits
    assert [name for name, value in drawn.items() if drawn_again[name] == value] == []
    assert same == same_again


def test_what_belongs_to_the_visit(page: InstantPage, numeric: str) -> None:
    assert page.visit(numeric) == {"instant": True, "reason": ""}
    restored = page.python(STATE)
    normal = page.visit(numeric.replace('"instant": true', '"instant": false'))
    assert normal == {"instant": False, "reason": ""}
    expected = page.python(STATE)
    assert all(restored["clocks"])
    assert restored["logged"]
    assert restored == expected


def test_the_whole_interface(page: InstantPage, numeric: str) -> None:
    """Once in a Python that was restored, once in one that was not."""
    answers = []
    for options in (numeric, numeric.replace('"instant": true', '"instant": false')):
        report = page.visit(options)
        shown = page.run(f"""
            const outputs = [];
            await python.execute({json.dumps(CELL)}, (output) => outputs.push(output));
            return JSON.parse(JSON.stringify(outputs));
        """)
        printed = page.run("""
            const report = await python.install("quick");
            return [report.packages.map(({ name }) => name), await python.run("import quick; quick.NUMBER")];
        """)
        answers.append((report, shown, printed, page.python(API)))
    assert answers[0][0] == {"instant": True, "reason": ""}
    assert answers[1][0]["instant"] is False
    assert answers[0][1:] == answers[1][1:]
