"""The corner cases of wheels named by address, in requirements, dependencies and constraints (PEP 508, PEP 610)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from world import World, versions

from support.wheel_factory import make_wheel
from wasminstall import errors


def add_direct(world: World, name: str, version: str, project: str = "elsewhere") -> str:
    filename, data = make_wheel(name, version)
    world.index.add(filename, data, project=project)
    return world.index.file_url(filename, project)


async def test_two_addresses_of_one_project_conflict(world: World) -> None:
    one, two = add_direct(world, "dep", "1.0"), add_direct(world, "dep", "1.0", "mirror")
    world.publish("app", "1.0", requires=[f"dep @ {one}"])
    assert versions(await world.plan("app", f"dep @ {one}")) == {"app": "1.0", "dep": "1.0"}
    with pytest.raises(errors.Conflict) as caught:
        await world.install("app", f"dep @ {two}")
    assert one in str(caught.value)
    assert two in str(caught.value)


async def test_an_address_pins_against_specifiers(world: World) -> None:
    url = add_direct(world, "dep", "1.0")
    world.publish("dep", "2.0")
    world.publish("fine", "1.0", requires=["dep<2"])
    world.publish("not-fine", "1.0", requires=["dep>=2"])
    assert versions(await world.plan(f"dep @ {url}", "fine")) == {"dep": "1.0", "fine": "1.0"}
    with pytest.raises(errors.Conflict):
        await world.plan(f"dep @ {url}", "not-fine")


async def test_a_constraint_may_be_an_address(world: World) -> None:
    """As with pip: whoever asks for the project gets that wheel; nobody asks, nobody gets it."""
    url = add_direct(world, "dep", "1.5")
    world.publish("dep", "2.0")
    world.publish("app", "1.0", requires=["dep>=1"])
    assert versions(await world.plan("app", constraints=[f"dep @ {url}"])) == {"app": "1.0", "dep": "1.5"}
    assert versions(await world.plan("dep", constraints=[f"dep @ {url}"])) == {"dep": "1.5"}
    assert versions(await world.plan("dep", constraints=[f"other @ {url}"])) == {"dep": "2.0"}
    with pytest.raises(errors.Conflict):
        await world.plan("dep>=2", constraints=[f"dep @ {url}"])


async def test_an_address_of_a_pre_release_needs_no_opt_in(world: World) -> None:
    url = add_direct(world, "dep", "2.0rc1")
    world.publish("dep", "1.0")
    world.publish("app", "1.0", requires=["dep>=1"])
    assert versions(await world.plan("app", f"dep @ {url}")) == {"app": "1.0", "dep": "2.0rc1"}


@pytest.mark.parametrize("turned", [False, True])
async def test_two_hashes_for_one_address_are_never_both_right(world: World, turned: bool) -> None:
    url = add_direct(world, "dep", "1.0")
    good, bad = world.index._projects["elsewhere"].files[0].claimed_hashes()["sha256"], "1" * 64
    first, second = (bad, good) if turned else (good, bad)
    world.publish("app", "1.0", requires=[f"dep @ {url}#sha256={first}"])
    with pytest.raises((errors.Conflict, errors.HashMismatch)):
        await world.install("app", f"dep @ {url}#sha256={second}")
    assert world.installed() == {}


async def test_a_hash_in_one_of_two_equal_addresses_is_checked(world: World) -> None:
    url = add_direct(world, "dep", "1.0")
    world.publish("app", "1.0", requires=[f"dep @ {url}#sha256={'1' * 64}"])
    with pytest.raises(errors.HashMismatch):
        await world.install("app", f"dep @ {url}")
    assert world.installed() == {}


async def test_an_address_of_another_project_is_an_error(world: World) -> None:
    url = add_direct(world, "other", "1.0")
    with pytest.raises(errors.InvalidRequirement, match="the wheel is of other"):
        await world.plan(f"dep @ {url}")
    world.publish("app", "2.0", requires=[f"dep @ {url}"])
    world.publish("app", "1.0")
    assert versions(await world.plan("app")) == {"app": "1.0"}  # in metadata it costs that version


async def test_an_address_of_a_rejected_parent_does_not_leak(world: World) -> None:
    url = add_direct(world, "dep", "9.0")
    world.publish("dep", "1.0")
    world.publish("app", "2.0", requires=[f"dep @ {url}", "gone"])
    world.publish("app", "1.0", requires=["dep>=5"])
    with pytest.raises(errors.ResolutionError):
        await world.plan("app")
    world.publish("app", "1.0", requires=["dep"])
    assert versions(await world.plan("app")) == {"app": "1.0", "dep": "1.0"}


async def test_direct_url_json_for_addresses_and_only_for_them(world: World) -> None:
    """PEP 610."""
    url = add_direct(world, "dep", "1.0")
    world.publish("app", "1.0", requires=[f"dep @ {url}", "lib"])
    world.publish("lib", "1.0")
    await world.install("app")
    found = {path.parent.name: json.loads(path.read_text()) for path in world.site.glob("*/direct_url.json")}
    assert found == {"dep-1.0.dist-info": {"url": url, "archive_info": {}}}


@pytest.mark.parametrize("written", ["{path}", "file://{quoted}", "emfs:{path}", "local-lib @ file://{quoted}"])
async def test_a_path_in_every_spelling(world: World, tmp_path: Path, written: str) -> None:
    folder = tmp_path / "my wheels"
    folder.mkdir()
    filename, data = make_wheel("local-lib", "1.0+cpu")
    (folder / filename).write_bytes(data)
    quoted = str(folder / filename).replace(" ", "%20").replace("+", "%2B")
    await world.install(written.format(path=folder / filename, quoted=quoted))
    assert world.installed() == {"local-lib": "1.0+cpu"}


async def test_paths_that_end_alike_are_not_the_same(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    filename, data = make_wheel("local", "1.0")
    (tmp_path / filename).write_bytes(data)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / filename).write_bytes(data)
    with pytest.raises(errors.Conflict):
        await world.plan(filename, f"sub/{filename}")
