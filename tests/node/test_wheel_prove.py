"""What needs real Pyodides: the table of what they give to modules, and the proof that a shrunk wheel imports."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from support.compiled_wheel import MODULE, PYODIDE_TAGS, build_module, make_compiled_wheel
from support.distribution import ROOT
from support.node import BUILDS
from support.runtime_symbols import ask_build
from support.wheel_factory import make_wheel
from wasminstall.cli.app import cli
from wasminstall.cli.wasm.module import read_module
from wasminstall.cli.wasm.prove import Outcome, Prover, find_prover
from wasminstall.cli.wasm.runtimes import known_runtimes

PYODIDE = ROOT / "node_modules" / "pyodide"
TAG = PYODIDE_TAGS["314"]


def test_the_table_is_what_a_build_says() -> None:
    """One build is asked; the others are compared with the exports of their programs, which takes no time."""
    answer = ask_build("pyodide")
    row = known_runtimes()[answer["abi"]]
    assert answer["version"] in row.builds
    assert tuple(answer["suffixes"]) == row.suffixes
    assert row.symbols <= set(answer["symbols"])
    assert len(set(answer["symbols"]) - row.symbols) < 5  # what another build with this ABI does not have
    assert set(answer["libraries"]) <= row.libraries


@pytest.mark.parametrize("build", BUILDS)
def test_the_table_has_what_every_build_exports(build: str) -> None:
    """A build that is not in the table, or a table that is out of date, fails here."""
    folder = ROOT / "node_modules" / build
    row = known_runtimes()[json.loads((folder / "pyodide-lock.json").read_bytes())["info"]["abi_version"]]
    version = json.loads((folder / "package.json").read_bytes())["version"].replace("-alpha.", "a")
    assert version in row.builds, "run python -m support.runtime_symbols in tests"
    python = {name for name in read_module((folder / "pyodide.asm.wasm").read_bytes()).exports if name.startswith("Py")}
    assert len(python) > 1000
    assert len(python - row.symbols) < 5


def prover(filename: str) -> Prover:
    found = find_prover(filename, PYODIDE)
    assert isinstance(found, Prover), found
    return found


def test_what_becomes_of_each_module() -> None:
    name, data = make_wheel(
        "thing",
        "1.0",
        tag=TAG,
        files={
            "thing/__init__.py": "",
            "thing/_native/__init__.so": build_module(),
            "thing/needy/__init__.py": "import numpy\n",
            "thing/needy/_native.abi3.so": build_module(),
            "thing/broken/__init__.py": "1 / 0\n",
            "thing/broken/_native.so": build_module(),
        },
        data={"platlib/beside/_native.so": build_module()},
    )
    assert prover(name).prove(name, data) == {
        "thing/_native/__init__.so": Outcome("imported"),
        "thing/needy/_native.abi3.so": Outcome("loaded", "numpy is not here to import it"),
        "thing/broken/_native.so": Outcome("failed", "ZeroDivisionError: division by zero"),
        "thing-1.0.data/platlib/beside/_native.so": Outcome("imported"),
    }


def test_a_pyodide_for_another_abi_proves_nothing() -> None:
    name, _ = make_compiled_wheel(tag=PYODIDE_TAGS["0.29"])
    found = find_prover(name, PYODIDE)
    assert isinstance(found, str)
    assert "no Pyodide for 2025_0" in found


def test_a_wheel_that_would_not_import_any_more_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wasm-opt that makes a module of the same shape, whose entry gives nothing."""
    noise = b"".join(hashlib.sha512(bytes([count])).digest() for count in range(8))  # nothing makes it smaller
    section = b"\0\x85\4\4much" + noise  # a custom section that stripping leaves alone
    files: dict[str, str | bytes] = {"thing/__init__.py": "", "thing/_native.so": build_module() + section}
    name, data = make_wheel("thing", "1.0", tag=TAG, files=files)
    file = tmp_path / name
    file.write_bytes(data)
    (tmp_path / "broken.so").write_bytes(broken_module())
    program = tmp_path / "wasm-opt"
    program.write_text(f"#!/bin/sh\nfor last; do :; done\ncp {tmp_path}/broken.so $last\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = CliRunner().invoke(cli, ["--no-config", "wheel", "shrink", "--pyodide", str(PYODIDE), str(file)])
    assert done.exit_code == 1, done.output
    assert "thing/_native.so does not import any more, so it stays: SystemError" in done.stderr
    assert file.read_bytes() == data
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "broken.so", "wasm-opt"])


def broken_module() -> bytes:
    """It has the same imports and exports, but its entry returns nothing."""
    source = MODULE.replace("static Module module", "Module module").replace(
        "return PyModuleDef_Init(&module)", "return module.refcount ? 0 : PyModuleDef_Init(&module)"
    )
    assert source != MODULE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "it.c").write_text(source)
        compile_it = ["cc", "-target", "wasm32-emscripten", "-mcpu=mvp", "-O2", "-fPIC", "-c", "it.c", "-o", "it.o"]
        link = ["wasm-ld", "-shared", "--experimental-pic", "--import-memory", "--import-table", "--strip-all"]
        link += ["--unresolved-symbols=import-dynamic", "--export=PyInit__native", "-o", "it.so", "it.o"]
        for command in (compile_it, link):
            subprocess.run([sys.executable, "-m", "ziglang", *command], cwd=folder, check=True, capture_output=True)
        return (folder / "it.so").read_bytes()
