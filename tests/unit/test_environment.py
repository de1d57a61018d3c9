"""Placing, listing and removing, on real folders ("recording installed distributions", PEP 376, PEP 610, PEP 627)."""

from __future__ import annotations

import asyncio
import ensurepip
import importlib.metadata
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.trees import tree
from support.wheel_factory import Member, make_wheel, make_zip
from wasminstall.environment import Arrival, Environment
from wasminstall.errors import EnvironmentStateError, InvalidWheel, NotInstalled, PlacementFailed
from wasminstall.hosts.folder import FolderHost
from wasminstall.installed import Installed
from wasminstall.wheels.archive import LibraryArchive
from wasminstall.wheels.record import entry_for, parse_record
from wasminstall.wheels.wheel import WheelArchive


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Where modules go in the tests that need no more: does not exist yet."""
    return tmp_path / "site"


@pytest.fixture
def environment(site: Path) -> Environment:
    return Environment(FolderHost(site))


def arrival(name: str, version: str = "1.0", **options: Any) -> Arrival:
    return Arrival(WheelArchive(*make_wheel(name, version, **options)), source="test")


async def test_what_is_recorded(environment: Environment, site: Path) -> None:
    wheel = WheelArchive(*make_wheel("Foo.Bar", "1.0", files={"foo/__init__.py": "", "foo/a,b.txt": "x"}))
    url = {"url": "https://h/Foo_Bar-1.0-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "aa"}}}
    placed = await environment.apply(place=[Arrival(wheel, requested=True, direct_url=url, source="a URL")])
    info = site / "Foo_Bar-1.0.dist-info"
    assert (info / "INSTALLER").read_text() == "wasminstall\n"
    assert (info / "REQUESTED").read_text() == ""
    assert (info / "direct_url.json").read_text() == (
        '{"archive_info":{"hashes":{"sha256":"aa"}},"url":"https://h/Foo_Bar-1.0-py3-none-any.whl"}'
    )
    rows = {row.path: row for row in parse_record((info / "RECORD").read_text())}
    assert set(rows) == {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    own = rows.pop("Foo_Bar-1.0.dist-info/RECORD")
    assert (own.algorithm, own.size) == ("", None)
    assert all(row == entry_for(path, (site / path).read_bytes()) for path, row in rows.items())
    [only] = placed
    assert (only.name, only.version, only.source, only.is_library) == ("foo-bar", "1.0", "a URL", False)
    assert only.libraries == ()


async def test_who_waits_hears_what_is_staged(environment: Environment) -> None:
    heard: list[tuple[str, int]] = []
    await environment.apply(
        place=[arrival("foo"), arrival("bar")], staged=lambda name, number: heard.append((name, number))
    )
    assert heard == [("foo", 1), ("bar", 2)]


async def test_what_is_not_recorded(environment: Environment, site: Path) -> None:
    """INSTALLER and its like are the installer's to write, whatever the wheel brings (PEP 376, PEP 610)."""
    forged = [Member(f"foo-1.0.dist-info/{name}", b"{}") for name in ("INSTALLER", "REQUESTED", "direct_url.json")]
    await environment.apply(place=[arrival("foo", members=forged)])
    found = environment.installed()["foo"]
    assert (found.installer, found.requested, found.direct_url) == ("wasminstall", False, None)


async def test_installed(environment: Environment, site: Path) -> None:
    assert environment.installed() == {}
    await environment.apply(place=[arrival("Foo.Bar", "1.0.0", requires=["a>1"]), arrival("baz")])
    (site / "old.egg-info").mkdir()
    (site / "rest-1.dist-info").mkdir()
    found = environment.installed()
    assert [(item.name, item.version) for item in found.values()] == [("foo-bar", "1.0.0"), ("baz", "1.0")]
    foo = found["foo-bar"]
    assert foo == Installed("foo-bar", "1.0.0", site / "Foo_Bar-1.0.0.dist-info")
    assert foo.metadata.requires_dist == ("a>1",)
    assert str(site / "foo_bar/__init__.py") in foo.files
    assert foo.record is not None


