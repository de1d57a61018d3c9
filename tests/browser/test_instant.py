"""Instant starts are right or do not happen: what cannot be kept, what is damaged, what dies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver

from support.index_server import IndexServer
from support.instant_page import InstantPage
from support.store_tab import serve_store
from support.wheel_factory import make_wheel

EMPTY = b"<!doctype html><title>instant</title><body>"

# Modules of which no snapshot can be made, and what is said of it.
REFUSED = {
    "keeps_object": ("from js import Object\nKEPT = Object.new()\n", "holds something of JavaScript"),
    "keeps_callback": ("import ctypes\nKEPT = ctypes.CFUNCTYPE(None)(lambda: None)\n", "a callback of ctypes"),
    "keeps_file": ("KEPT = open(__file__)\n", "is open"),
    "wants_page": ("from js import document\n", "cannot be imported where it is made"),
    "breaks_paths": ("import os\nos.path.exists = lambda path: False\n", "Python does not work as it should"),
}


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    serve_store(server)
    server.mount("/site/", lambda path: EMPTY if not path else None)
    server.add(*make_wheel("quick", "1.0", files={"quick.py": "import random\nDRAWN = random.Random()\n"}))
    for name, (source, _) in REFUSED.items():
        server.add(*make_wheel(name, "1.0", files={f"{name}.py": source}))


@pytest.fixture
def page(server: IndexServer, browser: webdriver.Chrome) -> Iterator[InstantPage]:
    opened = InstantPage(browser, server)
    opened.forget()
    opened.open()
    yield opened
    server.heal()
    server.behave(headers={})


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_kept(page: InstantPage, name: str) -> None:
    options = page.options(name, preload=[name])
    reason = page.make(options)
    assert REFUSED[name][1] in reason
    report = page.visit(options)
    assert report == {"instant": False, "reason": reason}
    assert page.warnings() == []
    page.python(f"import {name}\nresult = 1")


def test_the_first_visit_makes_it(page: InstantPage) -> None:
    options = page.options("quick", preload=["quick"])
    assert page.visit(options) == {"instant": False, "reason": "there is no snapshot yet"}
    page.run("await until(async () => (await kept()).length === 1);")
    assert page.visit(options) == {"instant": True, "reason": ""}
    assert page.python("import quick, sys\nresult = 'quick' in sys.modules")
    assert page.warnings() == []
    # Nothing of the attempt is left.
    page.run("await until(async () => (await kept()).length === 1);")


def test_a_module_that_fails(page: InstantPage) -> None:
    """Python's error comes from `boot()`, and there is nothing to make."""
    page.server.add(*make_wheel("failing", "1.0", files={"failing.py": "raise LookupError('no')"}))
    options = page.options("failing", preload=["failing"])
    error = page.run(f"return start({options}).then(() => '', (error) => `${{error.type}} ${{error.message}}`);")
    assert error.startswith("LookupError")
    assert "failing.py" in error


def test_nothing_may_be_kept(page: InstantPage) -> None:
    reason = "nothing may be kept (cache: false)"
    assert page.visit(page.options("quick", cache=False)) == {"instant": False, "reason": reason}
    assert page.warnings() == [f"wasminstall: Python does not start from a snapshot: {reason}"]


def test_storage_is_blocked(page: InstantPage) -> None:
    """A sandboxed page has an origin of its own for the moment, and no storage."""
    page.server.mount("/sandbox/", lambda path: EMPTY, {"Content-Security-Policy": "sandbox allow-scripts"})
    page.open("/sandbox/")
    assert page.run(f"return start({page.options('quick')});") == {
        "instant": False,
        "reason": "nothing can be kept here",
    }
    assert len(page.warnings()) == 1


def test_workers_are_forbidden(page: InstantPage) -> None:
    page.server.mount("/strict/", lambda path: EMPTY, {"Content-Security-Policy": "worker-src 'none'"})
    page.open("/strict/")
    page.run(f"await start({page.options('quick')}); await until(() => warned.length);")
    [warning] = page.warnings()
    assert "no snapshot was made" in warning
    assert "worker-src" in warning


def test_storage_is_full(page: InstantPage) -> None:
    """Refused, and noted where a note fits."""
    origin = page.server.origin
    quota = page.run("return (await navigator.storage.estimate()).usage;") + 5_000_000
    page.driver.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": quota})
    try:
        options = page.options("quick", preload=["quick"])
        reason = page.make(options)
        assert reason == "there is no room for it" or "it would take" in reason
        assert page.visit(options) == {"instant": False, "reason": reason}
    finally:
        page.driver.execute_cdp_cmd("Storage.overrideQuotaForOrigin", {"origin": origin})


DAMAGE = """
const visit = async (folder) => {
  let found = [];
  for await (const handle of folder.values()) {
    if (handle.kind === "directory") found.push(...(await visit(handle)));
    else found.push([handle, (await handle.getFile()).size]);
  }
  return found;
};
const files = (await visit(await navigator.storage.getDirectory())).sort((a, b) => b[1] - a[1]);
const [[handle, size]] = files;
const writable = await handle.createWritable({ keepExistingData: true });
HOW
await writable.close();
return size;
"""
FLIP = """
const byte = new Uint8Array(await (await handle.getFile()).slice(AT, AT + 1).arrayBuffer());
await writable.write({ type: "write", position: AT, data: Uint8Array.of(byte[0] ^ 1) });
"""


def test_what_is_kept_is_damaged(page: InstantPage) -> None:
    """In what is said of the files, in the memory, at the end."""
    options = page.options("quick", preload=["quick"])
    hows = (FLIP.replace("AT", "2000"), FLIP.replace("AT", "(size - 100_000)"), "await writable.truncate(size - 1000);")
    for how in hows:
        page.open()
        assert page.make(options) == ""
        assert page.run(DAMAGE.replace("HOW", how)) > 10_000_000
        report = page.visit(options)
        assert not report["instant"]
        assert report["reason"].startswith("what was kept is")
        assert len(page.warnings()) == 1
        page.python("import quick\nresult = 1")
        assert page.kept() == []


def test_pages_and_workers_differ(page: InstantPage) -> None:
    """A module that looks where it is when it is imported would find something else in a page."""
    page.server.add(*make_wheel("looks", "1.0", files={"looks.py": "import js\nPAGE = hasattr(js, 'document')\n"}))
    options = page.options("looks", preload=["looks"])
    assert page.make(options) == ""
    in_worker = page.options("looks", preload=["looks"], worker=True)
    assert page.visit(in_worker)["instant"]
    assert page.run("return python.run('import looks; looks.PAGE');") is False
    report = page.visit(options)
    assert not report["instant"]
    assert "asks for js.document" in report["reason"]
    assert page.python("import looks\nresult = looks.PAGE") is True


def test_a_fatal_error(page: InstantPage) -> None:
    options = page.options("quick", preload=["quick"])
    assert page.make(options) == ""
    assert page.visit(options)["instant"]
    # Of a dead Python one hears nothing more.
    page.run("python.run('import ctypes; ctypes.string_at(0xFFFFFF00, 100)').catch(() => {});")
    page.run("await until(async () => (await kept()).some(([, , { refused }]) => refused));")
    report = page.visit(options)
    assert report == {"instant": False, "reason": "a Python that was restored has died"}
    page.python("import quick\nresult = 1")
