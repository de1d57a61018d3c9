"""The ten defects of micropip 0.11.1 that were reproduced (facts.md, section 5), each as what must happen instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from world import LINUX, WASM, World, refused, versions

from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall import errors
from wasminstall.context import Context
from wasminstall.environment import Environment
from wasminstall.hosts.folder import FolderHost
from wasminstall.indexes import AllThatHaveIt, FirstThatHasIt, SimpleIndex
from wasminstall.installing import install_into
from wasminstall.pages import Pages
from wasminstall.plan import Plan
from wasminstall.requirements import parse_requirement
from wasminstall.targets import named_target
from wasminstall.transport import Client
from wasminstall.transport.desktop import DesktopTransport


async def test_01_greedy_and_without_backtracking(world: World) -> None:
    """Its issues 93, 113, 228, 222: the newest ``h`` needs something without a wheel, the one before does not."""
    world.publish("h", "2.1")
    world.publish("h", "2.2", requires=["lxml"])
    world.publish("lxml", "5.0", tag=LINUX)
    await world.install("h")
    assert world.installed() == {"h": "2.1"}

    world.publish("deep", "1", requires=["h>=2.1", "mid"])
    world.publish("mid", "2", requires=["h>=2.2"])
    world.publish("mid", "1", requires=["h<3"])
    assert versions(await world.plan("deep")) == {"deep": "1", "mid": "1", "h": "2.1"}


async def test_01_says_what_it_passed_over(world: World) -> None:
    """Whether the wheel is missing for the newer version itself, or for something that version needs."""
    world.publish("g", "1")
    world.publish("g", "2", tag=LINUX)
    world.publish("h", "2.1")
    world.publish("h", "2.2", requires=["lxml"])
    world.publish("lxml", "5.0", tag=LINUX)
    plan = await world.plan("g", "h")
    assert versions(plan) == {"g": "1", "h": "2.1"}
    assert any("g 1 is not the newest" in warning for warning in plan.warnings)
    assert any("2.2" in warning and "lxml" in warning for warning in plan.warnings)


async def test_02_order_and_timing_decide(world: World) -> None:
    world.publish("a", "1", requires=["c"])
    world.publish("b", "1", requires=["c<2"])
    for version in ("1", "1.5", "2"):
        world.publish("c", version)
    right = {"a": "1", "b": "1", "c": "1.5"}
    assert versions(await world.plan("a", "b")) == right
    assert versions(await world.plan("b", "a")) == right
    for slow in ("a", "b", "c"):
        world.index.behave(delay=lambda path, slow=slow: 0.15 if f"/{slow}/" in path else 0.0)
        assert versions(await world.plan("a", "b")) == right
    await world.install("b", "a")
    assert world.installed() == right
    assert len(list(world.site.glob("c-*.dist-info"))) == 1


async def test_03_no_memory_no_limit_no_second_try(world: World) -> None:
    """Eight packages that share a dependency: one page, one METADATA and one wheel for each, nothing twice."""
    names = [f"p{number}" for number in range(8)]
    for name in names:
        world.publish(name, "1", requires=["shared"])
    world.publish("shared", "1")
    await world.install(*names)
    asked = world.index.paths()
    assert len(asked) == len(set(asked)) == 27

    many = [f"q{number}" for number in range(40)]
    for name in many:
        world.publish(name, "1")
    world.index.behave(delay=0.02)
    world.index.fault("/simple/q7/*", "status:503", times=1)
    world.index.fault("/files/q9/*", "reset", times=1)
    await world.install(*many)
    assert set(many) < set(world.installed())
    assert 1 < world.index.peak_in_flight <= 16


async def test_04_core_metadata_false_means_that_there_is_none(world: World) -> None:
    """PEP 714."""
    world.index.behave(metadata="false")
    world.publish("app", "1", requires=["lib"])
    world.publish("lib", "1")
    await world.install("app")
    assert world.installed() == {"app": "1", "lib": "1"}
    assert world.index.paths("*.metadata") == []

    # An index that announces METADATA and has a 404 page there: the wheel tells.
    world.index.behave(metadata="hash")
    world.publish("late", "1", requires=["needed"])
    world.publish("needed", "1")
    world.index.fault("*.metadata", "status:404")
    await world.install("late")
    assert world.installed()["needed"] == "1"


async def test_05_requires_python(world: World) -> None:
    world.publish("a", "1", requires_python=">=3.8")
    world.publish("a", "2", requires_python="<3.14")
    assert versions(await world.plan("a")) == {"a": "1"}
    # Only in METADATA, not on the page:
    filename, data = make_wheel("b", "2", requires_python="<3.14")
    world.index.add(filename, data)
    world.publish("b", "1")
    assert versions(await world.plan("b")) == {"b": "1"}
    await refused(world, errors.PythonMismatch, "a==2")


async def test_05_yanked_releases_are_for_exact_pins_only(world: World) -> None:
    """PEP 592; micropip falls back to them for a range."""
    world.publish("a", "1.1", yanked="it broke")
    error = await refused(world, errors.NoMatchingVersion, "a>=1")
    assert "it broke" in str(error)
    assert versions(await world.plan("a==1.1")) == {"a": "1.1"}


async def test_05_build_numbers(world: World) -> None:
    for build in ("", "1", "10", "9"):
        world.publish("a", "1", build=build)
    plan = await world.plan("a")
    assert plan.actions[0].candidate.filename == "a-1-10-py3-none-any.whl"


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
async def test_05_every_announced_hash_is_checked(world: World, algorithm: str) -> None:
    filename, data = make_wheel("a", "1")
    world.index.add(filename, data, hashes={algorithm: "0" * 64})
    error = await refused(world, errors.HashMismatch, "a")
    assert error.algorithm == algorithm


async def test_05_the_fragment_of_a_url_is_checked(world: World) -> None:
    filename, data = make_wheel("a", "1")
    digest = world.index.add(filename, data).claimed_hashes()["sha256"]
    url = world.index.file_url(filename)
    await refused(world, errors.HashMismatch, f"{url}#sha256={'0' * 64}")
    await world.install(f"{url}#sha256={digest}")
    assert world.installed() == {"a": "1"}


async def test_06_extras(world: World) -> None:
    world.publish("a", "1", extras={"foo-bar": ["b"], "all": ["a[foo_bar]", "c"]})
    world.publish("b", "1")
    world.publish("c", "1")
    # An extra that refers to its own project.
    assert versions(await world.plan("a[all]")) == {"a": "1", "b": "1", "c": "1"}
    # PEP 685 on both sides.
    for spelling in ("foo-bar", "Foo_Bar", "foo.bar"):
        assert versions(await world.plan(f"a[{spelling}]")) == {"a": "1", "b": "1"}
    # An unknown one is a warning.
    plan = await world.plan("a[nope]")
    assert versions(plan) == {"a": "1"}
    assert any("nope" in warning for warning in plan.warnings)
    # An extra of something that is installed.
    await world.install("a")
    await world.install("a[all]")
    assert world.installed() == {"a": "1", "b": "1", "c": "1"}


async def test_06_extras_of_the_distribution(world: World) -> None:
    """The lock says nothing of extras: the METADATA of its wheel does."""
    lock_package(world, "num", "1", extras={"plot": ["draw>=1"]})
    world.publish("draw", "1")
    assert versions(await world.plan("num[plot]")) == {"num": "1", "draw": "1"}


async def test_07_the_distribution_is_pinned_against_the_rest(world: World) -> None:
    """Its issues 103 and 232."""
    lock_package(world, "num", "1")
    world.publish("num", "2")
    world.publish("new", "1", requires=["num>=2"])
    world.publish("old", "1", requires=["num<2"])
    assert versions(await world.plan("num", "old")) == {"num": "1", "old": "1"}
    assert versions(await world.plan("num", "new")) == {"num": "2", "new": "1"}
    error = await refused(world, errors.Conflict, "new", "old")
    assert "num>=2" in str(error)
    assert "num<2" in str(error)


async def test_07_names_are_canonical(world: World) -> None:
    """See also tests/node/test_distribution.py: ``loadPackage`` never loads its own copy over ours."""
    lock_package(world, "Num_Py.Core", "1")
    world.publish("app", "1", requires=["num-py-core"])
    assert versions(await world.plan("app", "NUM.py_core")) == {"app": "1", "num-py-core": "1"}
    assert world.index.paths("/simple/num*") == []
    await world.install("app")
    assert (await world.install("Num_Py_Core")).added == ()


async def test_08_reinstall_never_breaks_what_depends_on_it(world: World) -> None:
    world.publish("a", "1", requires=["c<2"])
    world.publish("c", "1")
    world.publish("c", "2")
    await world.install("a")
    error = await refused(world, errors.Conflict, "c==2", reinstall=["c"])
    assert "a 1 needs c<2" in str(error)
    report = await world.install("c", reinstall=["c"])
    assert [(item.name, item.version, item.replaced) for item in report.added] == [("c", "1", "1")]
    assert world.installed() == {"a": "1", "c": "1"}


async def test_08_all_or_nothing(world: World) -> None:
    """micropip removes the old version before it knows the new one can be had."""
    world.publish("a", "1")
    await world.install("a")
    filename, data = make_wheel("a", "2", record="a/__init__.py,sha256=AAAA,1\n")
    world.index.add(filename, data)
    world.publish("b", "1")
    await refused(world, errors.UnsafeWheel, "a==2", "b")
    assert world.installed() == {"a": "1"}


async def test_08_two_calls_at_once(world: World) -> None:
    world.publish("a", "1", requires=["c"])
    world.publish("b", "1", requires=["c<2"])
    world.publish("c", "1")
    world.publish("c", "2")
    await asyncio.gather(world.install("a"), world.install("b"))
    assert world.installed() == {"a": "1", "b": "1", "c": "1"}
    assert len(list(world.site.glob("c-*.dist-info"))) == 1


async def test_08_after_an_error_nothing_goes_on(world: World) -> None:
    world.publish("slow", "1", files={"slow/data": "x" * 10_000})
    filename, data = make_wheel("bad", "1")
    world.index.add(filename, data, hashes={"sha256": "0" * 64})
    world.index.behave(delay=lambda path: 0.3 if path.endswith("slow-1-py3-none-any.whl") else 0.0)
    await refused(world, errors.HashMismatch, "slow", "bad")
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in others if "Downloads" in repr(task.get_coro())]


async def test_09_an_index_that_fails_is_never_skipped(world: World, tmp_path: Path) -> None:
    """Its issues 225 and 223: dependency confusion."""
    with IndexServer() as public:
        public.add(*make_wheel("internal", "99"))
        for status in (401, 403, 500, 503):
            world.index.heal()
            world.index.fault("/simple/internal/*", f"status:{status}")
            async with two_indexes(world.index, public, tmp_path / "two") as context:
                with pytest.raises(errors.HTTPStatusError) as caught:
                    await install_into(context, world.wish("internal"))
            assert caught.value.status == status
        assert public.requests == []


async def test_09_a_project_of_the_second_index_is_found(world: World, tmp_path: Path) -> None:
    """A version that only the second index has: by asking for both to be compared, never by accident."""
    with IndexServer() as second:
        second.add(*make_wheel("other", "1"))
        second.add(*make_wheel("both", "2"))
        world.publish("both", "1")
        async with two_indexes(world.index, second, tmp_path / "two") as context:
            assert versions(await plan(context, world, "other", "both")) == {"both": "1", "other": "1"}
            with pytest.raises(errors.NoMatchingVersion):
                await plan(context, world, "both==2")
        async with two_indexes(world.index, second, tmp_path / "match", kind=AllThatHaveIt) as context:
            assert versions(await plan(context, world, "both==2")) == {"both": "2"}


async def test_09_relative_urls_in_json(world: World) -> None:
    world.index.behave(relative_urls=True, html=False)
    world.publish("a", "1", requires=["b"])
    world.publish("b", "1")
    await world.install("a")
    assert world.installed() == {"a": "1", "b": "1"}


async def test_10_one_text_for_everything(world: World) -> None:
    """A missing project, a missing version, another ABI, another system and only a source are five things."""
    world.publish("narrow", "1")
    world.publish("native", "1", tag="cp313-cp313-pyodide_2025_0_wasm32")
    world.publish("linux", "1", tag=LINUX)
    world.index.add("source-1.tar.gz", b"")
    unknown = await refused(world, errors.UnknownProject, "nowhere")
    version = await refused(world, errors.NoMatchingVersion, "narrow>=2")
    abi = await refused(world, errors.NoCompatibleWheel, "native")
    linux = await refused(world, errors.NoCompatibleWheel, "linux")
    source = await refused(world, errors.NoCompatibleWheel, "source")
    found: list[errors.WasmInstallError] = [unknown, version, abi, linux, source]
    assert len({error.message for error in found}) == 5
    assert "pyodide_2025_0_wasm32" in str(abi)
    assert "another Pyodide" in abi.hint
    assert "manylinux" in str(linux)
    assert "source" in source.hint


async def test_10_a_constraint_in_the_way_is_called_one(world: World) -> None:
    world.publish("narrow", "1")
    world.publish("app", "1", requires=["narrow"])
    error = await refused(world, errors.ResolutionError, "app", constraints=["narrow<1"])
    assert "narrow<1" in str(error)
    assert "constraint" in str(error)


async def test_10_all_that_is_missing_at_once_with_who_asked(world: World) -> None:
    world.publish("app", "1", requires=["native", "gone>=3", "fine"])
    world.publish("native", "1", tag=LINUX)
    world.publish("fine", "1")
    error = await refused(world, errors.SeveralErrors, "app", "nowhere")
    kinds = {type(each).__name__ for each in error.errors}
    assert kinds == {"NoCompatibleWheel", "UnknownProject"}
    for name in ("native", "gone", "nowhere", "asked for by app 1"):
        assert name in str(error)


async def test_10_a_wheel_url_that_is_not_there(world: World) -> None:
    """micropip raises ``BadZipFile``."""
    url = world.index.file_url("gone-1-py3-none-any.whl")
    error = await refused(world, errors.HTTPStatusError, url)
    assert error.status == 404
    assert error.url == url


async def plan(context: Context, world: World, *requirements: str) -> Plan:
    """What would be installed into this context."""
    found = await install_into(context, world.wish(*requirements), dry_run=True)
    assert isinstance(found, Plan)
    return found


@asynccontextmanager
async def two_indexes(
    first: IndexServer, second: IndexServer, site: Path, kind: type[FirstThatHasIt | AllThatHaveIt] = FirstThatHasIt
) -> AsyncIterator[Context]:
    """A world with two indexes and no distribution."""
    target, transport = named_target("pyodide-314"), DesktopTransport()
    pages = Pages(Client(transport))
    indexes = [SimpleIndex(pages, server.url, target) for server in (first, second)]
    try:
        yield Context(target, Environment(FolderHost(site)), pages, (kind(indexes),))
    finally:
        await transport.close()


def lock_package(world: World, name: str, version: str, **about: Any) -> None:
    """Put a compiled wheel into the distribution."""
    filename, data = make_wheel(name, version, tag=WASM, **about)
    files = world.lock.setdefault("files", {})
    files[filename] = data
    world.index.mount("/dist/", files.get)
    world.lock["packages"][parse_requirement(name).name] = {
        "name": name,
        "version": version,
        "file_name": filename,
        "depends": [],
        "package_type": "package",
    }
