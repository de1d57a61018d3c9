"""``install`` from end to end on a desktop: real HTTP, real wheels of our making, a folder as environment."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from types import ModuleType

import pytest
from world import LINUX, WASM, World, refused, versions

from support.wheel_factory import make_wheel
from wasminstall import errors


async def test_a_package_and_what_it_needs(world: World) -> None:
    world.publish("app", "1.0", requires=["lib>=1", "other; sys_platform == 'win32'"])
    world.publish("lib", "1.0")
    world.publish("lib", "2.0")
    report = await world.install("app")
    assert world.installed() == {"app": "1.0", "lib": "2.0"}
    assert [item.name for item in report.added] == ["app", "lib"]
    assert "Installed 2" in repr(report)
    assert "<table>" in report._repr_html_()
    assert (world.site / "app-1.0.dist-info" / "REQUESTED").exists()
    assert not (world.site / "lib-2.0.dist-info" / "REQUESTED").exists()


async def test_again_is_nothing_to_do_and_no_request(world: World) -> None:
    world.publish("app", "1.0")
    await world.install("app")
    world.index.requests.clear()
    report = await world.install("app")
    assert (report.added, report.kept, list(world.index.requests)) == ((), ("app",), [])


async def test_dry_run_touches_nothing(world: World) -> None:
    world.publish("app", "1.0")
    plan = await world.plan("app")
    assert versions(plan) == {"app": "1.0"}
    assert "add app 1.0" in repr(plan)
    assert not world.site.exists() or world.tree() == {}


async def test_backtracks_over_what_does_not_fit(world: World) -> None:
    """micropip takes the newest of each and fails (its issue 93)."""
    world.publish("h", "2.1")
    world.publish("h", "2.2", requires=["native"])
    world.publish("native", "1.0", tag=LINUX)
    assert versions(await world.plan("h")) == {"h": "2.1"}


async def test_order_of_arguments_does_not_matter(world: World) -> None:
    world.publish("a", "1", requires=["c"])
    world.publish("b", "1", requires=["c<2"])
    for version in ("1", "2", "3"):
        world.publish("c", version)
    assert (
        versions(await world.plan("a", "b")) == versions(await world.plan("b", "a")) == {"a": "1", "b": "1", "c": "1"}
    )


@pytest.mark.parametrize("metadata", ["hash", "off", "false"])
async def test_with_and_without_pep_658(world: World, metadata: str) -> None:
    world.index.behave(metadata=metadata)
    world.publish("app", "1.0", requires=["lib"])
    world.publish("lib", "1.0")
    await world.install("app")
    assert set(world.installed()) == {"app", "lib"}
    assert bool(world.index.paths("*.metadata")) == (metadata == "hash")
    assert len(world.index.paths("*.whl")) == 2  # a wheel that was read for its metadata is not fetched again


@pytest.mark.parametrize(("html", "json"), [(True, False), (False, True)])
@pytest.mark.parametrize("relative", [True, False])
async def test_both_forms_of_the_simple_api(world: World, html: bool, json: bool, relative: bool) -> None:
    world.index.behave(html=html, json=json, relative_urls=relative)
    world.publish("app", "1.0", requires=["lib"])
    world.publish("lib", "1.0", requires_python=">=3.8")
    world.publish("lib", "2.0", requires_python="<3.9")
    world.publish("lib", "3.0", yanked="it broke")
    assert versions(await world.plan("app")) == {"app": "1.0", "lib": "1.0"}


async def test_yanked_only_for_an_exact_pin_with_its_reason(world: World) -> None:
    """PEP 592."""
    world.publish("a", "1.0")
    world.publish("a", "1.1", yanked="it broke")
    assert versions(await world.plan("a>=1")) == {"a": "1.0"}
    plan = await world.plan("a==1.1")
    assert versions(plan) == {"a": "1.1"}
    assert "it broke" in plan.warnings[0]


async def test_pre_releases(world: World) -> None:
    """PEP 440: by opt-in, by flag, or when there is nothing else."""
    world.publish("a", "1.0")
    world.publish("a", "2.0b1")
    world.publish("only", "0.1rc1")
    assert versions(await world.plan("a")) == {"a": "1.0"}
    assert versions(await world.plan("a>=2.0a0")) == {"a": "2.0b1"}
    assert versions(await world.plan("a", pre=True)) == {"a": "2.0b1"}
    assert versions(await world.plan("only")) == {"only": "0.1rc1"}


async def test_best_file_of_a_version(world: World) -> None:
    """Tag order first, then the build number (binary distribution format)."""
    world.publish("a", "1.0")
    world.publish("a", "1.0", tag=WASM)
    world.publish("a", "1.0", tag=WASM, build="2")
    world.publish("a", "1.0", tag="cp311-abi3-pyodide_2026_0_wasm32")
    plan = await world.plan("a")
    assert plan.actions[0].candidate.filename == f"a-1.0-2-{WASM}.whl"


async def test_extras(world: World) -> None:
    world.publish("a", "1.0", extras={"x": ["b"], "all": ["a[x]", "c"]})
    world.publish("b", "1.0")
    world.publish("c", "1.0")
    assert versions(await world.plan("a[X]")) == {"a": "1.0", "b": "1.0"}
    assert versions(await world.plan("a[all]")) == {"a": "1.0", "b": "1.0", "c": "1.0"}
    plan = await world.plan("a[nope]")
    assert versions(plan) == {"a": "1.0"}
    assert "no extra named 'nope'" in plan.warnings[0]


async def test_an_extra_of_something_installed(world: World) -> None:
    world.publish("a", "1.0", extras={"x": ["b"]})
    world.publish("b", "1.0")
    await world.install("a")
    await world.install("a[x]")
    assert set(world.installed()) == {"a", "b"}


async def test_installed_dependants_are_not_broken(world: World) -> None:
    world.publish("a", "1.0", requires=["c<2"])
    world.publish("c", "1.0")
    world.publish("c", "2.0")
    await world.install("a")
    with pytest.raises(errors.Conflict) as caught:
        await world.install("c>=2")
    assert "a 1.0 needs c<2" in str(caught.value)
    world.publish("a", "1.1", requires=["c"])
    report = await world.install("c>=2")
    assert world.installed() == {"a": "1.1", "c": "2.0"}
    assert {item.name: item.replaced for item in report.added} == {"a": "1.0", "c": "1.0"}


async def test_a_wheel_by_url(world: World) -> None:
    filename, data = make_wheel("direct", "1.0", requires=["lib"])
    world.publish("lib", "1.0")
    served = world.index.add(filename, data, project="elsewhere")
    url = world.index.file_url(filename, "elsewhere")
    good = served.claimed_hashes()["sha256"]
    with pytest.raises(errors.HashMismatch) as caught:
        await world.install(f"{url}#sha256={'0' * 64}")
    assert caught.value.expected == "0" * 64
    assert world.installed() == {}
    report = await world.install(f"{url}#sha256={good}")
    assert set(world.installed()) == {"direct", "lib"}
    assert report.added[0].source == url
    assert good in (world.site / "direct-1.0.dist-info" / "direct_url.json").read_text()


async def test_a_wheel_by_path(world: World, tmp_path: Path) -> None:
    filename, data = make_wheel("local", "1.0")
    (tmp_path / filename).write_bytes(data)
    await world.install(str(tmp_path / filename))
    assert world.installed() == {"local": "1.0"}
    with pytest.raises(errors.InvalidInput, match="cannot read the wheel"):
        await world.install(str(tmp_path / "gone-1.0-py3-none-any.whl"))


async def test_a_url_among_the_dependencies(world: World) -> None:
    filename, data = make_wheel("dep", "9.0")
    world.index.add(filename, data, project="elsewhere")
    world.publish("dep", "1.0")
    world.publish("app", "1.0", requires=[f"dep @ {world.index.file_url(filename, 'elsewhere')}"])
    world.publish("other", "1.0", requires=["dep"])
    assert versions(await world.plan("app", "other")) == {"app": "1.0", "dep": "9.0", "other": "1.0"}


async def test_the_distribution_comes_first_and_costs_no_index_request(world: World) -> None:
    filename, data = make_wheel("num", "1.0", tag=WASM)
    world.index.mount("/dist/", lambda path: data if path == filename else None)
    world.lock["packages"] = {
        "num": {"name": "Num", "version": "1.0", "file_name": filename, "depends": [], "package_type": "package"}
    }
    world.publish("num", "2.0")
    assert versions(await world.plan("num")) == {"num": "1.0"}
    assert world.index.paths("/simple/*") == []
    assert versions(await world.plan("num>1")) == {"num": "2.0"}
    await world.install("num")
    assert world.installed() == {"num": "1.0"}


def distribution_has(world: World, name: str, version: str) -> str:
    """The file of a pure project in the lock, which its server does not have."""
    filename, _ = make_wheel(name, version)
    world.lock["packages"][name] = {
        "name": name,
        "version": version,
        "file_name": filename,
        "depends": [],
        "package_type": "package",
    }
    return filename


@pytest.mark.parametrize(
    ("status", "published", "hint"),
    [
        ("status:502", ["1.0", "2.0"], 'has tool 2.0, which fits as well: prefer="newest" takes it from there'),
        (
            "status:404",
            ["1.0"],
            'has tool 1.0, which fits as well: index_for={"tool": "test index"} takes it from there',
        ),
        ("status:502", ["0.9"], "try again later; no index has another file of tool that fits"),
        ("status:404", [], "`wasminstall bundle`; no index has another file of tool that fits"),
    ],
)
async def test_a_wheel_that_the_distribution_does_not_give(
    world: World, status: str, published: list[str], hint: str
) -> None:
    """An error all the same: nobody asked for the other file. What its hint says to type does work."""
    filename = distribution_has(world, "tool", "1.0")
    world.index.fault(f"/dist/{filename}", status)
    for version in published:
        world.publish("tool", version)
    world.publish("app", "1.0", requires=["tool>=1"])
    error = await refused(world, errors.HTTPStatusError, "app")
    assert filename in error.message
    assert error.hint.endswith(hint)
    if "newest" in hint:
        await world.install("app", prefer="newest")
        assert world.installed() == {"app": "1.0", "tool": "2.0"}


async def test_a_folder_without_the_wheels_of_the_distribution(world: World) -> None:
    """One error for all of them, the same whichever answer came first; what an index has is not offered one by one."""
    first, *_ = (distribution_has(world, name, "1.0") for name in ("lost-a", "lost-b", "lost-c"))
    world.index.fault(f"/dist/{first}", "status:503", 1)  # it is asked for again, after the others have failed
    world.publish("lost-b", "2.0")
    error = await refused(world, errors.HTTPStatusError, "lost-b", "lost-c", "lost-a")
    assert (error.filename, error.status) == (first, 404)
    assert error.url.endswith(f"/dist/{first}")
    assert error.message.startswith(f"{error.url} answered with HTTP status 404")
    assert error.message.endswith("; likewise 2 more of the Pyodide distribution")
    assert "leave out data-pyodide" in error.hint
    assert "lost-b" not in str(error)


@pytest.mark.parametrize("published", [False, True])
async def test_a_module_in_place_of_its_project(world: World, published: bool) -> None:
    """The lock knows what is in its projects; an index may have sources, and nothing else, under the module's name."""
    distribution_has(world, "scikit-tool", "1.0")
    world.lock["packages"]["scikit-tool"]["imports"] = ["skTool"]
    if published:
        world.index.add("sktool-0.1.tar.gz", b"")
    error = await refused(world, errors.NoCompatibleWheel if published else errors.UnknownProject, "skTool")
    assert "scikit-tool" in error.hint


