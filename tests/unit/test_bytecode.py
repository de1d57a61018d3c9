"""How compiled modules are stored: the archive, its keys, and what Python makes of them."""

from __future__ import annotations

import io
import marshal
import os
import py_compile
import subprocess
import sys
import textwrap
import zipfile
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.module_site import NOON, SHA, packed
from wasminstall.bytecode.container import Packing, begins_with, open_archive, pyc, read_index
from wasminstall.bytecode.names import bytecode_key, bytecode_paths, is_wanted
from wasminstall.wheels.mountable import columns_of

names = st.text("abcäö_/", min_size=1, max_size=20).filter(lambda name: all(name.split("/"))).map("{}.py".format)
modules = st.dictionaries(names, st.tuples(st.integers(315_532_800 // 2, 2**31).map(lambda t: 2 * t), st.binary()))


@given(modules, modules)
def test_an_archive_has_what_was_put_into_it(fresh: dict[str, Any], older: dict[str, Any]) -> None:
    """As our reader and as zipfile see it; what is new counts, times that no zip can tell are left out."""
    before = open_archive(packed(older)[0])
    assert before is not None
    packing = Packing()
    for name, (mtime, content) in fresh.items():
        packing.add(name, mtime, content)
    for member in before.members.values():
        packing.take_over(before, member)
    made, meta = packing.finish()
    body = bytes(made)
    expected = {name: value for name, value in ({**older, **fresh}).items() if value[0] < 4_354_819_200}
    archive = open_archive(body)
    assert archive is not None
    found = {name: (about.mtime // 1000, archive.read(name)) for name, about in archive.members.items()}
    assert found.pop(".index")
    assert found == expected
    index = read_index(body, meta)
    assert (index is None) == (not expected)
    if index is not None:
        assert index == columns_of([archive.members[name] for name in found])
    assert all(begins_with(archive, name, content[:3]) for name, (_, content) in expected.items())
    with zipfile.ZipFile(io.BytesIO(body)) as other:
        assert {name: other.read(name) for name in other.namelist() if name != ".index"} == {
            n: c for n, (_, c) in expected.items()
        }


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 255))
def test_damage_is_no_archive_or_an_ignored_member(noise: bytes, at: int, value: int) -> None:
    assert open_archive(noise) is None or not open_archive(noise).members  # type: ignore[union-attr]
    damaged = bytearray(packed({"a.py": (NOON, b"content"), "b/c.py": (NOON, b"more")})[0])
    damaged[at % len(damaged)] ^= value
    archive = open_archive(bytes(damaged))
    packing = Packing()
    for member in archive.members.values() if archive else ():
        packing.take_over(archive, member)  # type: ignore[arg-type]
        begins_with(archive, member.name, b"c")  # type: ignore[arg-type]
    packing.finish()
    read_index(bytes(damaged), {"index": at, "index_size": value})
    assert read_index(bytes(damaged), {}) is None


def test_a_pyc_is_the_one_python_writes(tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text("def f(x):\n    return x + 1\n")
    os.utime(source, (NOON, NOON))
    written = Path(str(py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)))
    code = marshal.loads(written.read_bytes()[16:])
    assert pyc(code, NOON, source.stat().st_size)[:16] == written.read_bytes()[:16]
    assert marshal.loads(pyc(code, NOON, 1)[16:]) == code


@pytest.mark.parametrize("name", ["six.py", "a/b.py", "a/__init__.py", "a/x.y.py", "a.b/c.py"])
def test_where_bytecode_lies(name: str) -> None:
    assert bytecode_paths(name) == os.path.relpath(cache_from_source(f"/site/{name}"), "/site")


def test_keys_tell_pythons_apart() -> None:
    tag = sys.implementation.cache_tag
    assert bytecode_key(SHA) == f"{SHA}-{tag}-{MAGIC_NUMBER.hex()}"
    code = "from wasminstall.bytecode.names import *; print(bytecode_key('ab'), bytecode_paths('x.py'))"
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        f"ab-{tag}.opt-2-{MAGIC_NUMBER.hex()}",
        f"__pycache__/x.{tag}.opt-2.pyc",
    ]


def test_what_the_user_has_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    assert is_wanted()
    monkeypatch.setattr(sys, "pycache_prefix", "/elsewhere")
    assert not is_wanted()
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert not is_wanted()


def test_imports_in_a_fresh_interpreter(tmp_path: Path) -> None:
    """The import system reads what was packed: no compile of any kind."""
    (tmp_path / "module.py").write_text("value = 41 + 1\n")
    os.utime(tmp_path / "module.py", (NOON, NOON))
    code = compile("value = 41 + 1\n", "elsewhere.py", "exec")
    target = Path(cache_from_source(str(tmp_path / "module.py")))
    target.parent.mkdir()
    target.write_bytes(pyc(code, NOON, 15))
    script = """
    import builtins, sys
    real = builtins.compile
    def forbidden(source, path, *more, **options):
        assert "module" not in str(path)
        return real(source, path, *more, **options)
    builtins.compile = forbidden
    import module
    print(module.value, module.__cached__, module.__spec__.origin)
    """
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.split() == ["42", str(target), str(tmp_path / "module.py")]
