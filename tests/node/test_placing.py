"""Real wheels placed by ``install()``: mounted, mounted again out of the cache, and written; the tree is the same."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest

from support.compiled_wheel import PYODIDE_TAGS, make_compiled_wheel
from support.index_server import IndexServer
from support.node import BUILDS, run_in_node
from support.real_wheels import PINS, distribution_wheels, real_wheel
from support.wheel_factory import make_wheel

FROM_THE_DISTRIBUTION = ("numpy", "pandas", "lxml")

INSTALL = """
import hashlib, os
import pyodide_js
import wasminstall
from wasminstall import layouts
from wasminstall.hosts.pyodide import PyodideHost

def everything():
    found = {}
    for root in sorted({str(path) for path in PyodideHost().paths.values()} - {"/"}) + ["/share", "/etc"]:
        for where, _, names in os.walk(root):
            for name in names:
                path = os.path.join(where, name)
                about = os.stat(path)
                found[path] = [about.st_mode, int(about.st_mtime), lazy(path), os.path.getsize(path)]
    return found

def lazy(path):
    return helper is not None and bool(helper.wheelFs.isLazy(path))

if not mounting:
    pyodide_js._wasminstall = None
helper = pyodide_js._wasminstall
before = everything()
if again:
    layouts._opened = None
await wasminstall.install(wanted, deps=False)
if mounting:
    await wasminstall.cache.info()  # waits until everything is written
result = {path: facts for path, facts in everything().items() if before.get(path) != facts}
for path, facts in result.items():
    with open(path, "rb") as file:
        facts.append(hashlib.sha256(file.read()).hexdigest())
"""

OURS = ("/INSTALLER", "/REQUESTED", "/RECORD", "/wasminstall.json", "/direct_url.json")


def trees(build: str, cache: Path, wheels: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """Every file as it is when written, when mounted, and when mounted from what the visit before kept."""
    with IndexServer() as index:
        wanted = []
        for filename, data in wheels:
            index.add(filename, data)
            digest = hashlib.sha256(data).hexdigest()
            wanted.append(f"{filename.partition('-')[0]} @ {index.file_url(filename)}#sha256={digest}")
        return [
            run_in_node(build, INSTALL, cache_folder=cache, wanted=wanted, mounting=mounting, again=again)
            for mounting, again in ((False, False), (True, False), (True, True))
        ]


def check_same(found: list[dict[str, Any]]) -> None:
    """All but the time of what the installer itself has written just now."""
    written, mounted, again = (
        {
            path: [mode, 0 if path.endswith(OURS) else mtime, size, digest]
            for path, (mode, mtime, _, size, digest) in tree.items()
        }
        for tree in found
    )
    assert mounted == written
    assert again == written


def lazy_files(tree: dict[str, Any]) -> int:
    return sum(facts[2] for facts in tree.values())


def test_real_wheels(tmp_path: Path) -> None:
    """More than twenty, numpy, pandas, sympy and uharfbuzz among them."""
    wheels = [*map(real_wheel, PINS), *asyncio.run(distribution_wheels(*FROM_THE_DISTRIBUTION))]
    found = trees("pyodide", tmp_path, wheels)
    check_same(found)
    counts = [lazy_files(tree) for tree in found]
    assert len(wheels) > 20
    assert len(found[0]) > 4000
    assert counts[0] == 0
    assert counts[1] == counts[2] > 1000


@pytest.mark.parametrize("build", BUILDS)
def test_every_pyodide(tmp_path: Path, build: str) -> None:
    """Every scheme, a script, a file without a hash, a shared library, and two wheels with the same file."""
    tag = PYODIDE_TAGS[BUILDS[build].removeprefix("pyodide-")]
    data = {"scripts/run": "#!python\n", "data/share/x": "x", "headers/x.h": "int x;", "purelib/y.py": "y = 1\n"}
    files = {"pure/naïve.py": "x = 1\n", "pure/bare.py": "", "tests/__init__.py": "", "pure/tool": "#!/bin/sh\n"}
    pure = make_wheel("pure", "1.0", files=files, data=data, unlisted=["pure/bare.py"], executable=["pure/tool"])
    other = make_wheel("other", "1.0", files={"tests/__init__.py": "", "other.py": "z = 1\n"})
    found = trees(build, tmp_path, [pure, other, make_compiled_wheel("native", tag=tag)])
    check_same(found)
    assert lazy_files(found[1]) == lazy_files(found[2]) > 8
    assert {"/share/x", "/bin/run"} <= {path.removeprefix("/home/pyodide") for path in found[0]}


@pytest.mark.parametrize("build", ["pyodide-0.27", "pyodide"])
def test_a_wheel_as_most_are_is_never_opened(tmp_path: Path, build: str) -> None:
    """Not even the first time: js/src/wheelfs has looked at it."""
    filename, data = make_wheel("plain", "1.0", requires=["other"], data={"scripts/run": "#!python\n"})
    with IndexServer() as index:
        index.add(filename, data)
        wanted = [f"plain @ {index.file_url(filename)}#sha256={hashlib.sha256(data).hexdigest()}"]
        found = run_in_node(build, INSTALL, cache_folder=tmp_path, wanted=wanted, mounting=True, again=True)
    assert lazy_files(found) == 3
    assert any(path.endswith("/plain/__init__.py") for path in found)
    assert any(path.endswith("/bin/run") for path in found)
