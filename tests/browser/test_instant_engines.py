"""Instant starts in Chromium, Firefox and WebKit, page and worker: one snapshot for both, and real work after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from support.engines import Engine, show
from support.index_server import IndexServer
from support.instant_page import PRELUDE
from support.store_tab import serve_store
from support.wheel_factory import make_wheel

NUMPY = {"packages": "numpy", "preload": ["numpy"]}
WORK = """
import sys
import numpy as np
import json
draw = np.random.default_rng(1).normal(size=1000)
json.dumps([
    "wasminstall" in sys.modules,
    np.linalg.solve([[3, 1], [1, 2]], [9, 8]).round(9).tolist(),
    int(np.argmax(np.abs(np.fft.rfft(np.sin(np.arange(64) * np.pi / 4))))),
    round(float(draw.mean()), 6),
])
"""
DONE = [False, [2.0, 3.0], 8, -0.054253]


@pytest.fixture(scope="module", autouse=True)
def packages(server: IndexServer) -> None:
    serve_store(server)
    server.add(*make_wheel("later-on", "1.0"))


def run(engine: Engine, script: str) -> Any:
    return engine.run(f"{PRELUDE}\n{script}")


def visit(engine: Engine, server: IndexServer, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Open an empty page and boot: how it started."""
    show(engine, server, "<body>", at="/instant/")
    return dict(run(engine, f"return start({json.dumps(options)});"))


def test_page_and_worker(engine: Engine, server: IndexServer) -> None:
    options = {"pyodide": f"{server.origin}/pyodide/", "index": server.url, "instant": True, **NUMPY}
    show(engine, server, "<body>", at="/instant/")
    assert run(engine, f"return make({json.dumps(options)});") == ""
    for worker in (False, True):
        assert visit(engine, server, {**options, "worker": worker}) == {"instant": True, "reason": ""}
        assert json.loads(run(engine, f"return python.run({json.dumps(WORK)});")) == DONE
        # Installs go on as in any other Python.
        report = run(engine, "return (await python.install('later-on')).packages.map(({ name }) => name);")
        assert report == ["later-on"]
        assert run(engine, "return python.run('import later_on; later_on.__version__');") == "1.0"
        assert run(engine, "return warned;") == []