async def test_no_way_out_is_invented_where_the_index_fails_too(world: World) -> None:
    world.index.fault(f"/dist/{distribution_has(world, 'tool', '1.0')}", "status:502")
    world.index.fault("/simple/*", "status:503")
    error = await refused(world, errors.HTTPStatusError, "tool")
    assert "/dist/" in error.url
    assert "try again later" in error.hint
    assert "tool" not in error.hint


BULK = {f"big/{number}.bin": random.Random(number).randbytes(10_000) for number in range(40)}


async def test_metadata_comes_from_the_tail_of_a_big_wheel(world: World) -> None:
    world.index.behave(metadata="off")
    world.publish("big", "1.0", files=BULK, requires=["lib"])
    world.publish("big", "2.0", files=BULK, requires=["gone"])
    world.publish("lib", "1.0")
    assert versions(await world.plan("big")) == {"big": "1.0", "lib": "1.0"}
    parts = [request for request in world.index.requests if request.path.endswith(".whl") and "big" in request.path]
    assert [request.status for request in parts] == [206, 206]
    assert all(request.size < 20_000 for request in parts)


async def test_a_server_without_ranges_gives_the_whole_wheel(world: World) -> None:
    world.index.behave(metadata="off", ranges=False)
    world.publish("big", "1.0", files=BULK)
    assert versions(await world.plan("big")) == {"big": "1.0"}


