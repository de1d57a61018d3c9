"""What is kept for instant starts: under which key, shared by tabs that come and go, one among what else is kept."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from selenium import webdriver

from support.distribution import ROOT
from support.index_server import IndexServer
from support.instant_page import InstantPage
from support.store_tab import serve_store
from support.wheel_factory import make_wheel

EMPTY = b"<!doctype html><title>instant</title><body>"
SECRET = "s3cr3t-pa55word"
NOTES = "await until(async () => (await kept()).some(([key]) => key.endsWith('-attempts')));"
NO_NOTES = "await until(async () => !(await kept()).some(([key]) => key.endsWith('-attempts')));"

# It was made long ago.
AGE = """
const { openStore } = await import("/store/store.mjs");
const store = await openStore();
const [[key]] = await kept();
await store.put(key, (await store.get(key)).bytes, JSON.stringify({ made: 1 }));
"""

# Two large entries, and room for five million bytes more. Browsers do not tell of a small quota, so it is told here: to
# the page, and to workers that it starts.
LITTLE_ROOM = """
const { openStore } = await import("/store/store.mjs");
const store = await openStore();
for (const name of ["first", "second"]) await store.put("wheel/" + name, new Uint8Array(30_000_000), "{}");
const kept = (await store.list()).reduce((sum, { size }) => sum + size, 0);
const telling = `navigator.storage.estimate = async () => ({ quota: ${2 * (kept + 5_000_000)} });`;
const moduleOf = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
await import(moduleOf(telling));
globalThis.Worker = class extends Worker {
  constructor(script, options) {
    super(moduleOf(`import "${moduleOf(telling)}"; import "${absolute(script)}";`), options);
  }
};
"""
LEFT = """
const { openStore } = await import("/store/store.mjs");
const store = await openStore();
const left = await store.list();
const filling = left.map(({ key }) => key).filter((key) => ["wheel/first", "wheel/second"].includes(key));
return [filling, left.reduce((sum, { size }) => sum + size, 0) <= (await store.budget())];
"""

# An option and what else it may be; whether that is another snapshot.
OPTIONS = [
    ("packages", ["quick==1.0"], True),
    ("packages", "quick", False),
    ("file", "[project]\nname = 'x'\n", True),
    ("lock", "lock-version = '1.0'\n", True),
    ("index", "/other/", True),
    ("index", "/simple/", False),
    ("preload", [], True),
    ("preload", ["quick", "json"], True),
    ("pyodide", "/p2/", True),
    ("archive", "/wasminstall-2/", True),
    ("config", {"env": {"A": "1"}}, True),
    ("config", {"packageBaseUrl": "/p2/"}, True),
    ("config", {"args": ["-X", "utf8"]}, True),
    ("cache", True, False),
    ("offline", True, False),
    ("worker", True, False),
    ("stdlib", "/stdlib.gz", False),
]


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    serve_store(server)
    server.mount("/site/", lambda path: EMPTY if not path else None)
    command = ["node_modules/.bin/esbuild", "--bundle", "--format=esm", "--loader:.py=text", "js/src/instant/wish.ts"]
    build = json.dumps({"version": "1"})
    done = subprocess.run([*command, f"--define:__BUILD__={build}"], cwd=ROOT, capture_output=True, check=True)
    server.mount("/wish/", {"wish.mjs": done.stdout}.get)
    server.add(*make_wheel("quick", "1.0", files={"quick.py": "NUMBER = 42\n"}))


@pytest.fixture
def page(server: IndexServer, browser: webdriver.Chrome) -> Iterator[InstantPage]:
    opened = InstantPage(browser, server)
    opened.forget()
    opened.open()
    yield opened
    server.heal()
    for other in browser.window_handles[1:]:
        browser.switch_to.window(other)
        browser.close()
    browser.switch_to.window(browser.window_handles[0])


def test_the_key(page: InstantPage) -> None:
    base = {"packages": ["quick"], "index": "/simple/", "pyodide": "/pyodide/", "preload": ["quick"]}
    asked = [base, *({**base, name: value} for name, value, _ in OPTIONS)]
    script = f"""
        const {{ wishOf }} = await import("/wish/wish.mjs");
        const given = {json.dumps(asked)};
        const hear = (given) => ({{ ...given, stdout() {{}}, onProgress() {{}}, config: {{ stdout() {{}} }} }});
        const keys = [];
        for (const each of [...given, hear(given[0])]) keys.push((await wishOf(each)).key);
        return keys;
    """
    first, *others, heard = page.run(script)
    assert first.startswith("instant/")
    assert heard == first
    changed = [key != first for key in others]
    assert changed == [another for _, _, another in OPTIONS]
    new = {key for key in others if key != first}
    assert len(new) == sum(another for _, _, another in OPTIONS)


def test_the_key_is_of_this_clock(page: InstantPage) -> None:
    """Python and its modules may have asked for it."""
    command = page.driver.execute_cdp_cmd
    keys = []
    try:
        for zone in ("Europe/Berlin", "Africa/Lagos", "America/Lima", "Europe/Berlin"):
            command("Emulation.setTimezoneOverride", {"timezoneId": zone})
            keys.append(
                page.run('const { wishOf } = await import("/wish/wish.mjs"); return wishOf({ pyodide: "/pyodide/" });')
            )
    finally:
        command("Emulation.setTimezoneOverride", {"timezoneId": ""})
    *others, again = (each["key"] for each in keys)
    assert len(set(others)) == 3
    assert again == others[0]


@pytest.mark.parametrize("config", ["{ fsInit() {} }", "{ env: new Map() }", "{ jsglobals: { a: window } }"])
def test_options_that_cannot_be_compared(page: InstantPage, config: str) -> None:
    script = f"""
        const {{ wishOf }} = await import("/wish/wish.mjs");
        return wishOf({{ pyodide: "/pyodide/", config: {config} }}).then(() => "", (error) => error.message);
    """
    assert "is not text, a number or a list of them" in page.run(script)


def test_nothing_secret(page: InstantPage) -> None:
    """The password of an index is in no key, no fact, no file and not in the memory."""
    index = page.server.url.replace("//", f"//user:{SECRET}@")
    options = page.options("quick", preload=["quick"], index=index)
    assert page.make(options) == ""
    found = page.run(f"""
        const {{ openStore }} = await import("/store/store.mjs");
        const store = await openStore();
        const [[key]] = await kept();
        const {{ bytes, meta }} = await store.get(key);
        const text = new TextDecoder("latin1").decode(bytes);
        const wide = new TextDecoder("utf-16le").decode(bytes);
        return [key + meta, text, wide].map((each) => each.includes("{SECRET}"));
    """)
    assert found == [False, False, False]
    assert page.visit(options)["instant"]
    files = page.python(f"""
