"""All or nothing: whatever fails, and wherever, the whole tree is as it was, down to modes and created folders."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from support.trees import tree
from support.wheel_factory import make_wheel, record_row
from wasminstall.environment import Arrival, Environment
from wasminstall.errors import EnvironmentStateError, PlacementFailed, UnsafeWheel
from wasminstall.hosts.folder import FolderHost
from wasminstall.hosts.port import Placed
from wasminstall.hosts.transaction import Transaction
from wasminstall.wheels.wheel import WheelArchive

SITE = "lib/python3.14/site-packages"


class Host(FolderHost):
    """A folder whose last step does what a test wants, and which tells what it was told."""

    def __init__(self, prefix: Path, last_step: Callable[[], Any] = lambda: None) -> None:
        super().__init__(prefix / SITE, prefix)
        self.last_step = last_step
        self.told: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []

    async def settle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:
        self.told.append(("settle", tuple(removed), tuple(item.name for item in placed)))
        if asyncio.iscoroutine(answer := self.last_step()):
            await answer

    def unsettle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:
        self.told.append(("unsettle", tuple(removed), tuple(item.name for item in placed)))


def arrival(name: str, version: str, **options: Any) -> Arrival:
    return Arrival(WheelArchive(*make_wheel(name, version, **options)))


@pytest.fixture
async def prefix(tmp_path: Path) -> Path:
    """A prefix with two distributions, bytecode, a folder that is empty and a file that belongs to nobody."""
    old = {"foo/__init__.py": "1", "foo/sub/gone.py": "", "ns/foo.py": ""}
    place = [arrival("foo", "1.0", files=old, data={"scripts/run": "1", "headers/x.h": ""}), arrival("bar", "1.0")]
    await Environment(Host(tmp_path)).apply(place=place)
    site = tmp_path / SITE
    (site / "foo/__pycache__").mkdir()
    (site / "foo/__pycache__/__init__.cpython-314.pyc").write_bytes(b"pyc")
    (site / "empty").mkdir(mode=0o700)
    (site / "mine.py").write_text("mine")
    return tmp_path


NEW: dict[str, Any] = {
    "files": {"foo/__init__.py": "2", "foo/more/new.py": "", "ns/foo.py": "2", "mine.py": "theirs", "empty/x": ""},
    "data": {"scripts/run": "2", "data/share/new/x": ""},
}


async def change(host: Host, **more: Any) -> None:
    """The change of most tests here: it replaces, adds, removes, overwrites and makes folders."""
    place = [arrival("foo", "2.0", **{**NEW, **more}), arrival("baz", "1.0")]
    await Environment(host).apply(remove=["bar"], place=place)


async def test_the_change_works(prefix: Path) -> None:
    host = Host(prefix)
    await change(host)
    assert host.told == [("settle", ("bar", "foo"), ("foo", "baz"))]
    found = Environment(host).installed()
    assert {item.name: item.version for item in found.values()} == {"foo": "2.0", "baz": "1.0"}
    assert {path.name for path in (prefix / SITE).iterdir()} == {
        "baz", "baz-1.0.dist-info", "foo", "foo-2.0.dist-info", "ns", "mine.py", "empty",
    }  # fmt: skip
    assert (prefix / SITE / "mine.py").read_text() == "theirs"


def raising(error: BaseException) -> Callable[[], None]:
    def last_step() -> None:
        raise error

    return last_step


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("no"), RuntimeError),
        (PlacementFailed("a shared library cannot be loaded"), PlacementFailed),
        (OSError(28, "No space left on device", "/x"), PlacementFailed),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (asyncio.CancelledError(), asyncio.CancelledError),
    ],
)
async def test_the_host_fails(prefix: Path, error: BaseException, expected: type[BaseException]) -> None:
    before = tree(prefix)
    host = Host(prefix, raising(error))
    with pytest.raises(expected):
        await change(host)
    assert tree(prefix) == before
    names = (("bar", "foo"), ("foo", "baz"))
    assert host.told == [("settle", *names), ("unsettle", *names)]


async def test_the_old_files_are_back_when_the_host_is_told(prefix: Path) -> None:
    before = {name: value for name, value in tree(prefix).items() if not name.startswith(f"{SITE}/.")}
    seen = {}

    class Watching(Host):
        def unsettle(self, removed: Sequence[str], placed: Sequence[Placed]) -> None:
            seen.update(tree(prefix))

    with pytest.raises(RuntimeError):
        await change(Watching(prefix, raising(RuntimeError())))
    assert {name: value for name, value in seen.items() if ".wasminstall-" not in name} == before


async def test_cancelled_while_the_host_settles(prefix: Path) -> None:
    before = tree(prefix)
    reached = asyncio.Event()

    async def wait_for_ever() -> None:
        reached.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(change(Host(prefix, wait_for_ever)))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tree(prefix) == before


async def test_cancelled_while_staging(prefix: Path) -> None:
    before = tree(prefix)
    host = Host(prefix)
    many = {f"many/m{number}.py": "x" for number in range(3000)}
    task = asyncio.create_task(change(host, files=many))
    while not [*prefix.rglob("many")]:
        await asyncio.sleep(0)
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tree(prefix) == before
    assert host.told == []


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Makes the n-th call of an ``os`` function fail, as a full disk or another process would."""

    def fail(function: str, at: int) -> None:
        real = getattr(os, function)
        count = 0

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == at:
                raise OSError(28, "No space left on device", args[0])
            return real(*args, **kwargs)

        monkeypatch.setattr(os, function, wrapper)

    return fail


