"""Real packages on a page, from a snapshot that was made in a worker; and a library that is large for a main thread."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from selenium import webdriver

from support import instant_checks, instant_checks_more
from support.compiled_wheel import PYODIDE_TAGS, build_module
from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.instant_page import InstantPage
from support.store_tab import serve_store
from support.wheel_factory import make_wheel

PACKAGES = ["numpy", "pandas", "matplotlib", "pillow", "pydantic", "lxml", "large"]
CHECKS = ["python", "numpy", "pandas", "matplotlib", "pillow", "pydantic", "lxml"]
LACKING = "this Pyodide lacks a part that snapshots take"
LIMIT = 8 * 1024 * 1024
"""Chromium instantiates no larger module on a main thread but asynchronously."""


def large_wheel() -> tuple[str, bytes]:
    """An extension module with a section of its own, in which there is nothing but its size."""
    content = b"\x04none" + bytes(LIMIT)
    library = build_module() + b"\x00" + leb128(len(content)) + content
    files: dict[str, str | bytes] = {"large/__init__.py": "from ._native import twice\n", "large/_native.so": library}
    return make_wheel("large", "1.0", files=files, tag=PYODIDE_TAGS["314"])


def leb128(number: int) -> bytes:
    """As WebAssembly writes sizes."""
    digits = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(digit | 0x80 for digit in digits[:-1]), digits[-1]])


@pytest.fixture(scope="module")
def page(server: IndexServer, browser: webdriver.Chrome) -> InstantPage:
    serve_store(server)
    server.mount("/site/", lambda path: None if path else b"<!doctype html><title>packages</title><body>")
    server.add(*large_wheel())
    return InstantPage(browser, server)


@pytest.fixture(scope="module")
def visits(page: InstantPage) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a page finds that starts normally, and one that starts from a snapshot."""
    normal = visit(page, page.options(PACKAGES, instant=False))
    options = page.options(PACKAGES)
    assert page.make(options) == ""
    return normal, visit(page, options)


def visit(page: InstantPage, options: str) -> dict[str, Any]:
    report = page.visit(options)
    modules = (instant_checks, instant_checks_more)
    sources = {f"{module.__name__.partition('.')[2]}.py": inspect.getsource(module) for module in modules}
    found = page.python(f"""
import os, sys
imported = sorted(sys.modules)
os.makedirs("support", exist_ok=True)
for name, source in {sources!r}.items():
    open(f"support/{{name}}", "w").write(source)
from support.instant_checks import answers
import large, json
result = {{"imported": imported, "twice": large.twice(21), **json.loads(answers(*{json.dumps(CHECKS)}))}}
""")
    return {**report, **found}


def test_starts(visits: tuple[dict[str, Any], dict[str, Any]]) -> None:
    normal, restored = visits
    assert not normal["instant"]
    assert (restored["instant"], restored["reason"]) == (True, "")


@pytest.mark.parametrize("name", ["twice", *CHECKS])
def test_same_answers(visits: tuple[dict[str, Any], dict[str, Any]], name: str) -> None:
    normal, restored = visits
    assert restored[name] == normal[name]


def test_imports_what_was_asked_for(visits: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Among it what has a library that is large for a main thread."""
    names = {"PIL", "large", "lxml", "matplotlib", "numpy", "pandas", "pydantic"}
    normal, restored = visits
    assert not names & set(normal["imported"])
    assert names <= set(restored["imported"])


def test_figures_are_shown_once(page: InstantPage, visits: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Where the code shows what it prints, and not by matplotlib at the end of the page."""
    assert page.visit(page.options(PACKAGES))["instant"]
    code = "import matplotlib.pyplot as plt; plt.plot([1, 4]); plt.show()"
    shown = page.run(f"""
        const shown = [];
        await python.execute({json.dumps(code)}, ({{ data }}) => shown.push(...Object.keys(data)));
        return [shown, document.querySelectorAll("canvas").length];
    """)
    assert shown == [["image/png", "text/plain"], 0]


@pytest.mark.parametrize(
    ("build", "fault"),
    [("pyodide-0.27", LACKING), ("pyodide-0.29", LACKING), ("pyodide-314", ""), ("pyodide-315", "")],
)
def test_other_builds(page: InstantPage, build: str, fault: str) -> None:
    """Seen on their parts: where these are not there, a normal start, of which nobody is warned."""
    page.server.add(*make_wheel("small", "1.0"))
    options = page.options("small", pyodide=mount_distribution(page.server, build, f"/{build}/"))
    assert page.make(options) == fault
    assert page.visit(options) == {"instant": fault == "", "reason": fault}
    assert page.python("import small\nresult = small.__version__") == "1.0"
    assert page.warnings() == []