import os
result = []
for folder, _, names in os.walk("/lib"):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            if {SECRET!r}.encode() in file.read():
                result.append(file.name)
""")
    assert files == []


def test_two_tabs_make_one(page: InstantPage) -> None:
    options = page.options("quick", preload=["quick"])
    second = InstantPage(page.driver, page.server, new=True)
    for tab in (page, second):
        tab.begin(f"return make({options});")
    assert [tab.result() for tab in (page, second)] == ["", ""]
    [[_, _, facts, _]] = page.kept()
    # Nor is a fresh one made again.
    assert page.make(options) == ""
    assert page.kept()[0][2] == facts


def test_two_tabs_restore_while_a_third_renews(page: InstantPage) -> None:
    options = page.options("quick", preload=["quick"])
    assert page.make(options) == ""
    page.run(AGE)
    second, third = (InstantPage(page.driver, page.server, new=True) for _ in range(2))
    third.begin(f"return make({options});")
    for _ in range(3):
        for tab in (page, second):
            tab.open()
            tab.begin(f"return start({options});")
        assert [tab.result()["instant"] for tab in (page, second)] == [True, True]
    assert third.result() == ""
    page.run(NO_NOTES)
    [[_, _, facts, _]] = page.kept()
    assert facts["made"] > 1


def test_a_renewal_that_fails(page: InstantPage) -> None:
    """What an earlier visit made is better than nothing."""
    options = page.options("quick", preload=["quick"])
    assert page.make(options) == ""
    page.run(AGE)
    page.server.fault("/simple/*", "status:404")
    assert page.make(options) != ""
    assert page.visit(options)["instant"]


def test_a_tab_that_closes_while_it_makes(page: InstantPage) -> None:
    options = page.options("quick", preload=["quick"])
    other = InstantPage(page.driver, page.server, new=True)
    other.begin(f"return make({options});")
    making = "(await navigator.locks.query()).held.some(({ name }) => name === 'wasminstall-instant')"
    page.run(f"await until(async () => {making});")
    other.close()
    page.run(f"await until(async () => !({making}));")
    assert page.kept() == []
    assert page.make(options) == ""
    assert page.visit(options)["instant"]


def test_a_tab_that_crashes_while_it_restores(page: InstantPage) -> None:
    """Twice; then nobody tries again, until a new one is made."""
    options = page.options("quick", preload=["quick"])
    assert page.make(options) == ""
    page.server.fault("*/pyodide.asm.mjs", "hang")
    for failures in (1, 2):
        page.open()
        page.run(f"""
            const worker = new Worker("/wasminstall/wasminstall-worker.mjs", {{ type: "module" }});
            worker.postMessage({{ method: "boot", id: 0, options: {options}, callbacks: [], archives: {{}} }});
            await until(async () => (await kept()).some(([, , facts]) => facts.failures === {failures}));
            worker.terminate();
        """)
    page.server.heal()
    report = page.visit(options)
    assert not report["instant"]
    assert "without a word" in report["reason"]
    page.run(NO_NOTES)
    assert page.visit(options)["reason"] == report["reason"]


def crash_while_restoring(page: InstantPage, options: str, failures: int) -> None:
    """A tab of its own, whose process is gone when Python is about to be restored; so many times by then."""
    page.server.fault("*/pyodide.asm.mjs", "hang")
    tab = InstantPage(page.driver, page.server, new=True)
    tab.begin(f"return start({options});")
    page.run(f"await until(async () => (await kept()).some(([, , facts]) => facts.failures === {failures}));")
    tab.crash()
    page.server.heal()


def test_a_process_that_is_gone_while_it_restores(page: InstantPage) -> None:
    """Once is chance; after the second time nobody tries."""
    options = page.options("quick", preload=["quick"])
    assert page.make(options) == ""
    crash_while_restoring(page, options, 1)
    assert page.visit(options)["instant"]
    page.run(NO_NOTES)
    for failures in (1, 2):
        crash_while_restoring(page, options, failures)
    report = page.visit(options)
    assert not report["instant"]
    assert "without a word" in report["reason"]
    page.python("import quick\nresult = quick.NUMBER")


def test_a_page_that_is_left_while_it_restores(page: InstantPage) -> None:
    """That is no crash."""
    options = page.options("quick", preload=["quick"])
    assert page.make(options) == ""
    page.server.fault("*/pyodide.asm.mjs", "hang")
    for _ in range(3):
        page.open()
        page.begin(f"return start({options});")
        page.run(NOTES)
    page.server.heal()
    assert page.visit(options)["instant"]


def test_the_one_that_was_used_last_stays(page: InstantPage) -> None:
    """Where there is no room for both."""
    first, second = (page.options("quick", preload=modules) for modules in (["quick"], ["quick", "json"]))
    assert [page.make(options) for options in (first, second)] == ["", ""]
    assert page.visit(first)["instant"]
    page.run(NO_NOTES)
    largest = max(size for _, size, *_ in page.kept())
    page.python(f"""
