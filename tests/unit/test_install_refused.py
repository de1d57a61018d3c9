"""What ``install`` cannot do: one typed error each, and the environment untouched."""

from __future__ import annotations

from world import LINUX, World, refused

from support.wheel_factory import make_wheel
from wasminstall import errors


async def test_unknown_project(world: World) -> None:
    world.publish("app", "1.0", requires=["no-such-thing"])
    error = await refused(world, errors.UnknownProject, "app")
    assert error.name == "no-such-thing"
    assert "asked for by app 1.0" in str(error)
    assert "test index" in str(error)


async def test_no_wheel_for_this_target(world: World) -> None:
    world.publish("native", "1.0", tag=LINUX)
    world.publish("native", "1.1", tag="cp313-cp313-pyodide_2025_0_wasm32")
    world.index.add("native-1.1.tar.gz", b"")
    error = await refused(world, errors.NoCompatibleWheel, "native")
    assert "pyodide_2025_0_wasm32" in str(error)
    assert "manylinux" in str(error)
    assert "another Pyodide" in error.hint


async def test_only_an_sdist(world: World) -> None:
    world.index.add("old-1.0.tar.gz", b"")
    error = await refused(world, errors.NoCompatibleWheel, "old")
    assert "source" in error.hint


async def test_python_too_new(world: World) -> None:
    world.publish("a", "1.0", requires_python="<3.10")
    error = await refused(world, errors.PythonMismatch, "a")
    assert "<3.10" in str(error)
    assert "3.14.2" in str(error)


async def test_no_such_version(world: World) -> None:
    world.publish("a", "1.0")
    error = await refused(world, errors.NoMatchingVersion, "a>=2")
    assert "1.0" in str(error)
    assert "a>=2" in str(error)


async def test_conflict_names_both_sides(world: World) -> None:
    world.publish("a", "1.0", requires=["c>=2"])
    world.publish("b", "1.0", requires=["c<2"])
    world.publish("c", "1.0")
    world.publish("c", "2.0")
    error = await refused(world, errors.Conflict, "a", "b")
    assert "a 1.0 needs c>=2" in str(error)
    assert "b 1.0 needs c<2" in str(error)
    assert error.projects == ("c",)


async def test_wrong_hash(world: World) -> None:
    filename, data = make_wheel("a", "1.0")
    world.index.add(filename, data, hashes={"sha256": "0" * 64})
    error = await refused(world, errors.HashMismatch, "a")
    assert error.expected == "0" * 64


async def test_an_index_that_is_down_is_an_error(world: World) -> None:
    world.index.fault("/simple/a/*", "status:503")
    error = await refused(world, errors.HTTPStatusError, "a")
    assert error.status == 503


async def test_an_index_that_recovers_is_none(world: World) -> None:
    world.publish("a", "1.0")
    world.index.fault("/simple/a/*", "status:503", times=1)
    await world.install("a")


async def test_a_log_in_page_is_no_index(world: World) -> None:
    world.publish("a", "1.0")
    world.index.fault("/simple/a/*", "captive_portal")
    error = await refused(world, errors.IndexAnswerError, "a")
    assert "log" in error.hint


async def test_an_index_of_another_major_version(world: World) -> None:
    """PEP 629."""
    world.publish("a", "1.0")
    world.index.behave(api_version="2.0")
    await refused(world, errors.IndexAnswerError, "a")


async def test_metadata_that_is_not_the_announced_one(world: World) -> None:
    filename, data = make_wheel("a", "1.0")
    world.index.add(filename, data, metadata=b"Metadata-Version: 2.1\nName: b\nVersion: 1.0\n")
    error = await refused(world, errors.Conflict, "a")
    assert "its METADATA is of b" in str(error)


async def test_metadata_that_hides_a_dependency(world: World) -> None:
    filename, data = make_wheel("a", "1.0", requires=["b"])
    world.index.add(filename, data, metadata=b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n")
    error = await refused(world, errors.InvalidWheel, "a")
    assert "not the ones its index announced" in str(error)


async def test_unsafe_wheel_changes_nothing(world: World) -> None:
    world.publish("good", "1.0")
    filename, data = make_wheel("a", "1.0", record="a/__init__.py,sha256=AAAA,1\n")
    world.index.add(filename, data)
    await refused(world, errors.WheelError, "a", "good")


async def test_a_project_in_quarantine_is_not_installed(world: World) -> None:
    """PEP 792: an index offers no files of it; should it do so all the same, they are not taken."""
    world.publish("bad", "1.0")
    world.index.add_project("bad", status="quarantined")
    error = await refused(world, errors.NoMatchingVersion, "bad")
    assert "quarantine" in str(error)
