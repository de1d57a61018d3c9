"""What is given back of kept bytecode, and what is not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from support.module_site import NOON, SHA, Site, module_site, packed
from support.wheel_factory import make_wheel
from wasminstall.bytecode.container import pyc
from wasminstall.bytecode.giving import KeptBytecode
from wasminstall.bytecode.keeping import KIND
from wasminstall.bytecode.names import bytecode_key, bytecode_paths
from wasminstall.cache import Cache, Meta
from wasminstall.cache.folder import FolderStore
from wasminstall.hosts.folder import FolderHost
from wasminstall.hosts.port import Mounter
from wasminstall.transport.port import Body
from wasminstall.wheels.archive import Archive
from wasminstall.wheels.directory import Member
from wasminstall.wheels.mountable import Columns
from wasminstall.wheels.wheel import WheelArchive


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with module_site(tmp_path, monkeypatch) as found:
        yield found


class WritingMounter:
    """A mounter for desktops: it writes."""

    def can_mount(self, path: str) -> bool:
        return True

    def mount(self, filename: str, body: Body, files: Sequence[tuple[str, Member]]) -> None:
        raise NotImplementedError

    def mount_columns(self, filename: str, body: Body, columns: Columns, paths: str) -> None:
        archive = Archive(filename, body)
        for path, name in zip(paths.split("\0"), columns.names.split("\0"), strict=True):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(archive.read(name))


class MountingHost(FolderHost):
    mounter: Mounter | None = WritingMounter()  # type: ignore[assignment]


@pytest.fixture
def wheel() -> WheelArchive:
    files = {"wi_w/__init__.py": "from .b import b\n", "wi_w/b.py": "b = 2\n", "wi_top.py": "", "wi_w/data.txt": "x"}
    return WheelArchive(*make_wheel("wi-w", "1.0", files=files))


async def given_back(
    site: Site, cache: Cache, wheel: WheelArchive, kept: tuple[bytes, Meta] | None = None
) -> list[str]:
    """What is mounted of what is kept."""
    if kept is not None:
        await cache.put(KIND, bytecode_key(SHA), *kept)
    host = MountingHost(site.folder)
    bytecode = KeptBytecode(cache, host, [SHA, ""])
    await bytecode.match(SHA, wheel)
    await bytecode.match("", wheel)
    bytecode.give_back()
    return sorted(str(path.relative_to(site.folder)) for path in site.folder.rglob("*.pyc"))


def kept_of(wheel: WheelArchive, *, later: int = 0) -> tuple[bytes, Meta]:
    contents = {}
    for name, member in wheel.members.items():
        if name.endswith(".py"):
            code = compile(wheel.read(name), name, "exec")
            contents[name] = (member.mtime // 1000 + later, pyc(code, member.mtime // 1000 + later, member.size))
    return packed(contents)


@pytest.fixture
def world(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cache]:
    """The cache that the interpreter's keeper would use."""
    from wasminstall.bytecode import keeping

    monkeypatch.setenv("WASMINSTALL_CACHE", str(tmp_path / "cache"))
    yield Cache(FolderStore(tmp_path / "cache"))
    keeping._keeper.stop()


async def test_given_back(site: Site, world: Cache, wheel: WheelArchive) -> None:
    paths = [bytecode_paths(name) for name in ("wi_top.py", "wi_w/__init__.py", "wi_w/b.py")]
    assert await given_back(site, world, wheel, kept_of(wheel)) == sorted(paths)


@pytest.mark.parametrize("kind", ["nothing", "noise", "other time", "names", "itself", "no cache", "not wanted"])
async def test_what_is_not_given_back(
    site: Site, world: Cache, wheel: WheelArchive, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body: tuple[bytes, Meta] | None = kept_of(wheel)
    cache = world
    if kind == "nothing":
        body = None
    elif kind == "noise":
        body = b"PK" + bytes(100), {"index": 20, "index_size": 30}
    elif kind == "other time":
        body = kept_of(wheel, later=2)
    elif kind == "names":
        body = packed(dict.fromkeys(("wi_w/c.py", "wi_w/data.txt", "wi_w/__pycache__/b.py", "os.py"), (NOON, b"")))
    elif kind == "itself":
        body = packed({"../wi_top.py": (NOON, b""), "/wi_top.py": (NOON, b"")})
    elif kind == "no cache":
        cache = Cache(None)
    elif kind == "not wanted":
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert await given_back(site, cache, wheel, body) == []


async def test_a_page_cycle(site: Site, world: Cache, wheel: WheelArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept by one visit, given back to the next, where nothing is compiled."""
    from wasminstall.cache import flush

    def place() -> None:
        for name, member in wheel.members.items():
            site.write(name, wheel.read(name).decode(), member.mtime // 1000)
        site.own(SHA)

    place()
    assert await given_back(site, world, wheel) == []
    assert site.load("wi_w").b == 2
    await flush()
    found = await given_back(site, Cache(FolderStore(Path(os.environ["WASMINSTALL_CACHE"]))), wheel)
    assert found == sorted(bytecode_paths(name) for name in ("wi_w/__init__.py", "wi_w/b.py"))
    monkeypatch.setattr(SourceFileLoader, "source_to_code", None)
    assert site.load("wi_w").b == 2