@pytest.mark.parametrize("function", ["rename", "mkdir", "chmod"])
async def test_any_one_operation_fails(
    tmp_path: Path, prefix: Path, monkeypatch: pytest.MonkeyPatch, calls: Callable[[str, int], None], function: str
) -> None:
    before = tree(prefix)
    failures = 0
    for at in range(1, 200):
        calls(function, at)
        try:
            await change(Host(prefix))
        except PlacementFailed as error:
            failures += 1
            assert "No space left on device" in str(error)
            assert tree(prefix) == before
        else:
            break
        finally:
            monkeypatch.undo()
    assert failures >= {"rename": 15, "mkdir": 5, "chmod": 1}[function]


@pytest.mark.parametrize(
    ("what", "prepare", "reason"),
    [
        (
            "a folder in the way of a file",
            lambda site: (site / "foo/more/new.py").mkdir(parents=True),
            "a folder is in the way",
        ),
        ("a file in the way of a folder", lambda site: (site / "baz").write_text(""), "a file is in the way"),
        ("a file where scripts go", lambda site: _replace_bin(site.parents[2]), "bin"),
    ],
)
async def test_something_is_in_the_way(prefix: Path, what: str, prepare: Callable[[Path], object], reason: str) -> None:
    prepare(prefix / SITE)
    before = tree(prefix)
    with pytest.raises(PlacementFailed, match=reason):
        await change(Host(prefix))
    assert tree(prefix) == before


def _replace_bin(prefix: Path) -> None:
    (prefix / "bin/run").unlink()
    (prefix / "bin").rmdir()
    (prefix / "bin").write_text("")


async def test_arrivals_in_each_others_way(prefix: Path) -> None:
    before = tree(prefix)
    place = [arrival("one", "1", files={"x": ""}), arrival("two", "1", files={"x/y.py": ""})]
    for order in (place, place[::-1]):
        with pytest.raises(PlacementFailed):
            await Environment(Host(prefix)).apply(place=order)
        assert tree(prefix) == before


async def test_a_name_the_disk_refuses(prefix: Path) -> None:
    before = tree(prefix)
    with pytest.raises(PlacementFailed, match="File name too long") as caught:
        await change(Host(prefix), files={"x" * 300: ""})
    assert ".wasminstall-" not in str(caught.value)
    assert tree(prefix) == before


