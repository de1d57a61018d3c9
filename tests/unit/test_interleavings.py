"""A hundred calls at once come to what the same calls come to one after the other."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from world import World, world_on

from support.index_server import IndexServer
from wasminstall.cache import Cache
from wasminstall.cache.folder import FolderStore
from wasminstall.errors import WasmInstallError
from wasminstall.installing import uninstall_from

Call = tuple[str, str]


def publish(world: World) -> None:
    """Projects in each other's way: what one call chooses, another has to live with."""
    for version in ("1.0", "2.0", "3.0"):
        world.publish("base", version)
        world.publish("left", version, requires=[f"base>={version}"])
        world.publish("right", version, requires=["base<3"] if version != "3.0" else ["base", "left<3"])


def some_calls(seed: int, count: int) -> list[Call]:
    chance = random.Random(seed)
    names = ["base", "left", "right", "left==1.0", "right==2.0", "base==2.0", "left==3.0", "right>2", "nothing"]
    return [("uninstall" if chance.random() < 0.25 else "install", chance.choice(names)) for _ in range(count)]


async def call(world: World, what: str, text: str) -> str:
    """What came of it."""
    name = text.rstrip("=<>.0123456789 ")
    try:
        if what == "install":
            return ", ".join(f"{item.name} {item.version}" for item in (await world.install(text)).added)
        return ", ".join(await uninstall_from(world.context(), [name]))
    except WasmInstallError as error:
        return type(error).__name__


@pytest.mark.parametrize("seed", range(3))
async def test_a_hundred_calls_at_once(tmp_path: Path, seed: int) -> None:
    calls = some_calls(seed, 100)
    with IndexServer() as index:
        index.behave(cache_control="max-age=600", delay=lambda path: len(path) % 3 / 1000)
        async with world_on(index, tmp_path / "at once") as world:
            publish(world)
            world.cache = Cache(FolderStore(tmp_path / "cache"))
            at_once = await asyncio.gather(*(call(world, *each) for each in calls))
            after = world.tree()
            world.site = tmp_path / "in order"
            in_order = [await call(world, *each) for each in calls]
            assert at_once == in_order
            assert {path: data for path, data in after.items() if not path.endswith("RECORD")} == {
                path: data for path, data in world.tree().items() if not path.endswith("RECORD")
            }
            assert after.keys() == world.tree().keys()