def test_installed_by_others(environment: Environment, site: Path) -> None:
    """Folders as other tools and other times left them."""
    for folder, name, version in [
        ("a-b-1.0", "A.b", "1.0"),
        ("c-1!2.0+local.1", "c", "1!2.0+local.1"),
        ("d", "d", "3"),
    ]:
        info = site / f"{folder}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    found = environment.installed()
    assert {item.name: item.version for item in found.values()} == {"a-b": "1.0", "c": "1!2.0+local.1", "d": "3"}
    c = found["c"]
    assert (c.installer, c.requested, c.direct_url, c.record, c.files) == ("", False, None, None, ())
    (c.dist_info / "direct_url.json").write_text("[not json")
    (c.dist_info / "RECORD").write_text("a,b,c,d")
    (c.dist_info / "METADATA").write_text("")
    c = environment.installed()["c"]
    assert (c.direct_url, c.record) == (None, None)
    with pytest.raises(EnvironmentStateError, match="no Name and Version"):
        _ = c.metadata


async def test_every_scheme(tmp_path: Path) -> None:
    prefix, site = tmp_path / "usr", tmp_path / "usr/lib/python3.14/site-packages"
    environment = Environment(FolderHost(site, prefix))
    data = {
        "scripts/run": "#!python\nprint(1)\n",
        "scripts/raw": "#!/bin/sh\n",
        "data/share/x.json": "{}",
        "headers/x.h": "int x;",
        "purelib/pure.py": "",
        "platlib/plat.py": "",
    }
    files = {"pkg/__init__.py": "", "pkg/tool": "#!/bin/sh\n", "pkg.libs/libx.so": b"\0asm"}
    await environment.apply(
        place=[arrival("pkg", tag="cp314-cp314-x", data=data, files=files, executable=["pkg/tool"])]
    )
    assert (prefix / "bin/run").read_text() == "#!/usr/bin/env python\nprint(1)\n"
    placed = ["bin/raw", "bin/run", "include/pkg/x.h", "share/x.json"]
    inside = ["pkg.libs/libx.so", "pkg/__init__.py", "pkg/tool", "plat.py", "pure.py"]
    rows = {row.path: row for row in environment.installed()["pkg"].record or ()}
    for path in placed:
        assert rows[f"../../../{path}"]._replace(path=path) == entry_for(path, (prefix / path).read_bytes())
    for path in inside:
        assert rows[path] == entry_for(path, (site / path).read_bytes())
    executable = {path.name for path in prefix.rglob("*") if path.is_file() and path.stat().st_mode & 0o111}
    assert executable == {"run", "raw", "tool"}
    await environment.apply(remove=["pkg"])
    assert [path for path in prefix.rglob("*") if path.is_file()] == []
    assert list(site.iterdir()) == []


async def test_a_shared_library(tmp_path: Path) -> None:
    environment = Environment(FolderHost(tmp_path / "site", tmp_path))
    library = LibraryArchive("libx-1.zip", make_zip([Member("libx.so", b"\0asm")]), name="libx", version="1")
    for _ in range(2):  # placed again it is the same
        [placed] = await environment.apply(place=[Arrival(library)])
        assert (placed.is_library, placed.libraries) == (True, (str(tmp_path / "lib/libx.so"),))
    assert (tmp_path / "lib/libx.so").read_bytes() == b"\0asm"
    assert environment.installed() == {}