async def test_the_disk_is_full(prefix: Path) -> None:
    before = tree(prefix)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(PlacementFailed, match="File too large"):
            await change(Host(prefix), files={"foo/big": os.urandom(200_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(prefix) == before


async def test_a_read_only_folder(prefix: Path) -> None:
    (prefix / SITE / "ns").chmod(0o555)
    if os.access(prefix / SITE / "ns", os.W_OK):
        pytest.skip("root writes everywhere")
    before = tree(prefix)
    with pytest.raises(PlacementFailed, match="Permission denied"):
        await change(Host(prefix))
    assert tree(prefix) == before


async def test_the_last_wheel_is_bad(prefix: Path) -> None:
    before = tree(prefix)
    bad = arrival("bad", "1.0", record=record_row("bad/__init__.py", b"__version__ = '2.0'\n") + "\n")
    with pytest.raises(UnsafeWheel):
        await Environment(Host(prefix)).apply(remove=["bar"], place=[arrival("foo", "2.0", **NEW), bad])
    assert tree(prefix) == before


async def test_a_clash_with_one_that_stays(prefix: Path) -> None:
    before = tree(prefix)
    place = [arrival("one", "1.0", files={"aaa.py": "", "bar/__init__.py": "mine"})]
    with pytest.raises(PlacementFailed, match=r"bar 1\.0 and one both have"):
        await Environment(Host(prefix)).apply(place=place)
    assert tree(prefix) == before


async def test_nothing_there_before(tmp_path: Path) -> None:
    """Folders made on the way are taken back too."""
    with pytest.raises(RuntimeError):
        await Environment(Host(tmp_path / "a/b", raising(RuntimeError()))).apply(place=[arrival("foo", "1.0", **NEW)])
    assert tree(tmp_path) == {}


async def test_when_even_going_back_fails(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is thrown away then, and the error does not claim otherwise."""
    real = os.rename

    def break_rename() -> None:
        def rename(source: str, target: str) -> None:
            if target.endswith("bar/__init__.py"):
                raise PermissionError(13, "Permission denied", target)
            real(source, target)

        monkeypatch.setattr(os, "rename", rename)
        raise RuntimeError

    with pytest.raises(EnvironmentStateError, match="could not be taken back completely") as caught:
        await change(Host(prefix, break_rename))
    assert not isinstance(caught.value, PlacementFailed)
    assert ".wasminstall-" in caught.value.hint
    kept = [path.read_text() for path in prefix.rglob(".wasminstall-*/old/*")]
    assert kept == ["__version__ = '1.0'\n"]


async def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    """Once it is an hour old, and never where something was taken out of the environment."""
    program = """
        import asyncio, os, sys
        from pathlib import Path
        from support.wheel_factory import make_wheel
        from wasminstall.environment import Arrival, Environment
        from wasminstall.hosts.folder import FolderHost
        from wasminstall.hosts.transaction import Transaction
        from wasminstall.wheels.wheel import WheelArchive
        Transaction.commit = lambda *_: os.kill(os.getpid(), 9)
        place = [Arrival(WheelArchive(*make_wheel("foo", "1.0")))]
        asyncio.run(Environment(FolderHost(Path(sys.argv[1]))).apply(place=place))
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert list(left.rglob("*.py"))
    (taken_out := tmp_path / ".wasminstall-0123456789ab" / "old").mkdir(parents=True)
    (others := tmp_path / ".wasminstall-mine").mkdir()

    async def next_install(name: str) -> None:
        await Environment(FolderHost(tmp_path)).apply(place=[arrival(name, "1.0")])

    await next_install("bar")
    assert left.exists()
    for folder in (left, taken_out.parent, others):
        os.utime(folder, (0, 0))
    await next_install("baz")
    assert [left.exists(), taken_out.exists(), others.exists()] == [False, True, True]


def test_a_transaction_stays_below_its_roots(tmp_path: Path) -> None:
    transaction = Transaction([tmp_path / "root"])
    for path in (tmp_path / "x", tmp_path / "rootless/x", tmp_path / "root"):
        with pytest.raises(PermissionError, match="outside"):
            transaction.stage(str(path), b"")
    transaction.close()
    assert tree(tmp_path) == {}
