"""Nothing is asked twice, what can be asked together is, and the order of answers decides nothing."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from world import World, versions, world_on

from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall import errors
from wasminstall.catalogue import Catalogue
from wasminstall.installing import install_into
from wasminstall.plan import Plan
from wasminstall.resolution.knowledge import Need, NeedListing, NeedMetadata

BULK = {f"big/{number}.bin": random.Random(number).randbytes(10_000) for number in range(40)}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    with IndexServer() as index:
        async with world_on(index, tmp_path / "site") as made:
            yield made


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Need, ...]]:
    """What the resolver asked for, one entry each time it had to wait."""
    asked: list[tuple[Need, ...]] = []
    supply = Catalogue.supply

    async def noted(self: Catalogue, needs: Sequence[Need]) -> None:
        asked.append(tuple(needs))
        await supply(self, needs)

    monkeypatch.setattr(Catalogue, "supply", noted)
    return asked


def publish_diamond(world: World, width: int = 8) -> list[str]:
    """Packages that all depend on the same ones."""
    for name in ("shared", "base"):
        for version in ("1.0", "2.0"):
            world.publish(name, version, requires=["base"] if name == "shared" else [])
    names = [f"side-{number}" for number in range(width)]
    for name in names:
        world.publish(name, "1.0", requires=["shared>=1", "base"])
    return names


# --- once ----------------------------------------------------------------------------------------------------------


async def test_a_diamond_costs_each_thing_once(world: World) -> None:
    """micropip has no memory: 48 requests where 27 do."""
    names = publish_diamond(world)
    await world.install(*names)
    asked = Counter(world.index.paths())
    files = [f"{name.replace('-', '_')}-1.0-py3-none-any.whl" for name in names]
    files += ["shared-2.0-py3-none-any.whl", "base-2.0-py3-none-any.whl"]
    wheels = [f"/files/{file.split('-')[0].replace('_', '-')}/{file}" for file in files]
    pages = [f"/simple/{name}/" for name in (*names, "shared", "base")]
    assert set(asked.values()) == {1}
    assert sorted(asked) == sorted([*pages, *wheels, *(f"{wheel}.metadata" for wheel in wheels)])


@pytest.mark.parametrize("metadata", ["hash", "off", "missing"])
async def test_backtracking_asks_nothing_twice(world: World, metadata: str) -> None:
    world.index.behave(metadata=metadata)
    for version in range(1, 9):
        world.publish("app", str(version), requires=[f"lib=={version}", "base"])
        world.publish("lib", str(version), requires=["base<2"] if version < 3 else ["base>=3"])
    world.publish("base", "1")
    world.publish("base", "2")
    await world.install("app")
    assert world.installed() == {"app": "2", "base": "1", "lib": "2"}
    assert set(Counter(world.index.paths()).values()) == {1}


async def test_a_dead_end_asks_nothing_twice(world: World) -> None:
    for version in range(1, 6):
        world.publish("a", str(version), requires=[f"c=={version}"])
        world.publish("b", str(version), requires=[f"c!={version},<{version}"])
        world.publish("c", str(version))
    world.publish("d", "1", requires=["a", "b", "gone"])
    with pytest.raises(errors.ResolutionError):
        await world.install("d")
    assert set(Counter(world.index.paths()).values()) == {1}


async def test_dry_run_fetches_no_wheel(world: World) -> None:
    await world.plan(*publish_diamond(world))
    assert world.index.paths("*.whl") == []


# --- at once -------------------------------------------------------------------------------------------------------


async def test_the_whole_frontier_is_asked_together(world: World, rounds: list[tuple[Need, ...]]) -> None:
    names = publish_diamond(world)
    world.index.behave(together={"*": 8})
    plan = await world.plan(*names)
    assert len(plan.actions) == 10
    assert world.index.peak_in_flight == 8
    kinds = [{type(need) for need in needs} for needs in rounds]
    assert kinds == [{NeedListing}, {NeedMetadata}] * 2  # a level of the graph costs two rounds, however wide it is
    assert [len(needs) for needs in rounds] == [8, 8, 2, 2]


async def test_wheels_are_fetched_together(world: World) -> None:
    names = publish_diamond(world)
    plan = await world.plan(*names)
    world.index.peak_in_flight = 0
    world.index.behave(together={"*.whl": 10})
    await world.install(*names)
    assert world.index.peak_in_flight == len(plan.changes) == 10


async def test_an_origin_is_not_flooded(world: World) -> None:
    names = publish_diamond(world, width=40)
    world.index.behave(together={"*": 16}, delay=0.02)
    await world.install(*names)
    assert world.index.peak_in_flight == 16
    assert len(world.installed()) == 42


def test_calls_at_once_in_one_event_loop_after_another(tmp_path: Path) -> None:
    """A desktop may start several loops; calls wait for each other in each of them."""

    async def two_at_once(index: IndexServer, site: Path) -> dict[str, str]:
        async with world_on(index, site) as world:
            await asyncio.gather(world.install("a"), world.install("b"))
            return world.installed()

    with IndexServer() as index:
        for name in ("a", "b", "c"):
            index.add(*make_wheel(name, "1.0", requires=[] if name == "c" else ["c"]))
        for number in range(2):
            assert asyncio.run(two_at_once(index, tmp_path / str(number))) == {"a": "1.0", "b": "1.0", "c": "1.0"}


@pytest.mark.parametrize("count", [60, 200])
async def test_a_long_way_back_takes_few_rounds(world: World, rounds: list[tuple[Need, ...]], count: int) -> None:
    """From the third try of a project on, the metadata of the next 4, 8, 16, 32 versions is asked for at once."""
    for version in range(1, count + 1):
        world.publish("app", str(version), requires=[f"core=={version}"])
    world.publish("core", "1")
    assert versions(await world.plan("app")) == {"app": "1", "core": "1"}
    met = [need for needs in rounds for need in needs]
    assert len(met) == len(set(met)) <= count + 3
    assert len(rounds) <= 8 + count // 32
    assert set(Counter(world.index.paths()).values()) == {1}


async def test_a_short_way_back_looks_at_little(world: World) -> None:
    """Looking ahead begins late: most projects need one step or none."""
    for version in range(1, 61):
        world.publish("app", str(version), requires=["gone"] if version == 60 else ["core"])
    world.publish("core", "1")
    assert versions(await world.plan("app")) == {"app": "59", "core": "1"}
    assert len(world.index.paths("*/app-*.metadata")) == 2


# --- where metadata comes from -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "ranges", "size", "for_the_plan"),
    [
        ("hash", True, "big", [".metadata 200"]),  # PEP 658
        ("true", True, "big", [".metadata 200"]),
        ("missing", True, "big", [".metadata 404", ".whl 206"]),
        ("off", True, "big", [".whl 206"]),
        ("false", True, "big", [".whl 206"]),  # PEP 714: false is false
        ("off", False, "big", [".whl 200"]),
        ("missing", False, "big", [".metadata 404", ".whl 200"]),
        ("hash", False, "big", [".metadata 200"]),
        ("off", True, "small", [".whl 200"]),  # the whole comes as fast as its tail
        ("hash", True, "small", [".metadata 200"]),
    ],
)
async def test_metadata_from_beside_the_wheel_else_its_tail_else_the_wheel(
    world: World, metadata: str, ranges: bool, size: str, for_the_plan: list[str]
) -> None:
    world.index.behave(metadata=metadata, ranges=ranges)
    world.publish("big", "1.0", files=BULK if size == "big" else None, requires=["lib"])
    world.publish("lib", "1.0")

    def asked() -> list[str]:
        seen = [request for request in world.index.requests if request.path.startswith("/files/big/")]
        return [f"{Path(request.path).suffix} {request.status}" for request in seen]

    assert versions(await world.plan("big")) == {"big": "1.0", "lib": "1.0"}
    assert asked() == for_the_plan
    world.index.requests.clear()
    await world.install("big")
    whole = for_the_plan if ".whl 200" in for_the_plan else [*for_the_plan, ".whl 200"]
    assert asked() == whole  # a wheel that was read for its metadata is kept


# --- whatever comes first ------------------------------------------------------------------------------------------


async def test_the_plan_does_not_depend_on_who_answers_first(world: World) -> None:
    for version in range(1, 7):
        world.publish("app", str(version), requires=[f"left<={version}", f"right>={version}", "tool[x]"])
        world.publish("left", str(version), requires=["shared<4"] if version > 3 else ["shared"])
        world.publish("right", str(version), requires=[f"shared>={version}", "left"])
        world.publish("shared", str(version), requires=["gone"] if version == 6 else [])
    world.publish("tool", "1", extras={"x": ["shared"]})
    world.publish("tool", "2", extras={"x": ["missing"]})
    wanted = ["app", "left", "tool"]
    expected: Plan | None = None
    for seed in range(10):
        order = random.Random(seed)
        world.index.behave(delay=lambda path, order=order: order.random() * 0.03)
        order.shuffle(wanted)
        plan = await install_into(world.context(), world.wish(*wanted), dry_run=True)
        assert isinstance(plan, Plan)
        expected = expected or plan
        assert plan == expected
    assert expected is not None
    assert len(expected.actions) == 5
