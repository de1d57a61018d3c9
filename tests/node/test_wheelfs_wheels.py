"""Wheels mounted by Python's half of wasminstall: real ones file by file, compiled ones imported in every Pyodide."""

from __future__ import annotations

import asyncio
import json
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from support.compiled_wheel import (
    MODULE,
    PYODIDE_TAGS,
    SideModule,
    _built,
    build_library,
    build_module,
    make_compiled_wheel,
)
from support.distribution import ROOT
from support.node import BUILDS
from support.real_wheels import PINS, distribution_wheels, real_wheel
from support.wheel_factory import make_wheel

RUNNER = Path(__file__).with_name("support") / "wheelfs_wheels.mjs"
FROM_THE_DISTRIBUTION = ("numpy", "pandas", "lxml")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """js/src/wheelfs as a module."""
    made = tmp_path_factory.mktemp("bundle") / "wheelfs.mjs"
    source = ROOT / "js" / "src" / "wheelfs" / "index.ts"
    options = ["--bundle", "--format=esm", "--target=es2022", "--log-level=error", f"--outfile={made}"]
    subprocess.run(["node", ROOT / "node_modules" / "esbuild" / "bin" / "esbuild", source, *options], check=True)
    return made


def run(bundle: Path, build: str, wheels: Path, code: str) -> Any:
    """What ``code`` leaves in ``result``; wheels lie in ``/wheels``."""
    source = f"{textwrap.dedent(code)}\nimport json\njson.dumps(result)"
    command = ["node", str(RUNNER), str(bundle), build, str(wheels), source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_real_wheels_are_what_zipfile_says(bundle: Path, tmp_path: Path) -> None:
    for name, data in (*map(real_wheel, PINS), *asyncio.run(distribution_wheels(*FROM_THE_DISTRIBUTION))):
        (tmp_path / name).write_bytes(data)
    code = "from node.support.wheelfs_wheels import check_wheels\nresult = check_wheels('/wheels')"
    found = run(bundle, "pyodide", tmp_path, code)
    assert len(found) >= 20
    assert {"numpy", "pandas", "sympy", "uharfbuzz"} <= {name.split("-")[0] for name in found}
    for name, wheel in found.items():
        assert wheel["files"] == wheel["on_disk"] > 3, name
        assert wheel["lazy_before"] == wheel["filled"] > 3, name
        assert (wheel["differing"], wheel["wrong_hash"]) == ([], []), name


@pytest.mark.parametrize("build", BUILDS)
def test_compiled_wheels_load(bundle: Path, tmp_path: Path, build: str) -> None:
    """On import, and through ctypes; with a library of their own where the runtime follows run paths (not 0.27)."""
    tag = PYODIDE_TAGS[BUILDS[build].removeprefix("pyodide-")]
    for name, has_library in (("plain", False), ("withlib", build != "pyodide-0.27")):
        filename, data = make_compiled_wheel(name, tag=tag, library=has_library)
        (tmp_path / filename).write_bytes(data)
    code = """
    import ctypes
    from pathlib import Path
    import pyodide_js
    from node.support.wheelfs_wheels import import_from, mount_wheel

    result = {}
    for path in Path("/wheels").iterdir():
        name = path.name.partition("-")[0]
        site = f"/sites/{name}"
        mount_wheel(path, site)
        libraries = [str(each) for each in Path(site).rglob("*.so")]
        assert all(pyodide_js._wasminstall.wheelFs.isLazy(each) for each in libraries)
        library = f"{site}/{name}.libs/lib{name}.so"
        if library in libraries:
            result["by ctypes"] = getattr(ctypes.CDLL(library), f"{name}_twice")(21)
        result[name] = import_from(site, name).twice(21)
        result[f"{name} unpacked"] = not any(pyodide_js._wasminstall.wheelFs.isLazy(each) for each in libraries)
    """
    found = run(bundle, build, tmp_path, code)
    through_ctypes = {} if build == "pyodide-0.27" else {"by ctypes": 42}
    assert found == {"plain": 42, "plain unpacked": True, "withlib": 42, "withlib unpacked": True, **through_ctypes}


@pytest.mark.parametrize("build", BUILDS)
def test_why_a_library_cannot_load(bundle: Path, tmp_path: Path, build: str) -> None:
    """The reason is told however often it is tried, and one failure does not spoil what comes after it."""
    needs_library, _ = build_library("gone")
    needs_symbol, _ = build_library("changed")
    other_symbol = build_library("changed")[1].replace(b"changed_twice", b"changed_thing")
    modules = {
        "fine": build_module(),
        "needs_library": needs_library,
        "needs_symbol": needs_symbol,
        "needs_data": build_module_with_data(),
        "for_linux": b"\x7fELF" + bytes(60),
        "no_library": b"hello",
        "fine_too": build_module(),
    }
    for name, module in modules.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("from ._native import twice\n")
        (tmp_path / name / "_native.so").write_bytes(module)
    (tmp_path / "changed.libs").mkdir()
    (tmp_path / "changed.libs" / "libchanged.so").write_bytes(other_symbol)
    code = """
    import shutil
    from node.support.wheelfs_wheels import import_from
    from pyodide_js import _wasminstall
    from wasminstall.hosts.library_errors import explain_import_errors

    explain_import_errors()
    explain_import_errors()
    shutil.copytree("/wheels", "/site")
    result = {}
    for name in names:
        result[name] = []
        for _ in range(2):
            reason = _wasminstall.wheelFs.explainLibrary(f"/site/{name}/_native.so")
            try:
                module = import_from("/site", name)
                result[name].append(reason or module.twice(21))
            except ImportError as error:
                *_, last = str(error).splitlines()
                assert last == f"/site/{name}/_native.so: {reason}", error
                assert "module export function" not in str(error), error
                result[name].append(reason)
    """
    found = run(bundle, build, tmp_path, f"names = {list(modules)}\n{textwrap.dedent(code)}")
    follows_run_paths = build != "pyodide-0.27"
    place = "/site/{}.libs nor in " if follows_run_paths else ""
    where = f"which is not in {place}the library path"
    changed = "nothing defines the symbol changed_twice" if follows_run_paths else None
    assert found["fine"] == found["fine_too"] == [42, 42]
    assert found["needs_library"] == [f"it needs the library libgone.so, {where.format('gone')}"] * 2
    assert found["needs_symbol"] == [changed or f"it needs the library libchanged.so, {where.format('changed')}"] * 2
    assert found["needs_data"] == ["nothing defines the symbol missing_number"] * 2
    assert found["for_linux"] == ["it is a library for Linux, not for WebAssembly"] * 2
    assert found["no_library"] == ["it is no WebAssembly library"] * 2


def build_module_with_data() -> bytes:
    """An extension module that wants a variable nobody has."""
    wanted = "extern long missing_number;\n#define LIBRARY(number) (missing_number * (number))"
    source = MODULE.replace("#define LIBRARY(number) (2 * (number))", wanted)
    return _built(SideModule("_native.so", source, "PyInit__native"))


def test_what_python_says_of_faults(bundle: Path, tmp_path: Path) -> None:
    """The errors of the archive that is unpacked in Python, and the operating system's."""
    filename, data = make_wheel("thing", "1.0", files={"thing/naïve.py": "x = 1\n", "thing/b.py": "y = 2\n"})
    header = data.index(b"thing/b.py")
    other = data[:header] + b"thing/c.py" + data[header + 10 :]
    gone = data[: header - 30] + b"XX" + data[header - 28 :]
    for name, each in (("good", data), ("other", other), ("gone", gone)):
        (tmp_path / name).mkdir()
        (tmp_path / name / filename).write_bytes(each)
    code = """
    import os
    from pathlib import Path
    from node.support.wheelfs_wheels import mount_wheel
    from wasminstall.hosts.mounting import Mounter

    os.makedirs("/sites/folder/thing/b.py")
    open("/sites/file", "w").close()
    result = {}
    for name, kind in (("good", "fine"), ("other", "x"), ("gone", "y"), ("good", "folder"), ("good", "file")):
        path = next(Path(f"/wheels/{name}").iterdir())
        try:
            if kind == "file":
                assert not Mounter().can_mount("/sites/file")
                Mounter.can_mount = lambda self, path: True
            mount_wheel(path, f"/sites/{kind}")
            result[kind] = Path("/sites/fine/thing/naïve.py").read_text()
        except Exception as error:
            result[kind] = [type(error).__name__, str(error)]
    """
    found = run(bundle, "pyodide", tmp_path, code)
    assert found["fine"] == "x = 1\n"
    assert found["x"][0] == "UnsafeWheel"
    assert "'thing/b.py': its local header gives another name" in found["x"][1]
    assert found["y"][0] == "InvalidWheel"
    assert "its member 'thing/b.py' has no local header" in found["y"][1]
    assert found["folder"] == ["IsADirectoryError", "[Errno 31] Is a directory: '/sites/folder/thing/b.py'"]
    assert found["file"][0] == "NotADirectoryError"