import wasminstall
await wasminstall.cache.prune(max_bytes={largest} + 1_000_000)
result = None
""")
    assert len(page.kept()) == 1
    assert page.visit(first)["instant"]
    assert page.visit(second) == {"instant": False, "reason": "there is no snapshot yet"}


def test_what_was_not_used_for_the_longest_time_makes_room(page: InstantPage) -> None:
    """For a new one, which is larger than what is left."""
    options = page.options("quick", preload=["quick"])
    assert page.run(f"{{ {LITTLE_ROOM} }} return make({options});") == ""
    assert page.run(LEFT) == [["wheel/second"], True]
    assert page.visit(options)["instant"]


def test_one_among_what_is_kept(page: InstantPage) -> None:
    options = page.options("quick", preload=["quick"])
    assert page.make(options) == ""
    assert page.visit(options)["instant"]
    page.run(NO_NOTES)
    before = page.kept()[0]
    report = page.python("""
import wasminstall
info = await wasminstall.cache.info()
share = info.kinds["instant"]
await wasminstall.cache.prune(max_bytes=share.bytes + 3_000_000)
left = await wasminstall.cache.info()
await wasminstall.cache.clear()
none = await wasminstall.cache.info()
result = [share.entries, share.bytes, sorted(left.kinds), sorted(none.kinds)]
""")
    assert report[:2] == [1, before[1]]
    # It was used last, so the others went first.
    assert "instant" in report[2]
    assert "stdlib" not in report[2]
    assert report[3] == []
    assert page.visit(options) == {"instant": False, "reason": "there is no snapshot yet"}
