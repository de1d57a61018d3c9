"""What is compiled while an install waits, and which imports take it."""

from __future__ import annotations

import asyncio
import inspect
import traceback
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from support.module_site import NOON, SHA, Site, module_site
from support.mounting_host import MountingHost
from support.wheel_factory import make_wheel
from wasminstall.bytecode import keeping
from wasminstall.bytecode.ahead import Ahead
from wasminstall.bytecode.collecting import tell_of_compiled
from wasminstall.bytecode.giving import KeptBytecode
from wasminstall.cache import Cache
from wasminstall.cache.folder import FolderStore
from wasminstall.wheels.wheel import WheelArchive

FILES = {
    "wi_a/__init__.py": "import os\nfrom .sub import run\nimport wi_b.deep\n\ndef later():\n    from . import unused\n",
    "wi_a/sub/__init__.py": "from wi_a import sibling\nfrom .inner import run\n",
    "wi_a/sub/inner.py": "def run(values):\n    return values[42]\n",
    "wi_a/sibling.py": "",
    "wi_a/unused.py": "",
    "wi_a/tests/test_a.py": "import wi_a.unused\n",
}
OTHER = {"wi_b/__init__.py": "", "wi_b/deep.py": "", "wi_b/unused.py": "", "wi_top.py": "x = 1\n"}


def wheel(files: Mapping[str, str], name: str = "wi-a") -> WheelArchive:
    return WheelArchive(*make_wheel(name, "1.0", files=files))


async def compiled(*wheels: WheelArchive, missing: Any = (1,), site: str = "/site") -> Ahead:
    ahead = Ahead()
    for each in wheels:
        ahead.add(each, site)
    await ahead.work(lambda: bool(missing))
    return ahead


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with module_site(tmp_path, monkeypatch) as found:
        yield found


async def test_what_imports_lead_to_in_the_order_of_its_distance() -> None:
    found = await compiled(wheel(FILES), wheel(OTHER, "wi-b"))
    names = ["wi_a/__init__", "wi_b/__init__", "wi_top", "wi_a/sub/__init__", "wi_b/deep", "wi_a/sibling"]
    assert [*found.compiled] == [f"/site/{name}.py" for name in (*names, "wi_a/sub/inner")]


async def test_it_ends_when_nothing_is_missing_any_more() -> None:
    modules = {f"wi_a/m{number}.py": f"from . import m{number + 1}\n" for number in range(20)}
    several = wheel({"wi_a/__init__.py": "from . import m0\n", **modules})
    assert (await compiled(several, missing=())).compiled == {}
    ahead, missing = Ahead(), {"other"}
    ahead.add(several, "/site")

    class Ending(dict[str, tuple[bytes, CodeType]]):
        def __setitem__(self, path: str, value: tuple[bytes, CodeType]) -> None:
            super().__setitem__(path, value)
            if len(self) == 3:
                missing.clear()

    ahead.compiled = Ending()
    await asyncio.gather(ahead.work(lambda: bool(missing)), ahead.work(lambda: bool(missing)))
    assert len(ahead.compiled) == 3


async def test_what_is_large_broken_or_warns_is_left_to_the_import() -> None:
    files = {
        "wi_broken.py": "def f(:\n",
        "wi_warns.py": "x = 1 is 1\n",
        "wi_large.py": "x = 1\n" * 20_000,
        "wi_nul.py": "\0",
        "wi_good.py": "x = 1\n",
    }
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        found = await compiled(wheel(files))
    assert [*found.compiled] == ["/site/wi_good.py"]
    assert shown == []
    assert list(warnings.filters) == before


async def test_a_damaged_member_is_left_to_the_import() -> None:
    filename, data = make_wheel("wi-a", "1.0", files={"wi_top.py": "value = 'something to damage'\n" * 9})
    intact = WheelArchive(filename, data)
    member = intact.members["wi_top.py"]
    damaged = bytearray(data)
    for at in range(member.offset + 45, member.offset + 60):
        damaged[at] ^= 0xFF
    intact.body = bytes(damaged)
    assert (await compiled(intact)).compiled == {}


def test_an_import_takes_what_is_of_its_bytes_once(site: Site) -> None:
    path = site.write("wi_taken.py", "def f():\n    raise ValueError(41)\n")
    source = Path(path).read_bytes()
    code = compile(source, path, "exec", dont_inherit=True)
    told: list[CodeType] = []
    keeper = keeping.Keeper(lambda: Cache(None))
    end = tell_of_compiled(lambda _path, _size, found: told.append(found), keeper._take)
    try:
        for known in (source + b"#", source):
            keeper.hand_over({path: (known, code)}, {})
            module = site.load("wi_taken")
            site.load("wi_taken")
        assert [each is code for each in told] == [False, False, True, False]
        assert told[0] == code
        assert inspect.getsource(module.f) == "def f():\n    raise ValueError(41)\n"
        try:
            module.f()
        except ValueError as error:
            assert traceback.extract_tb(error.__traceback__)[-1].filename == path
        loader: Any = module.__loader__
        keeper.hand_over({path: (source, code)}, {})
        assert loader.source_to_code(source, path, _optimize=2) is not code
        assert loader.source_to_code(memoryview(source), path) is not code
        assert loader.source_to_code(source, Path(path)) is not code
        assert loader.source_to_code(source, path) is code
    finally:
        end()


@pytest.mark.parametrize("kind", ["", "not wanted", "no cache"])
async def test_an_install_hands_it_over(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What imports took is kept like everything else; where there is bytecode, or none is wanted, there is nothing."""
    monkeypatch.setenv("WASMINSTALL_CACHE", str(tmp_path / "cache"))
    if kind == "not wanted":
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    cache = Cache(None if kind == "no cache" else FolderStore(tmp_path / "cache"))
    archive = wheel(FILES, "wi-w")
    for name, member in archive.members.items():
        site.write(name, archive.read(name).decode(), member.mtime // 1000)
    site.own(SHA)
    seen: list[bool] = []

    async def install() -> None:
        bytecode = KeptBytecode(cache, MountingHost(site.folder), [SHA])
        await bytecode.match(SHA, archive)
        await bytecode.compile_ahead({"another"})
        bytecode.give_back()
        seen.append(bool(keeping._keeper._ahead))

    try:
        await install()
        assert seen == [not kind]
        if not kind:
            site.write("wi_b/__init__.py", "", NOON)
            site.write("wi_b/deep.py", "", NOON)
            taken = {path: code for path, (_, code) in keeping._keeper._ahead.items()}
            run = site.load("wi_a").run
            assert run.__code__ in taken[str(site.folder / "wi_a/sub/inner.py")].co_consts
            await keeping.settle()
            assert keeping._keeper._ahead == {}
            await install()
            assert seen == [True, False]
    finally:
        keeping._keeper.stop()
