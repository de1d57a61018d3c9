"""``sync()``: what is installed becomes exactly what a lock names, through the public verbs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from public_world import open_to_the_public, second_interpreter
from world import World, world_on

import wasminstall
from support.index_server import IndexServer
from wasminstall.errors import EnvironmentStateError, HashMismatch, HTTPStatusError, InvalidInput, LockError

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    with IndexServer() as index:
        async with world_on(index, tmp_path / "site") as made:
            made.publish("app", "1.0", requires=["lib>=1"])
            for version in ("1.0", "2.0"):
                made.publish("lib", version)
            made.publish("extra-lib", "1.0")
            open_to_the_public(made, monkeypatch)
            yield made


@pytest_asyncio.fixture
async def lock(world: World, tmp_path: Path) -> str:
    """A lock of app 1.0 and lib 2.0, written in another environment than the one that is synchronised."""
    await wasminstall.install("app")
    text = wasminstall.lock()
    second_interpreter(world, tmp_path / "second")
    return text


async def test_missing_other_and_left_over(world: World, lock: str) -> None:
    await wasminstall.install(["lib==1.0", "extra-lib"])
    report = await wasminstall.sync(lock)
    assert world.installed() == {"app": "1.0", "lib": "2.0"}
    assert wasminstall.lock() == lock
    assert [(item.name, item.version, item.replaced) for item in report.added] == [
        ("app", "1.0", ""),
        ("lib", "2.0", "1.0"),
    ]
    assert report.removed == ("extra-lib==1.0",)
    assert not [path for path in world.tree() if path.startswith("extra_lib")]
    lines = repr(report).splitlines()
    assert lines[0].startswith("Installed 2 in ")
    assert lines[0].endswith(", removed 1")
    assert "  extra-lib 1.0 removed" in lines
    assert "<td>extra-lib</td><td>1.0</td><td></td><td>removed</td>" in report._repr_html_()


async def test_again_does_nothing(world: World, lock: str) -> None:
    await wasminstall.sync(lock)
    before = world.tree()
    world.index.requests.clear()
    report = await wasminstall.sync(lock)
    assert (report.added, report.removed, report.kept) == ((), (), ("app", "lib"))
    assert world.tree() == before
    assert not world.index.requests


async def test_only_to_remove(world: World, lock: str) -> None:
    await wasminstall.sync(lock)
    await wasminstall.install("extra-lib")
    report = await wasminstall.sync(lock)
    assert repr(report) == "Removed 1\n  extra-lib 1.0 removed"
    assert world.installed() == {"app": "1.0", "lib": "2.0"}


async def test_dry_run(world: World, lock: str) -> None:
    await wasminstall.install(["lib==1.0", "extra-lib"])
    before = world.tree()
    plan = await wasminstall.sync(lock, dry_run=True)
    assert world.tree() == before
    assert [(action.kind, action.name, action.version) for action in plan.actions] == [
        ("add", "app", "1.0"),
        ("remove", "extra-lib", "1.0"),
        ("replace", "lib", "2.0"),
    ]
    assert repr(plan).splitlines()[0] == "Plan: 2 to install, 1 to remove"
    assert "  remove extra-lib 1.0" in repr(plan).splitlines()
    assert [action.name for action in plan.changes] == ["app", "lib"]


async def test_another_file_of_the_same_version_is_replaced(world: World, lock: str) -> None:
    world.publish("lib", "2.0", tag="py3-none-emscripten_5_0_3_wasm32")  # the better tag, so it is the one taken
    await wasminstall.install("lib==2.0")
    report = await wasminstall.sync(lock)
    assert [(item.name, item.replaced) for item in report.added] == [("app", ""), ("lib", "2.0")]
    assert wasminstall.lock() == lock


async def test_an_empty_lock_empties(world: World) -> None:
    await wasminstall.install(["app", "extra-lib"])
    report = await wasminstall.sync('lock-version = "1.0"\ncreated-by = "me"\npackages = []\n')
    assert report.removed == ("app==1.0", "extra-lib==1.0", "lib==2.0")
    assert world.installed() == {}


async def test_what_the_runtime_is_made_of_stays(world: World, lock: str) -> None:
    world.publish("pyodide-kernel", "0.8", requires=["comm"])
    world.publish("comm", "0.2")
    world.publish("micropip", "0.11")
    await wasminstall.install(["pyodide-kernel", "micropip", "extra-lib"])
    report = await wasminstall.sync(lock)
    assert report.removed == ("extra-lib==1.0",)
    assert world.installed() == {"app": "1.0", "comm": "0.2", "lib": "2.0", "micropip": "0.11", "pyodide-kernel": "0.8"}
    plan = await wasminstall.sync('lock-version = "1.0"\ncreated-by = "me"\npackages = []\n', dry_run=True)
    assert [action.name for action in plan.removals] == ["app", "lib"]


async def test_a_version_that_does_not_parse_goes_too(world: World, lock: str) -> None:
    info = world.site / "old-once.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: old\nVersion: once\n")
    (info / "RECORD").write_text("old-once.dist-info/METADATA,,\nold-once.dist-info/RECORD,,\n")
    report = await wasminstall.sync(lock)
    assert report.removed == ("old==once",)
    assert not info.exists()


@pytest.fixture
def broken(lock: str, request: pytest.FixtureRequest) -> str:
    """The lock with one thing changed."""
    old, new = request.param
    assert old in lock
    return lock.replace(old, new)


@pytest.mark.parametrize(
    ("broken", "error", "said"),
    [
        (("'3.14'", "'3.13'"), LockError, "it is not for pyodide-314, but for"),
        (('sha256 = "', 'sha256 = "00'), HashMismatch, "has the wrong sha256"),
        (('lib-2.0-py3-none-any.whl", size', 'gone-2.0-py3-none-any.whl", size'), HTTPStatusError, "404"),
        (('lock-version = "1.0"', 'lock-version = "7.0"'), LockError, "version 1"),
    ],
    indirect=["broken"],
    ids=["another target", "another hash", "a file that is gone", "another format"],
)
async def test_nothing_changes_when_it_cannot_be_done(world: World, broken: str, error: Any, said: str) -> None:
    await wasminstall.install(["lib==1.0", "extra-lib"])
    before = world.tree()
    with pytest.raises(error, match=said):
        await wasminstall.sync(broken)
    assert world.tree() == before


async def test_what_cannot_be_removed_keeps_all_as_it_was(world: World, lock: str) -> None:
    await wasminstall.install("extra-lib")
    (world.site / "extra_lib-1.0.dist-info/RECORD").unlink()
    before = world.tree()
    with pytest.raises(EnvironmentStateError, match="it has no RECORD"):
        await wasminstall.sync(lock)
    assert world.tree() == before


@pytest.mark.parametrize("given", [None, 3, "", ["pylock.toml"]])
async def test_what_is_no_lock(world: World, given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^lock"):
        await wasminstall.sync(given)


async def test_from_a_pyodide_lock(world: World, lock: str, tmp_path: Path) -> None:
    await wasminstall.sync(lock)
    text = wasminstall.lock(format="pyodide-lock")
    assert set(json.loads(text)["packages"]) == {"app", "lib"}
    await wasminstall.install("extra-lib")
    assert (await wasminstall.sync(text)).removed == ("extra-lib==1.0",)