@pytest.mark.parametrize("which", ["wheel of ensurepip", "wheel of the factory"])
async def test_same_tree_as_pip_target(tmp_path: Path, which: str) -> None:
    if which == "wheel of ensurepip":
        path = next(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"), None)
        if path is None:
            pytest.skip("this Python has no bundled wheel")
    else:
        data = {"scripts/run": "#!/bin/sh\n", "data/share/x": "1", "purelib/more.py": "", "headers/x.h": ""}
        # Scripts that are not executable in the wheel: pip leaves them so, we do not.
        scripts = ["a_b-1.0.data/scripts/run"]
        files = {"a_b/c/d.py": "", "top.py": "x"}
        filename, content = make_wheel("a-b", "1.0", data=data, files=files, executable=scripts)
        path = tmp_path / filename
        path.write_bytes(content)
    await Environment(FolderHost(tmp_path / "ours")).apply(
        place=[Arrival(WheelArchive(path.name, path.read_bytes()), requested=True)]
    )
    command = [sys.executable, "-I", "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile", "-q"]
    subprocess.run([*command, "--disable-pip-version-check", "--target", tmp_path / "pip", path], check=True)
    ours, theirs = tree(tmp_path / "ours"), tree(tmp_path / "pip")
    own = {name for name in ours if name.endswith((".dist-info/INSTALLER", ".dist-info/RECORD"))}
    # pip writes launchers for entry points, and direct_url.json for what was named by path.
    extra = {name for name in theirs if name.startswith("bin") or name.endswith("direct_url.json")} - set(ours)
    # Where pip --target moves headers to depends on the Python that runs it; ours is what the scheme says.
    headers = {name for name in {*ours, *theirs} if name.startswith("include")}
    assert {name: ours[name] for name in ours if name not in own | headers} == {
        name: theirs[name] for name in theirs if name not in own | extra | headers
    }


async def test_importlib_metadata_reads_it(environment: Environment, site: Path) -> None:
    await environment.apply(
        place=[arrival("foo", entry_points="[console_scripts]\nrun = foo:main\n", extras={"x": ["b"]})]
    )
    [found] = importlib.metadata.distributions(path=[str(site)])
    assert (found.name, found.version, found.requires) == ("foo", "1.0", ['b ; extra == "x"'])
    assert [(point.name, point.value) for point in found.entry_points] == [("run", "foo:main")]
    assert all(Path(str(file.locate())).is_file() for file in found.files or ())


async def test_it_is_importable(environment: Environment, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(site))
    with pytest.raises(ImportError):
        __import__("wasm_test_module")
    await environment.apply(place=[arrival("wasm-test-module")])
    assert __import__("wasm_test_module").__version__ == "1.0"
    del sys.modules["wasm_test_module"]


async def test_replacing(environment: Environment, site: Path) -> None:
    old = {"foo/__init__.py": "1", "foo/gone.py": "", "foo/deep/er/gone.py": "", "foo/same.py": ""}
    await environment.apply(place=[arrival("foo", "1.0", files=old)])
    (site / "foo/__pycache__").mkdir()
    (site / "foo/__pycache__/gone.cpython-314.opt-1.pyc").write_bytes(b"")
    (site / "foo/mine.txt").write_text("not in RECORD")
    await environment.apply(place=[arrival("foo", "2.0", files={"foo/__init__.py": "2", "foo/same.py": ""})])
    assert [item.version for item in environment.installed().values()] == ["2.0"]
    assert sorted(path.name for path in (site / "foo").iterdir()) == ["__init__.py", "mine.txt", "same.py"]
    assert (site / "foo/__init__.py").read_text() == "2"
    assert not list(site.glob("foo-1*"))


async def test_install_then_remove_leaves_nothing(environment: Environment, site: Path) -> None:
    site.mkdir()
    (site / "mine.py").write_text("mine")
    before = tree(site)
    await environment.apply(place=[arrival("foo", data={"scripts/run": "", "data/share/a/b": "", "headers/h": ""})])
    (site / "foo/__pycache__").mkdir()
    (site / "foo/__pycache__/__init__.cpython-314.pyc").write_bytes(b"")
    (site / "foo-1.0.dist-info/PYODIDE_SOURCE").write_text("not in RECORD")
    await environment.apply(remove=["foo"])
    assert tree(site) == before


async def test_removing_is_tolerant_of_missing_files(environment: Environment, site: Path) -> None:
    await environment.apply(place=[arrival("foo", files={"foo/a.py": "", "foo/b.py": ""})])
    (site / "foo/a.py").unlink()
    await environment.apply(remove=["foo"])
    assert list(site.iterdir()) == []


async def test_removing_stays_inside(environment: Environment, site: Path, tmp_path: Path) -> None:
    """Whatever RECORD says: nothing outside of the host's folders, no folders, nothing behind a link."""
    await environment.apply(place=[arrival("foo"), arrival("bar")])
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("")
    (site / "link").symlink_to(outside)
    record = site / "foo-1.0.dist-info/RECORD"
    rows = [
        f"{outside}/precious",
        "../outside/precious",
        "bar/../../outside/precious",
        "link/precious",
        "bar",
        ".",
        "/",
    ]
    record.write_text(record.read_text() + "".join(f"{row},,\n" for row in rows))
    await environment.apply(remove=["foo"])
    assert (outside / "precious").exists()
    assert sorted(path.name for path in site.iterdir()) == ["bar", "bar-1.0.dist-info", "link"]
    assert (site / "bar/__init__.py").exists()


async def test_removing_what_is_not_there(environment: Environment) -> None:
    with pytest.raises(NotInstalled, match="foo is not installed"):
        await environment.apply(remove=["foo"])


async def test_removing_without_record(environment: Environment, site: Path) -> None:
    await environment.apply(place=[arrival("foo")])
    (site / "foo-1.0.dist-info/RECORD").unlink()
    before = tree(site)
    for change in ({"remove": ["foo"]}, {"place": [arrival("foo", "2.0")]}):
        with pytest.raises(EnvironmentStateError, match="no RECORD") as caught:
            await environment.apply(**change)
        assert "wasminstall" in caught.value.hint
        assert tree(site) == before


STUB = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("what", "path", "one", "other", "accepted"),
    [
        ("the same content", "ns/shared.py", "same", "same", True),
        ("a namespace package, declared in two ways", "ns/__init__.py", STUB, "# nothing\n", True),
        ("a folder of tests that both ship by mistake", "tests/test_it.py", "1", "2", True),
        ("a licence at the top", "LICENSE", "1", "2", True),
        ("a module", "ns/mod.py", "1", "2", False),
        ("a package that one of them defines", "ns/__init__.py", STUB, "x = 1\n", False),
        ("path configuration", "it.pth", "1", "2", False),
    ],
)
async def test_two_owners(
    environment: Environment, site: Path, what: str, path: str, one: str, other: str, accepted: bool, together: bool
) -> None:
    arrivals = [
        arrival("one", files={path: one, "ns/one.py": ""}),
        arrival("other", files={path: other, "ns/other.py": ""}),
    ]

    async def place() -> None:
        for group in [arrivals] if together else [[item] for item in arrivals]:
            await environment.apply(place=group)

    if not accepted:
        with pytest.raises(PlacementFailed) as caught:
            await place()
        assert all(word in str(caught.value) for word in ("one", "other", str(site / path), "install only one"))
        return
    await place()
    assert (site / path).read_text() == other
    # A shared file stays as long as one of its owners does.
    await environment.apply(remove=["other"])
    assert (site / path).exists()
    assert not (site / "ns/other.py").exists()
    await environment.apply(remove=["one"])
    assert list(site.iterdir()) == []


