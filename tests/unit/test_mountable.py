"""A wheel is placed without a look at its members just as it is when every one of them is read."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.mounting_host import MountingHost
from support.trees import tree
from support.wheel_factory import Member, make_wheel, make_zip
from wasminstall._vendor.packaging.version import Version
from wasminstall.cache import Cache
from wasminstall.cache.folder import FolderStore
from wasminstall.environment import Arrival, Environment
from wasminstall.errors import InvalidWheel, PlacementFailed, WheelError
from wasminstall.hosts.folder import FolderHost
from wasminstall.indexes import Candidate
from wasminstall.layouts import KeptLayouts
from wasminstall.wheels import known
from wasminstall.wheels.archive import DEFAULT_LIMITS, LibraryArchive
from wasminstall.wheels.kept_layout import pack_layout, unpack_layout
from wasminstall.wheels.known import KnownArchive
from wasminstall.wheels.mountable import Layout
from wasminstall.wheels.wheel import WheelArchive

SITE = "lib/python3.14/site-packages"
SHA256 = "ab" * 32
WRITTEN_BY_US = ("INSTALLER", "REQUESTED", "direct_url.json", "wasminstall.json", "RECORD")

Wheel = tuple[str, bytes]

parts = st.sampled_from(["a", "b.py", "tests", "__init__.py", "naïve.py", "x,y", 'q"', "LICENSE", "lib.so", "bin"])
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)
contents = st.sampled_from(["", "# stub\n", "x = 1\n", "#!python\n"])
files = st.dictionaries(paths, contents, max_size=6)
schemes = st.sampled_from(["scripts", "data", "purelib", "platlib", "headers", f"data/{SITE}", "data/bin"])
data = st.dictionaries(st.tuples(schemes, paths).map("/".join), contents, max_size=4)


@st.composite
def wheels(draw: st.DrawFn, name: str) -> Wheel:
    """A wheel, some members of which may be executable or missing from RECORD."""
    chosen, more = draw(files), draw(data)
    every = [*chosen, *(f"{name}-1.data/{path}" for path in more)]
    some = st.lists(st.sampled_from(every), unique=True, max_size=2) if every else st.just([])
    tag = draw(st.sampled_from(["py3-none-any", "cp314-cp314-x"]))
    return make_wheel(name, "1", files=chosen, data=more, tag=tag, unlisted=draw(some), executable=draw(some))


def known_again(archive: WheelArchive | LibraryArchive) -> KnownArchive:
    """The archive as on the second visit."""
    kept = pack_layout(archive.layout, SHA256, archive.filename, DEFAULT_LIMITS)
    layout = unpack_layout(kept, SHA256, archive.filename, DEFAULT_LIMITS)
    assert layout == archive.layout
    return KnownArchive(archive.filename, archive.body, layout, DEFAULT_LIMITS)


def everything(prefix: Path) -> dict[str, Any]:
    """Mode, content and time of every file; not the time of what was written just now."""
    times = {path.relative_to(prefix).as_posix(): path.stat().st_mtime for path in prefix.rglob("*") if path.is_file()}
    return {
        path: (value, None if path.rpartition("/")[2] in WRITTEN_BY_US else times.get(path))
        for path, value in tree(prefix).items()
    }


def placed(archives: Sequence[WheelArchive | KnownArchive], host_class: type[FolderHost]) -> dict[str, Any] | str:
    """The tree, or the kind of error."""
    arrivals = [Arrival(each, requested=True, provenance=b"{}", vouched_for=True) for each in archives]
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder)
        try:
            asyncio.run(Environment(host_class(prefix / SITE, prefix)).apply(place=arrivals))
        except (WheelError, PlacementFailed) as error:
            assert tree(prefix) == {}
            return type(error).__name__
        return everything(prefix)


@settings(max_examples=150, deadline=None)
@given(wheels("one"), wheels("two"))
def test_mounted_as_written(one: Wheel, two: Wheel) -> None:
    """Also when the two are in each other's way, and when their layouts come out of the cache."""
    try:
        archives = [WheelArchive(*one), WheelArchive(*two)]
    except WheelError:
        return
    written = placed(archives, FolderHost)
    assert placed(archives, MountingHost) == written
    assert placed([known_again(each) for each in archives], MountingHost) == written


