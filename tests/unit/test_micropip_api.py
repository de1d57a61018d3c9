"""The drop-in for micropip: its signatures, and what its documentation promises, on a desktop."""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import inspect
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from world import LINUX, World, world_on

import wasminstall.integrations.micropip as micropip
from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall import errors
from wasminstall.context import Access, Context
from wasminstall.indexes import Candidate, FirstThatHasIt, SimpleIndex
from wasminstall.integrations.micropip_freeze import frozen_lock
from wasminstall.locks.provenance import PROVENANCE_FILE, provenance_json


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world that ``micropip`` works in, with its folder on ``sys.path`` and nothing remembered of other tests."""
    with IndexServer() as index:
        async with world_on(index, tmp_path / "site") as made:

            def context(index_urls: list[str]) -> Context:
                given = made.context()
                if not index_urls:
                    return given
                chain = FirstThatHasIt([SimpleIndex(given.pages, url, given.target) for url in index_urls])
                return Context(given.target, given.environment, given.pages, (given.sources[0], chain))

            def in_world(access: Access | None = None) -> Context:
                return context(list((access and access.index_urls) or ()))

            monkeypatch.setattr(micropip, "current_context", in_world)
            monkeypatch.setattr(micropip, "_index_urls", ())
            monkeypatch.setattr(micropip, "_constraints", ())
            monkeypatch.setattr(micropip, "_mocks", type(micropip._mocks)())
            monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
            monkeypatch.syspath_prepend(tmp_path / "site")
            yield made


SIGNATURES = {
    "install": "(requirements, keep_going=False, deps=True, credentials=None, pre=False, index_urls=None, *, "
    "constraints=None, reinstall=False, verbose=None)",
    "uninstall": "(packages, *, verbose=False)",
    "list": "()",
    "freeze": "()",
    "add_mock_package": "(name, version, *, modules=None, persistent=False)",
    "list_mock_packages": "()",
    "remove_mock_package": "(name)",
    "set_index_urls": "(urls)",
    "set_constraints": "(constraints)",
}
"""Those of micropip 0.11.1, without annotations."""


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name: str) -> None:
    function = getattr(micropip, name)
    bare = [each.replace(annotation=each.empty) for each in inspect.signature(function).parameters.values()]
    assert str(inspect.Signature(bare)) == SIGNATURES[name]
    assert inspect.iscoroutinefunction(function) is (name == "install")
    assert name in micropip.__all__


# --- install --------------------------------------------------------------------------------------------------------


async def test_install_gives_nothing_back(world: World) -> None:
    world.publish("app", "1", requires=["lib"])
    world.publish("lib", "1")
    assert await micropip.install("app") is None  # type: ignore[func-returns-value]
    assert world.installed() == {"app": "1", "lib": "1"}
    await micropip.install(["app", "lib"])


async def test_deps_and_pre(world: World) -> None:
    world.publish("app", "1", requires=["lib"])
    world.publish("app", "2b1", requires=["lib"])
    await micropip.install("app", deps=False, pre=True)
    assert world.installed() == {"app": "2b1"}


@pytest.mark.parametrize("keep_going", [False, True])
async def test_everything_that_is_missing_is_named(world: World, keep_going: bool) -> None:
    world.publish("app", "1", requires=["native", "gone"])
    world.publish("native", "1", tag=LINUX)
    with pytest.raises(ValueError, match="native") as caught:
        await micropip.install(["app", "nowhere"], keep_going)
    assert all(name in str(caught.value) for name in ("native", "gone", "nowhere"))
    assert isinstance(caught.value.__cause__, errors.ResolutionError)
    assert world.installed() == {}


@pytest.mark.parametrize(
    ("requirement", "cause"),
    [
        ("no such syntax", errors.InvalidRequirement),
        ("nowhere", errors.UnknownProject),
        ("http://127.0.0.1:9/gone-1-py3-none-any.whl", errors.NetworkError),
        ("emfs:/gone-1-py3-none-any.whl", errors.InvalidInput),
    ],
)
async def test_errors_are_value_errors(world: World, requirement: str, cause: type[Exception]) -> None:
    with pytest.raises(ValueError, match=r"\w") as caught:
        await micropip.install(requirement)
    assert isinstance(caught.value.__cause__, cause)


async def test_wheels_by_address(world: World, tmp_path: Path) -> None:
    filename, data = make_wheel("direct", "1", requires=["lib"])
    world.index.add(filename, data, project="elsewhere")
    world.publish("lib", "1")
    local, content = make_wheel("local", "1")
    (tmp_path / local).write_bytes(content)
    url = world.index.file_url(filename, "elsewhere")
    await micropip.install([url, f"emfs:{tmp_path / local}"])
    assert world.installed() == {"direct": "1", "lib": "1", "local": "1"}
    sources = {name: item.source for name, item in micropip.list().items()}
    assert sources == {"direct": url, "lib": "pypi", "local": f"emfs:{tmp_path / local}"}


async def test_constraints(world: World) -> None:
    for version in ("1", "2"):
        world.publish("lib", version)
        world.publish("other", version)
    world.publish("app", "1", requires=["lib", "other"])
    micropip.set_constraints(["lib<2", "never==1"])
    await micropip.install("app", constraints=["other==1"])
    assert world.installed() == {"app": "1", "lib": "2", "other": "1"}
    micropip.uninstall(["lib", "app"])
    await micropip.install("app")
    assert world.installed() == {"app": "1", "lib": "1", "other": "1"}


async def test_what_is_installed_is_kept_unless_reinstall(world: World) -> None:
    world.publish("a", "1")
    world.publish("a", "2")
    await micropip.install("a==1")
    await micropip.install("a")
    with pytest.raises(ValueError, match="a==1") as caught:
        await micropip.install("a>=2")
    assert "reinstall=True" in str(caught.value)
    assert world.installed() == {"a": "1"}
    await micropip.install("a>=2", reinstall=True)
    assert world.installed() == {"a": "2"}


async def test_a_dependency_may_not_replace_what_is_installed_either(world: World) -> None:
    world.publish("a", "1")
    world.publish("a", "2")
    world.publish("app", "1", requires=["a"])
    world.publish("app", "2", requires=["a>=2"])
    await micropip.install("a==1")
    await micropip.install("app")
    assert world.installed() == {"a": "1", "app": "1"}


async def test_a_wheel_by_address_replaces(world: World) -> None:
    world.publish("a", "1")
    await micropip.install("a")
    filename, data = make_wheel("a", "2")
    world.index.add(filename, data, project="elsewhere")
    await micropip.install(world.index.file_url(filename, "elsewhere"))
    assert world.installed() == {"a": "2"}


async def test_verbose_prints_and_quiet_does_not(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.publish("a", "1")
    world.publish("b", "1")
    await micropip.install("a")
    micropip.uninstall("a")
    assert capsys.readouterr().out == ""
    await micropip.install("b", verbose=True)
    micropip.uninstall("b", verbose=True)
    shown = capsys.readouterr().out
    assert "Installed 1" in shown
    assert "Successfully uninstalled b-1" in shown


# --- where from -----------------------------------------------------------------------------------------------------


async def test_index_urls(world: World) -> None:
    with IndexServer() as first, IndexServer() as second:
        first.add(*make_wheel("a", "1"))
        second.add(*make_wheel("a", "2"))
        second.add(*make_wheel("b", "2"))
        await micropip.install(["a", "b"], index_urls=[first.url, second.url])
        assert world.installed() == {"a": "1", "b": "2"}
        micropip.uninstall(["a", "b"])
        micropip.set_index_urls(second.url.rstrip("/"))
        await micropip.install("a")
        assert world.installed() == {"a": "2"}
    assert world.index.requests == []


@pytest.mark.parametrize("kind", ["json", "html", "pypi"])
async def test_index_urls_with_a_placeholder(world: World, kind: str) -> None:
    world.index.behave(html=kind == "html", json=kind == "json")
    with IndexServer() as other:
        other.add(*make_wheel("unused", "1"))
        template = world.index.url + "{package_name}/"
        if kind == "pypi":
            template = world.index.origin + "/pypi/{package_name}/json"
            world.index.mount("/pypi/", lambda path: json_api(world, path))
        world.publish("app", "1", requires=["lib"])
        world.publish("app", "2", requires_python="<3")
        world.publish("app", "3", yanked="it broke")
        world.publish("lib", "1")
        await micropip.install("app", index_urls=[other.url, template])
        assert world.installed() == {"app": "1", "lib": "1"}
        with pytest.raises(ValueError, match=r"no project named 'gone'.*\{package_name\}"):
            await micropip.install("gone", index_urls=template)


def json_api(world: World, path: str) -> bytes | None:
    """What ``INDEX/pypi/NAME/json`` says."""
    name = path.split("/")[0]
    served = world.index._projects.get(name)
    if served is None:
        return None
    releases: dict[str, list[dict[str, Any]]] = {}
    for file in served.files:
        releases.setdefault(file.filename.split("-")[1], []).append(
            {
                "filename": file.filename,
                "url": world.index.file_url(file.filename),
                "digests": file.claimed_hashes(),
                "size": len(file.data),
                "requires_python": file.requires_python,
                "yanked": bool(file.yanked),
                "yanked_reason": file.yanked or None,
            }
        )
    return json.dumps({"info": {"name": name}, "releases": releases}).encode()


async def test_a_placeholder_address_that_is_no_index(world: World) -> None:
    world.index.mount("/odd/", lambda path: b'{"neither": "nor"}')
    with pytest.raises(ValueError, match="neither the Simple API nor the JSON API") as caught:
        await micropip.install("a", index_urls=world.index.origin + "/odd/{package_name}.json")
    assert isinstance(caught.value.__cause__, errors.IndexAnswerError)
    world.index.fault("/odd/*", "status:401")
    with pytest.raises(ValueError, match="401"):
        await micropip.install("a", index_urls=world.index.origin + "/odd/{package_name}.json")


# --- list, uninstall ------------------------------------------------------------------------------------------------


async def test_list(world: World) -> None:
    filename, data = make_wheel("Zope.Thing", "1.0")
    world.index.add(filename, data, project="zope-thing")
    world.publish("lib", "12.0")
    await micropip.install(["zope.thing", "lib"])
    found = micropip.list()
    assert "Zope_Thing" in found
    assert "nowhere" not in found
    assert found["zope.thing"] == micropip.PackageMetadata("Zope.Thing", "1.0", "pypi")
    name, version, source = found["lib"]
    assert (name, version, source) == ("lib", "12.0", "pypi")
    assert repr(found).splitlines() == [
        "Name       | Version | Source",
        "---------- | ------- | ------",
        "lib        | 12.0    | pypi",
        "Zope.Thing | 1.0     | pypi",
    ]
    del found["LIB"]
    assert list(found) == ["zope-thing"]


async def test_list_says_what_pyodide_said(world: World) -> None:
    for name, files in {"theirs": {"PYODIDE_SOURCE": "pyodide"}, "foreign": {"INSTALLER": "pip"}}.items():
        info = world.site / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        for file, text in files.items():
            (info / file).write_text(text)
    assert micropip.list() == {"theirs": ("theirs", "1", "pyodide")}


async def test_uninstall_skips_what_is_not_there(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.publish("a", "1")
    await micropip.install("a")
    micropip.uninstall(["nowhere", "A"])
    assert world.installed() == {}
    assert "Skipping 'nowhere' as it is not installed." in caplog.text


async def test_uninstall_says_when_it_cannot(world: World) -> None:
    info = world.site / "a-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: a\nVersion: 1\n")
    with pytest.raises(ValueError, match="no RECORD"):
        micropip.uninstall("a")


async def test_uninstall_never_waits() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(5)

    with pytest.raises(RuntimeError, match="await that first"):
        micropip._finish(waits())


# --- mock packages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persistent", [False, True])
async def test_mock_packages(world: World, persistent: bool) -> None:
    modules = {"mock_mod": "\n    value = 1\n    ", "mock_mod.sub": None}
    micropip.add_mock_package("Mock_Pkg", "1.5", modules=modules, persistent=persistent)
    module = importlib.import_module("mock_mod.sub")
    assert importlib.import_module("mock_mod").value == 1
    assert module.__name__ == "mock_mod.sub"
    assert importlib.metadata.version("mock-pkg") == "1.5"
    assert micropip.list_mock_packages() == ["Mock_Pkg"]
    assert "mock-pkg" not in micropip.list()

    world.publish("app", "1", requires=["mock-pkg>=1"])
    await micropip.install("app")
    assert set(world.installed()) - {"mock-pkg"} == {"app"}
    with pytest.raises(ValueError, match="mock-pkg"):
        await micropip.install("mock-pkg>=2")

    micropip.remove_mock_package("mock-pkg")
    assert micropip.list_mock_packages() == []
    assert "mock_mod" not in sys.modules
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("mock_mod")
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("mock-pkg")


async def test_a_mock_package_has_a_module_of_its_own_name(world: World) -> None:
    micropip.add_mock_package("just_a_name", "1")
    assert importlib.import_module("just_a_name").__spec__ is not None
    micropip.add_mock_package("just_a_name", "2")
    assert importlib.metadata.version("just-a-name") == "2"
    assert {item.name for item in importlib.metadata.distributions()} >= {"just_a_name"}
    micropip.remove_mock_package("just-a-name")
    assert micropip._mocks not in sys.meta_path


async def test_a_mocked_module_made_by_a_function(world: World) -> None:
    def fill(module: ModuleType) -> None:
        module.__dict__["answer"] = 42

    micropip.add_mock_package("made", "1", modules={"made_here": fill})
    assert importlib.import_module("made_here").answer == 42
    micropip.remove_mock_package("made")
    with pytest.raises(TypeError, match="made_here"):
        micropip.add_mock_package("made", "1", modules={"made_here": fill}, persistent=True)
    assert world.installed() == {}


async def test_only_mocks_are_removed_as_mocks(world: World) -> None:
    world.publish("real", "1")
    await micropip.install("real")
    with pytest.raises(ValueError, match="not a mock"):
        micropip.remove_mock_package("real")
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        micropip.remove_mock_package("nowhere")
    assert world.installed() == {"real": "1"}


# --- freeze ---------------------------------------------------------------------------------------------------------

LOCK = {
    "info": {"python": "3.14.2", "platform": "emscripten_5_0_3", "arch": "wasm32", "abi_version": "2026_0"},
    "packages": {
        "num": {"name": "num", "version": "1", "file_name": "num-1.whl", "sha256": "11", "depends": []},
        "lib": {"name": "lib", "version": "1", "file_name": "https://else/lib-1.whl", "sha256": "22", "depends": []},
    },
}


async def test_freeze(world: World) -> None:
    filename, data = make_wheel("direct", "1", requires=["lib[x]"])
    digest = world.index.add(filename, data, project="elsewhere").claimed_hashes()["sha256"]
    url = world.index.file_url(filename, "elsewhere")
    world.publish("lib", "2", extras={"x": ["more"]}, files={"lib/__init__.py": "", "lib_extra.py": ""})
    world.publish("more", "1")
    plan = await world.plan(f"{url}#sha256={digest}")
    await micropip.install(f"{url}#sha256={digest}")
    for action in plan.actions:
        record_origin(world, action.candidate)
    micropip.add_mock_package("pretended", "1", persistent=True)

    text, left_out = frozen_lock(world.context(), LOCK, "https://cdn/full/")
    lock = json.loads(text)
    assert left_out == ()
    assert lock["info"] == LOCK["info"]
    assert list(lock["packages"]) == ["direct", "lib", "more", "num"]
    assert lock["packages"]["num"]["file_name"] == "https://cdn/full/num-1.whl"
    assert lock["packages"]["direct"] == {
        "name": "direct",
        "version": "1",
        "file_name": url,
        "install_dir": "site",
        "sha256": digest,
        "package_type": "package",
        "imports": ["direct"],
        "depends": ["lib"],
        "unvendored_tests": False,
    }
    lib = lock["packages"]["lib"]
    assert (lib["version"], lib["imports"], lib["depends"]) == ("2", ["lib", "lib_extra"], ["more"])
    assert lib["file_name"].startswith(world.index.origin)


def record_origin(world: World, candidate: Candidate) -> None:
    """As placing it does."""
    info = next(world.site.glob(f"{candidate.name}-*.dist-info"))
    if not (info / PROVENANCE_FILE).exists():
        (info / PROVENANCE_FILE).write_bytes(provenance_json(candidate, b""))


async def test_freeze_records_what_an_index_gave(world: World) -> None:
    """Without any help of the test: placing a wheel writes down where it came from."""
    world.publish("app", "1")
    await micropip.install("app")
    text, left_out = frozen_lock(world.context(), LOCK, "https://cdn/full/")
    assert left_out == ()
    assert json.loads(text)["packages"]["app"]["file_name"] == world.index.file_url("app-1-py3-none-any.whl")


async def test_freeze_leaves_out_what_nobody_could_fetch(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filename, data = make_wheel("local", "1")
    (tmp_path / filename).write_bytes(data)
    await micropip.install(f"emfs:{tmp_path / filename}")
    assert json.loads(micropip.freeze())["packages"] == {}
    assert "freeze() leaves out" in caplog.text
    assert "local" in caplog.text