async def test_a_file_that_belongs_to_nobody_is_replaced(environment: Environment, site: Path) -> None:
    (site / "foo").mkdir(parents=True)
    (site / "foo/__init__.py").write_text("left over")
    await environment.apply(place=[arrival("foo")])
    assert (site / "foo/__init__.py").read_text() == "__version__ = '1.0'\n"


async def test_schemes_that_share_a_folder(environment: Environment) -> None:
    """With ``--target`` semantics data and modules go to one folder: a wheel that uses one path for both is wrong."""
    with pytest.raises(InvalidWheel, match="two of its members"):
        await environment.apply(place=[arrival("foo", files={"a.py": ""}, data={"data/a.py": ""})])


async def test_placed_twice(environment: Environment) -> None:
    with pytest.raises(PlacementFailed, match="foo would be placed more than once"):
        await environment.apply(place=[arrival("foo"), arrival("foo", "2.0")])


async def test_other_tasks_get_a_turn(environment: Environment) -> None:
    """A page draws on this thread: no more than some 10 ms at a stretch while files are staged."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await environment.apply(place=[arrival("foo", files={f"foo/m{number}.py": "x" for number in range(1500)})])
    counting.cancel()
    assert turns > 2


async def test_two_changes_at_once_wait_for_each_other(environment: Environment) -> None:
    versions = [arrival("foo", f"{number}.0") for number in range(5)]
    await asyncio.gather(*(environment.apply(place=[each]) for each in versions))
    assert [item.version for item in environment.installed().values()] == ["4.0"]


async def test_a_cancellation_is_heard_before_anything_changes(environment: Environment) -> None:
    """Asked for by the last word that all is staged, it does not arrive when all is in place."""
    ready = asyncio.Event()
    ready.set()
    change: asyncio.Future[object] = asyncio.ensure_future(
        environment.apply(place=[arrival("foo")], staged=lambda _name, _number: change.cancel(), ready=ready)
    )
    with pytest.raises(asyncio.CancelledError):
        await change
    assert environment.installed() == {}


async def test_what_is_to_come_is_awaited(environment: Environment, site: Path) -> None:
    """Files are prepared as they come; when the last one does not come, nothing was changed."""
    first: asyncio.Future[Arrival] = asyncio.Future()
    second: asyncio.Future[Arrival] = asyncio.Future()
    heard: list[str] = []
    change = asyncio.ensure_future(
        environment.apply(place=[first, second], staged=lambda name, _number: heard.append(name))
    )
    first.set_result(arrival("foo"))
    await asyncio.sleep(0.1)
    assert (heard, environment.installed()) == (["foo"], {})
    second.set_exception(RuntimeError("it does not come"))
    with pytest.raises(RuntimeError, match="does not come"):
        await change
    assert not site.exists()
