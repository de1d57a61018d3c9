"""The JavaScript half belongs to the Python half of the same release: another one's is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from support.distribution import ROOT
from support.index_server import IndexServer
from support.node import run_in_node
from support.wheel_factory import make_wheel

INSTALL = """
    import sys
    import pyodide_js
    from pyodide.code import run_js

    if wheel:
        pyodide_js.mountNodeFS("/wheels", folder)
        sys.path.insert(0, f"/wheels/{wheel}")
    pyodide_js._wasminstall = run_js("({ version: '0.0.1' })")

    import wasminstall
    from wasminstall.javascript import page_helper

    before = page_helper() is None
    await wasminstall.install(url)
    import app
    result = [before, pyodide_js._wasminstall.version == wasminstall.__version__, page_helper() is None]
"""
_ARCHIVE, _WHEEL = "the bootstrap's archive", "the wheel"


@pytest.mark.parametrize(("python", "after"), [(_ARCHIVE, [True, False, True]), (_WHEEL, [True, True, False])])
def test_a_helper_of_another_release(python: str, after: list[bool]) -> None:
    """The wheel brings its own; the archive, which came with one, works without."""
    folder = ROOT / "js" / "dist"
    wheel = next(folder.glob("wasminstall-*.whl")).name if python == _WHEEL else ""
    filename, app = make_wheel("app", "1.0")
    with IndexServer() as server:
        server.add(filename, app)
        url = server.file_url(filename)
        found: Any = run_in_node("pyodide", INSTALL, wheel=wheel, folder=str(folder), url=url)
    assert found == after