def test_what_is_mounted(tmp_path: Path) -> None:
    """All but scripts, what has no hash in RECORD, and what another arrival brings too; nothing nobody vouches for."""
    more = {"scripts/run": "#!python\n", "data/share/x": "x", f"data/{SITE}/late.py": ""}
    wheel = WheelArchive(*make_wheel("foo", "1", files={"foo.py": "", "bare.py": ""}, data=more, unlisted=["bare.py"]))
    other = WheelArchive(*make_wheel("bar", "1", files={"tests/__init__.py": "", "foo.py": "", "bar.py": ""}))
    host = MountingHost(tmp_path / SITE, tmp_path)
    arrivals = [Arrival(wheel, vouched_for=True), Arrival(known_again(other), vouched_for=True)]
    asyncio.run(Environment(host).apply(place=arrivals))
    info = ["METADATA", "WHEEL"]
    assert host.mounter.mounted == [
        "foo.py", *(f"foo-1.dist-info/{name}" for name in info),
        "tests/__init__.py", "bar.py", *(f"bar-1.dist-info/{name}" for name in info),
    ]  # fmt: skip
    host = MountingHost(tmp_path / "again")
    asyncio.run(Environment(host).apply(place=[Arrival(wheel)]))
    assert host.mounter.mounted == []


def test_data_beside_the_other_folders_is_mounted(tmp_path: Path) -> None:
    wheel = WheelArchive(*make_wheel("foo", "1", files={}, data={"data/share/x": "x", "purelib/y.py": ""}))
    host = MountingHost(tmp_path / SITE, tmp_path)
    asyncio.run(Environment(host).apply(place=[Arrival(wheel, vouched_for=True)]))
    assert {"share/x", "y.py"} <= set(host.mounter.mounted)