async def test_an_extra_of_a_distribution_package_is_read_from_its_wheel(world: World) -> None:
    """A lock entry knows no extras: the METADATA inside the wheel does."""
    filename, data = make_wheel("num", "1.0", tag=WASM, extras={"fast": ["speed"]})
    world.index.mount("/dist/", lambda path: data if path == filename else None)
    world.lock["packages"] = {"num": {"name": "num", "version": "1.0", "file_name": filename, "depends": []}}
    world.publish("speed", "1.0")
    assert versions(await world.plan("num[fast]")) == {"num": "1.0", "speed": "1.0"}


async def test_what_the_distribution_leaves_out_is_not_asked_for_later(world: World) -> None:
    filename, data = make_wheel("num", "1.0", tag=WASM, requires=["zones", "lib"])
    world.index.mount("/dist/", lambda path: data if path == filename else None)
    world.publish("lib", "1.0")
    entry = {"name": "num", "version": "1.0", "file_name": filename, "depends": ["lib"]}
    world.lock["packages"] = {"num": entry}
    await world.install("num")
    report = await world.install("num")
    assert (report.added, report.kept) == ((), ("lib", "num"))


async def test_a_module_that_is_in_memory_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish("stale-thing", "1.0")
    world.publish("stale-thing", "2.0")
    await world.install("stale-thing<2")
    monkeypatch.setitem(sys.modules, "stale_thing", ModuleType("stale_thing"))
    report = await world.install("stale-thing", upgrade=["stale-thing"])
    assert report.imported == ("stale-thing",)
    assert "stale-thing was imported before" in repr(report)


async def test_a_plan_shows_only_what_was_asked_about(world: World) -> None:
    world.publish("base", "1.0")
    world.publish("app", "1.0", requires=["base"])
    world.publish("other", "1.0", requires=["base"])
    await world.install("app", "other")
    assert versions(await world.plan("app")) == {"app": "1.0", "base": "1.0"}


async def test_an_archived_project_is_said_to_be_one(world: World) -> None:
    """PEP 792."""
    world.publish("old", "1.0")
    world.index.add_project("old", status="archived")
    assert (await world.plan("old")).warnings == ("old is marked as archived",)
