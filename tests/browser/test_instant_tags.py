"""Pages that start instantly by attributes of the script tag: what is in the snapshot, what is installed as ever."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.instant_page import InstantPage
from support.prepared import make_prepared
from support.script_page import RECORDER, SETTLED, script
from support.store_tab import serve_store
from support.wheel_factory import make_wheel

TAG = (
    '<body><script src="/wasminstall/wasminstall.js" data-pyodide="/pyodide/" data-index="INDEX" '
    'data-progress="off" ATTRIBUTES></script>'
)
IMPORTED = """
import sys
" ".join(name for name in ("of_tag", "of_script", "of_block", "wasminstall") if name in sys.modules)
"""


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    serve_store(server)
    for name in ("of-tag", "of-script", "of-block"):
        server.add(*make_wheel(name, "1.0"))
    server.add(*make_wheel("breaks", "1.0", files={"breaks.py": "raise LookupError('no')"}))


@pytest.fixture
def page(server: IndexServer, browser: webdriver.Chrome) -> Iterator[InstantPage]:
    server.mount("/site/", lambda path: None if path else b"<!doctype html><title>empty</title>")
    opened = InstantPage(browser, server)
    opened.forget()
    yield opened
    opened.open()


def visit(page: InstantPage, attributes: str, *scripts: str, policy: str = "") -> Mapping[str, Any]:
    """Open a page with this tag and these scripts, and wait for all: how Python started, what each script shows."""
    tag = TAG.replace("INDEX", page.server.url).replace("ATTRIBUTES", attributes)
    html = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>tags</title>{RECORDER}{tag}{"".join(scripts)}'
    headers = {"Content-Security-Policy": policy} if policy else None
    page.server.mount("/tags/", lambda path: None if path else html.encode(), headers)
    page.open("/tags/")
    settled = SETTLED.replace("COUNT", str(len(scripts)))
    found = page.run(f"""
        const states = await (async () => {{ {settled} }})();
        const shown = [...document.querySelectorAll(".wasminstall-output")].map((node) => node.innerText);
        const report = await wasminstall.ready.then((started) => started.start, () => null);
        return {{ ...report, states, shown, errors, warnings }};
    """)
    return dict(found)


def wait_until_kept(page: InstantPage) -> None:
    page.run("await until(async () => (await kept()).some(([, , facts]) => facts));")


@pytest.mark.parametrize("where", ["", "data-worker"])
def test_the_second_visit(page: InstantPage, where: str) -> None:
    """The tag's packages and the scripts' are in it, and no install looks at them again; a block is installed later."""
    attributes = f'data-instant data-packages="of-tag" data-preload="of_script" {where}'
    whole = script("whole", IMPORTED, 'data-packages="of-script"')
    use = script("use", "import of_tag, of_script\nof_tag.__version__ + of_script.__version__")
    first = visit(page, attributes, whole, use)
    assert (first["instant"], first["reason"]) == (False, "there is no snapshot yet")
    assert first["shown"] == ["'of_script wasminstall'", "'1.01.0'"]
    wait_until_kept(page)
    second = visit(page, attributes, whole, use)
    assert (second["instant"], second["reason"]) == (True, "")
    assert second["shown"] == ["'of_script'", "'1.01.0'"]
    assert second["errors"] == second["warnings"] == []
    if where:
        return
    # What was made for a page is restored in a worker.
    assert visit(page, f"{attributes} data-worker", whole, use)["instant"]
    # A script that installs in its own way does so, after the same start.
    block = '# /// script\n# dependencies = ["of-block"]\n# ///\nimport of_block\n' + IMPORTED
    third = visit(page, attributes, whole, use, script("block", block))
    assert third["instant"]
    assert third["shown"] == ["'of_script'", "'1.01.0'", "'of_tag of_script of_block wasminstall'"]


def test_a_script_cannot_have_its_package(page: InstantPage) -> None:
    """It says so in its place, and the others run, at every visit."""
    scripts = (
        script("good", "import of_script\nof_script.__version__", 'data-packages="of-script"'),
        script("bad", "1", 'data-packages="no-such-project"'),
        script("after", "2"),
    )
    found = visit(page, "data-instant", *scripts)
    assert found["states"] == ["done", "failed", "done"]
    assert found["shown"][0] == "'1.0'"
    assert "no-such-project" in found["shown"][1]
    [[name, where, _]] = found["errors"]
    assert (name, where) == ("ScriptError", "bad")


def test_preload_alone(page: InstantPage) -> None:
    """Imported before Python is ready, though nothing is kept for the next visit."""
    found = visit(page, 'data-preload="of_tag, of_script"', script("one", IMPORTED, 'data-packages="of-tag of-script"'))
    assert (found["instant"], found["reason"]) == (False, "")
    assert found["shown"] == ["'of_tag of_script wasminstall'"]
    assert page.kept() == []


def test_what_cannot_be_imported(page: InstantPage) -> None:
    found = visit(page, 'data-instant data-packages="breaks" data-preload="breaks"', script("one", "1"))
    assert found["states"] == ["failed"]
    [[name, _, message]] = found["errors"]
    assert name == "ScriptError"
    assert "LookupError: no" in message
    assert "the imports of the page" in message
    assert "LookupError" in found["shown"][0]


def test_a_module_to_preload_that_is_not_there(page: InstantPage) -> None:
    """It names the attribute, and the code that imports is shown nowhere."""
    found = visit(page, 'data-preload="pands"', script("one", "1"))
    said = "data-preload names what cannot be imported: No module named 'pands'"
    assert said in found["shown"][0]
    assert "mend the name in data-preload, or add data-packages=" in found["shown"][0]
    assert found["errors"][0][2].startswith(f"the imports of the page: {said}")
    assert "import_module" not in str(found)


def test_prefer_is_no_option_of_a_start(page: InstantPage) -> None:
    found = visit(page, 'data-instant data-prefer="newest"', script("one", "1"))
    assert found["states"] == ["done"]
    assert not found["instant"]
    assert found["warnings"] == ["wasminstall: data-instant does nothing beside data-prefer"]


POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self' blob:; style-src 'self'; img-src 'self' data:"
)


def test_a_strict_policy_and_the_way_back(page: InstantPage) -> None:
    """The policy that is enough for everything else is enough for this, and a page that was restored can be kept."""
    one = script("one", "import of_tag\nkept = 42", 'data-packages="of-tag"')
    visit(page, "data-instant", one, policy=POLICY)
    wait_until_kept(page)
    assert visit(page, "data-instant", one, policy=POLICY)["instant"]
    page.run("onpageshow = ({ persisted }) => { globalThis.back = persisted; };")
    time.sleep(2)
    page.open("/site/")
    page.driver.back()
    assert page.run("return globalThis.back;")
    assert page.run("return wasminstall.run('kept');") == 42


def test_a_snapshot_made_ahead(page: InstantPage, tmp_path: Path) -> None:
    """The first visit starts from it, and the packages that scripts name are taken to be in it."""
    make_prepared(tmp_path, mount_distribution(page.server, "pyodide"), ["six"], ["six"])
    [path] = tmp_path.glob("*.gz")
    content = path.read_bytes()
    page.server.mount("/ahead/", lambda name: content if name == path.name else None)
    work = 'import sys\n"six" in sys.modules, "wasminstall" in sys.modules, __import__("six").__name__'
    attributes = f'data-snapshot="../ahead/{path.name}"'
    found = visit(page, attributes, script("one", work, 'data-packages="six"'))
    assert (found["instant"], found["shown"]) == (True, ["(True, False, 'six')"])
    missing = visit(page, 'data-snapshot="../ahead/gone.gz"', script("one", work, 'data-packages="six"'))
    assert (missing["instant"], missing["shown"]) == (False, ["(False, True, 'six')"])
    assert "404" in missing["reason"]