def test_a_known_wheel_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for its scripts, whose hashes are checked all the same."""
    filename, content = make_wheel("foo", "1", data={"scripts/run": "#!python\nprint(1)\n"})
    archive = known_again(WheelArchive(filename, content))
    monkeypatch.setattr(known, "WheelArchive", None)
    asyncio.run(Environment(MountingHost(tmp_path)).apply(place=[Arrival(archive, vouched_for=True)]))
    assert (tmp_path / "bin/run").read_text() == "#!/usr/bin/env python\nprint(1)\n"
    [script] = archive.layout.read
    assert script.row is not None
    wrong = replace(archive.layout, read=(script._replace(row=script.row._replace(digest="x")),))
    again = KnownArchive(filename, content, wrong, DEFAULT_LIMITS)
    with pytest.raises(WheelError, match="is not the one in RECORD"):
        asyncio.run(Environment(MountingHost(tmp_path)).apply(place=[Arrival(again, vouched_for=True)]))


def test_two_members_on_one_path(tmp_path: Path) -> None:
    wheel = WheelArchive(*make_wheel("foo", "1", files={"foo.py": ""}, data={f"data/{SITE}/foo.py": ""}))
    for host in (FolderHost, MountingHost):
        arrivals = [Arrival(wheel, vouched_for=True)]
        with pytest.raises(InvalidWheel, match=r"two of its members land on .*/site-packages/foo\.py"):
            asyncio.run(Environment(host(tmp_path / SITE, tmp_path)).apply(place=arrivals))


def test_libraries(tmp_path: Path) -> None:
    archive = LibraryArchive("libx-1.zip", make_zip([Member("libx.so", b"\0asm")]), name="libx", version="1")
    host = MountingHost(tmp_path / "site", tmp_path)
    [item] = asyncio.run(Environment(host).apply(place=[Arrival(known_again(archive), vouched_for=True)]))
    assert (item.libraries, item.is_library, host.mounter.mounted) == ((f"{tmp_path}/lib/libx.so",), True, ["libx.so"])


def layout_of_a_wheel() -> Layout:
    more = {"scripts/run": "", "headers/x.h": ""}
    return WheelArchive(*make_wheel("foo", "1", files={"naïve.py": "", "a/b": "x"}, data=more)).layout


KEPT = pack_layout(layout_of_a_wheel(), SHA256, "foo-1-py3-none-any.whl", DEFAULT_LIMITS)


def test_sources() -> None:
    sources = layout_of_a_wheel().sources()
    assert list(sources) == ["naïve.py", "a/b", "foo-1.dist-info/METADATA", "foo-1.dist-info/WHEEL"]
    assert set(sources.values()) == {1_767_323_046_000}


@pytest.mark.parametrize(
    ("kept", "sha256", "filename", "limits"),
    [
        (KEPT, "cd" * 32, "foo-1-py3-none-any.whl", DEFAULT_LIMITS),
        (KEPT, SHA256, "foo-2-py3-none-any.whl", DEFAULT_LIMITS),
        (KEPT, SHA256, "foo-1-py3-none-any.whl", replace(DEFAULT_LIMITS, members=1)),
        (KEPT.replace(b'"form":"1', b'"form":"0'), SHA256, "foo-1-py3-none-any.whl", DEFAULT_LIMITS),
        (KEPT + b"x", SHA256, "foo-1-py3-none-any.whl", DEFAULT_LIMITS),
        (b"", SHA256, "foo-1-py3-none-any.whl", DEFAULT_LIMITS),
        (b"[]\n", SHA256, "foo-1-py3-none-any.whl", DEFAULT_LIMITS),
    ],
)
def test_a_layout_that_does_not_count(kept: bytes, sha256: str, filename: str, limits: Any) -> None:
    assert unpack_layout(kept, sha256, filename, limits) is None


@given(st.integers(0, len(KEPT) - 1))
def test_a_layout_cut_off(end: int) -> None:
    assert unpack_layout(KEPT[:end], SHA256, "foo-1-py3-none-any.whl", DEFAULT_LIMITS) is None


async def test_layouts_in_the_cache(tmp_path: Path) -> None:
    """Kept at the first visit and used at the second; what is damaged or about something else is not."""
    filename, content = make_wheel("foo", "1")
    sha256 = hashlib.sha256(content).hexdigest()
    hashes = {"sha256": sha256}
    candidate = Candidate("foo", Version("1"), filename, f"https://h/{filename}", "test", "index", hashes=hashes)
    other_name, other = make_wheel("bar", "1")
    foreign = pack_layout(WheelArchive(other_name, other).layout, sha256, filename, DEFAULT_LIMITS)
    cache, host = Cache(FolderStore(tmp_path)), MountingHost(tmp_path / "site")

    async def opened(limits: Any = DEFAULT_LIMITS, host: FolderHost = host, of: Candidate = candidate) -> type:
        archive = await KeptLayouts(cache, host, [sha256], limits).open(of, content)
        await cache.settle()
        assert archive.layout == WheelArchive(filename, content).layout
        return type(archive)

    assert await opened(host=FolderHost(tmp_path)) is WheelArchive
    assert await cache.keys("layout") == frozenset()
    assert [await opened(), await opened()] == [WheelArchive, KnownArchive]
    assert await opened(replace(DEFAULT_LIMITS, depth=9)) is WheelArchive
    assert await opened() is WheelArchive  # kept for other limits now
    assert await opened(of=replace(candidate, hashes={})) is WheelArchive
    for wrong in (b"", b"{}\n", foreign):
        await cache.put("layout", sha256, wrong)
        assert [await opened(), await opened()] == [WheelArchive, KnownArchive]
