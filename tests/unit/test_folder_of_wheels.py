"""``install(download=...)``: the wheels themselves, verified, in a folder; and ``check()`` of what is installed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from public_world import open_to_the_public
from world import World, world_on

import wasminstall
from support.index_server import IndexServer
from wasminstall.errors import InvalidInput, NoCompatibleWheel


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    with IndexServer() as index:
        async with world_on(index, tmp_path / "site") as made:
            open_to_the_public(made, monkeypatch)
            made.publish("app", "1.0", requires=["lib"])
            yield made


async def test_wheels_of_what_is_installed_come_too(world: World, tmp_path: Path) -> None:
    data = world.publish("lib", "1.0")
    await wasminstall.install("lib")
    report = await wasminstall.install("app", download=str(tmp_path / "new" / "wheels"))
    assert sorted(path.name for path in (tmp_path / "new" / "wheels").iterdir()) == [
        item.filename for item in report.added
    ]
    assert (tmp_path / "new" / "wheels" / "lib-1.0-py3-none-any.whl").read_bytes() == data
    assert world.installed() == {"lib": "1.0"}
    assert f"Downloaded 2 to {tmp_path}" in repr(report)


async def test_an_install_from_the_folder(world: World, tmp_path: Path) -> None:
    world.publish("lib", "1.0")
    report = await wasminstall.install("app", download=str(tmp_path))
    await wasminstall.install(
        [str(tmp_path / item.filename) for item in report.added], index_urls=["http://0.0.0.0:1/"]
    )
    assert world.installed() == {"app": "1.0", "lib": "1.0"}


async def test_a_plan_writes_nothing(world: World, tmp_path: Path) -> None:
    world.publish("lib", "1.0")
    plan = await wasminstall.install("app", download=str(tmp_path / "wheels"), dry_run=True)
    assert [action.name for action in plan.changes] == ["app", "lib"]
    assert not (tmp_path / "wheels").exists()


async def test_given_hashes_are_compared(world: World, tmp_path: Path) -> None:
    wrong = hashlib.sha256(b"").hexdigest()
    world.publish("lib", "1.0")
    text = f"lib==1.0 --hash=sha256:{wrong}\n"
    with pytest.raises(NoCompatibleWheel, match="its hash is none of those that were given"):
        await wasminstall.install(file=text, download=str(tmp_path / "wheels"))
    assert not (tmp_path / "wheels").exists()


async def test_a_folder_that_cannot_be(world: World, tmp_path: Path) -> None:
    world.publish("lib", "1.0")
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidInput, match="cannot write to"):
        await wasminstall.install("lib", download=str(tmp_path / "taken"))


async def test_check(world: World) -> None:
    world.publish("lib", "1.0")
    world.publish("strict", "2.0", requires=["lib>=2"])
    await wasminstall.install("app")
    assert wasminstall.check() == ()
    assert repr(wasminstall.check()) == "Everything that is installed fits together"
    await wasminstall.install("strict", deps=False)
    await wasminstall.uninstall("app")
    await wasminstall.install("app", deps=False)
    assert repr(wasminstall.check()) == "strict 2.0 needs lib>=2, and lib 1.0 is installed"
    await wasminstall.uninstall("lib")
    assert [(item.name, item.requirement, item.found) for item in wasminstall.check()] == [
        ("app 1.0", "lib", ""),
        ("strict 2.0", "lib>=2", ""),
    ]
    assert "app 1.0 needs lib, and that is not installed" in repr(wasminstall.check())
    assert "<td>nothing</td>" in wasminstall.check()._repr_html_()
