"""Bytecode that comes with a release, as js/build/compiled.py makes it: for its sources, its path, its Python."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.module_site import Site, module_site
from wasminstall.bytecode import keeping, released
from wasminstall.bytecode.collecting import tell_of_compiled
from wasminstall.bytecode.released import Modules, Released, code_of
from wasminstall.cache import Cache

BUILD = Path(__file__).parents[2] / "js" / "build" / "compiled.py"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with module_site(tmp_path, monkeypatch) as found:
        yield found


def made(site: Site) -> bytes:
    """What the build makes of the modules of this folder that are imported."""
    spec = importlib.util.spec_from_file_location("_compiled", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SITE = f"{site.folder}/"
    maker = module.Modules()
    data: bytes = maker.compile_new()
    assert _read(site, maker.compile_new()) == {}, "what was told is not told again"
    return data


def _read(site: Site, data: bytes) -> Modules:
    found = Released(str(site.folder))
    found.add(data)
    return found.modules


def test_an_import_takes_what_is_of_its_source(site: Site) -> None:
    paths = [site.write(f"wi_released_{number}.py", f"value = {number}\n") for number in range(3)]
    for number in range(3):
        site.load(f"wi_released_{number}")
    modules = _read(site, made(site))
    assert sorted(modules) == sorted(paths)

    site.write("wi_released_1.py", "value = 7\n")
    told: list[CodeType] = []
    keeper = keeping.Keeper(lambda: Cache(None))
    keeper.hand_over({}, modules)
    taken: list[bool] = []

    def take(source: object, path: object) -> CodeType | None:
        code = keeper._take(source, path)
        taken.append(code is not None)
        return code

    end = tell_of_compiled(lambda _path, _size, code: told.append(code), take)
    try:
        assert [site.load(f"wi_released_{number}").value for number in (0, 1, 2, 0)] == [0, 7, 2, 0]
    finally:
        end()
    assert taken == [True, False, True, False]
    assert [code.co_filename for code in told] == [*paths, paths[0]]


def test_it_is_for_one_path(site: Site, tmp_path: Path) -> None:
    """Tracebacks and warnings name the file."""
    path = site.write("wi_elsewhere.py", "value = 1\n")
    site.load("wi_elsewhere")
    module = _read(site, made(site))[path]
    source = Path(path).read_bytes()
    assert code_of(module, path, source) is not None
    assert code_of(module, str(tmp_path / "other" / "wi_elsewhere.py"), source) is None
    assert code_of(module, path, source + b"#") is None


def test_it_is_for_one_python(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("wi_python.py", "")
    site.load("wi_python")
    data = made(site)
    monkeypatch.setattr(released, "MAGIC_NUMBER", b"\x00\x00\r\n")
    assert _read(site, data) == {}


@given(st.binary(max_size=200))
def test_anything_else_is_nothing(data: bytes) -> None:
    found = Released("/site")
    found.add(data)
    found.add(len(data).to_bytes(4, "little") + data)
    assert found.modules == {}


async def test_there_is_none_outside_of_a_page() -> None:
    assert sys.platform != "emscripten"
    found = Released("/site")
    found.ask(["numpy-2.4.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl"])
    assert not found.is_coming
    found.stop()
