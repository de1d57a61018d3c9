"""``install(file=..., constraints=..., lock=...)`` and ``lock()`` as a user calls them, over real HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from public_world import open_to_the_public, second_interpreter
from world import LINUX, World, versions, world_on

import wasminstall
from support.index_server import IndexServer
from support.wheel_factory import make_wheel
from wasminstall import errors


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    with IndexServer() as index:
        async with world_on(index, tmp_path / "site") as made:
            open_to_the_public(made, monkeypatch)
            for version in ("1.0", "2.0"):
                made.publish("app", version, requires=["lib>=1"], extras={"more": ["extra-lib"]})
                made.publish("lib", version)
            made.publish("extra-lib", "1.0")
            yield made


def serve(world: World, files: Mapping[str, str]) -> str:
    """Files below a URL, which is returned."""
    world.index.mount("/raw/", lambda path: files[path].encode() if path in files else None)
    return f"{world.index.origin}/raw"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def planned(**options: Any) -> dict[str, str]:
    plan = await wasminstall.install(dry_run=True, **options)
    return versions(plan)


# --- requirements files --------------------------------------------------------------------------------------------

NESTED = {
    "requirements.txt": "app  # the application\n-r more/others.txt\n-c limits.txt\n",
    "more/others.txt": "extra-lib\n",
    "limits.txt": "app<2\nlib<2\nnever-asked-for==1\n",
}


async def test_a_requirements_file_by_path(world: World, tmp_path: Path) -> None:
    for name, text in NESTED.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    await wasminstall.install(file=str(tmp_path / "requirements.txt"))
    assert world.installed() == {"app": "1.0", "extra-lib": "1.0", "lib": "1.0"}
    assert (world.site / "app-1.0.dist-info" / "REQUESTED").exists()


async def test_a_requirements_file_by_url(world: World) -> None:
    base = serve(world, NESTED)
    assert await planned(file=f"{base}/requirements.txt") == {"app": "1.0", "extra-lib": "1.0", "lib": "1.0"}
    asked = world.index.paths("/raw/*")
    assert sorted(asked) == ["/raw/limits.txt", "/raw/more/others.txt", "/raw/requirements.txt"]  # each once


async def test_a_requirements_file_as_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELOW", "2")
    assert await planned(file="app \\\n  <${BELOW}\nextra-lib; sys_platform == 'win32'\n") == {
        "app": "1.0",
        "lib": "2.0",
    }


async def test_a_file_and_requirements_together(world: World) -> None:
    assert await planned(requirements=["extra-lib"], file="app<2\n") == {
        "app": "1.0",
        "extra-lib": "1.0",
        "lib": "2.0",
    }


async def test_an_include_that_is_not_there_changes_nothing(world: World) -> None:
    base = serve(world, {"requirements.txt": "app\n-r gone.txt\n"})
    with pytest.raises(errors.HTTPStatusError) as caught:
        await wasminstall.install(file=f"{base}/requirements.txt")
    assert f"included at {base}/requirements.txt:2" in caught.value.__notes__
    assert world.installed() == {}


@pytest.mark.parametrize("kind", ["path", "URL", "text", "list"])
async def test_constraints_in_every_form(world: World, tmp_path: Path, kind: str) -> None:
    text = "# limits\nlib<2\nnever-asked-for==1\n"
    (tmp_path / "limits.txt").write_text(text)
    forms: dict[str, str | list[str]] = {
        "path": str(tmp_path / "limits.txt"),
        "URL": serve(world, {"limits.txt": text}) + "/limits.txt",
        "text": text,
        "list": ["lib<2", "never-asked-for==1"],
    }
    assert await planned(requirements="app", constraints=forms[kind]) == {"app": "2.0", "lib": "1.0"}


async def test_index_options_of_a_file(world: World) -> None:
    with IndexServer() as other:
        filename, data = make_wheel("app", "7.0")
        other.add(filename, data)
        assert await planned(file=f"--index-url {other.url}\napp\n") == {"app": "7.0"}
        assert world.index.requests == []
        assert await planned(file=f"--extra-index-url {other.url}\napp<2\n") == {"app": "1.0", "lib": "2.0"}
        with pytest.raises(errors.UnknownProject):
            await wasminstall.install(file="--no-index\napp\n")


async def test_pre_in_a_file(world: World) -> None:
    world.publish("app", "3.0b1")
    assert await planned(file="--pre\napp\n") == {"app": "3.0b1"}


# --- hashes --------------------------------------------------------------------------------------------------------


async def test_hashes_of_a_file(world: World) -> None:
    app, lib = world.publish("hashed", "1.0", requires=["dep"]), world.publish("dep", "1.0")
    good = f"hashed==1.0 --hash=sha256:{sha256(app)}\n"
    await wasminstall.install(file=f"{good}dep --hash=sha256:{'0' * 64} --hash=sha256:{sha256(lib)}\n")
    assert world.installed() == {"dep": "1.0", "hashed": "1.0"}


async def test_a_wrong_hash_is_no_match(world: World) -> None:
    world.publish("hashed", "1.0")
    with pytest.raises(errors.ResolutionError) as caught:
        await wasminstall.install(file=f"hashed==1.0 --hash=sha256:{'0' * 64}\n")
    assert "its hash is none of those that were given" in str(caught.value)
    assert world.installed() == {}


async def test_a_dependency_without_hash_is_refused_before_it_is_fetched(world: World) -> None:
    """pip: with one hash, or with --require-hashes, everything needs one, dependencies too."""
    app = world.publish("hashed", "1.0", requires=["dep"])
    world.publish("dep", "1.0")
    with pytest.raises(errors.InvalidInput) as caught:
        await wasminstall.install(file=f"hashed==1.0 --hash=sha256:{sha256(app)}\n")
    assert "none is given for: dep" in str(caught.value)
    assert world.index.paths("*/dep-*.whl") == []
    with pytest.raises(errors.InvalidInput, match="none is given for: app, lib"):
        await wasminstall.install("app", require_hashes=True)
    assert world.installed() == {}


@pytest.mark.parametrize("announced", [{}, None], ids=["index without hashes", "index with sha256 only"])
async def test_a_hash_the_index_does_not_announce_is_checked_on_the_bytes(
    world: World, announced: dict[str, str] | None
) -> None:
    """The user's hash counts, whatever the index says or does not say (pip, hash-checking mode)."""
    filename, data = make_wheel("quiet", "1.0")
    world.index.add(filename, data, hashes=announced)
    with pytest.raises(errors.HashMismatch) as caught:
        await wasminstall.install(file=f"quiet --hash=sha512:{'0' * 128}\n")
    assert caught.value.algorithm == "sha512"
    assert world.installed() == {}
    await wasminstall.install(file=f"quiet --hash=sha512:{hashlib.sha512(data).hexdigest()}\n")
    assert world.installed() == {"quiet": "1.0"}


async def test_the_hash_of_a_url_requirement_is_checked(world: World) -> None:
    filename, data = make_wheel("direct", "1.0")
    world.index.add(filename, data, project="elsewhere")
    url = world.index.file_url(filename, "elsewhere")
    with pytest.raises(errors.HashMismatch):
        await wasminstall.install(file=f"direct @ {url} --hash=sha256:{'0' * 64}\n")
    assert world.installed() == {}
    await wasminstall.install(file=f"direct @ {url} --hash=sha256:{sha256(data)}\n")
    assert world.installed() == {"direct": "1.0"}


async def test_a_fragment_is_a_hash_too(world: World) -> None:
    filename, data = make_wheel("direct", "1.0")
    world.index.add(filename, data, project="elsewhere")
    url = world.index.file_url(filename, "elsewhere")
    with pytest.raises(errors.InvalidInput, match="none is given for: direct"):
        await wasminstall.install(url, require_hashes=True)
    await wasminstall.install(f"{url}#sha256={sha256(data)}", require_hashes=True)
    assert world.installed() == {"direct": "1.0"}


# --- projects and scripts ------------------------------------------------------------------------------------------

PROJECT = """
[project]
name = "mine"
version = "1"
requires-python = ">=3.11"
dependencies = ["app<2"]
[project.optional-dependencies]
Big_Extra = ["extra-lib"]
all = ["mine[big-extra]"]
[dependency-groups]
test = ["lib<2", {include-group = "lint"}]
lint = ["extra-lib"]
"""


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, {"app": "1.0", "lib": "2.0"}),
        ({"extras": ["big.extra"]}, {"app": "1.0", "extra-lib": "1.0", "lib": "2.0"}),  # PEP 685
        ({"extras": ["all"]}, {"app": "1.0", "extra-lib": "1.0", "lib": "2.0"}),
        ({"groups": ["test"]}, {"extra-lib": "1.0", "lib": "1.0"}),  # PEP 735: a group without the project
        ({"groups": ["test"], "extras": ["all"]}, {"app": "1.0", "extra-lib": "1.0", "lib": "1.0"}),
    ],
)
async def test_a_project(world: World, tmp_path: Path, chosen: dict[str, list[str]], expected: dict[str, str]) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    url = serve(world, {"pyproject.toml": PROJECT}) + "/pyproject.toml"
    for file in (str(tmp_path / "pyproject.toml"), url, PROJECT):
        assert await planned(file=file, **chosen) == expected


def script(python: str) -> str:
    return f'# /// script\n# requires-python = "{python}"\n# dependencies = ["app<2"]\n# ///\nimport app\n'


async def test_a_script(world: World, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(script(">=3.12"))
    for file in (str(tmp_path / "run.py"), script(">=3.12")):
        assert await planned(file=file) == {"app": "1.0", "lib": "2.0"}


@pytest.mark.parametrize("file", [script("<3.14"), PROJECT.replace(">=3.11", ">=3.15")])
async def test_what_is_for_another_python_asks_nobody(world: World, file: str) -> None:
    with pytest.raises(errors.PythonMismatch, match=r"3\.14\.2"):
        await wasminstall.install(file=file)
    assert world.index.requests == []


# --- locks ---------------------------------------------------------------------------------------------------------


async def test_a_lock_gives_the_same_again_with_one_request_a_wheel(world: World, tmp_path: Path) -> None:
    filename, data = make_wheel("direct", "1.0")
    world.index.add(filename, data, project="elsewhere")
    await wasminstall.install(["app[more]<2", world.index.file_url(filename, "elsewhere")])
    before, locked = world.installed(), wasminstall.lock()
    assert wasminstall.lock() == locked  # byte for byte
    world.publish("lib", "9.0")  # a lock does not care
    second_interpreter(world, tmp_path / "second")
    await wasminstall.install(lock=locked)
    assert world.installed() == before == {"app": "1.0", "direct": "1.0", "extra-lib": "1.0", "lib": "2.0"}
    assert world.index.paths("/simple/*") == []
    assert world.index.paths("*.metadata") == []
    assert sorted(path.rsplit("/", 1)[-1] for path in world.index.paths()) == [
        "app-1.0-py3-none-any.whl",
        "direct-1.0-py3-none-any.whl",
        "extra_lib-1.0-py3-none-any.whl",
        "lib-2.0-py3-none-any.whl",
    ]
    assert wasminstall.lock() == locked  # and from there the same lock again
    assert wasminstall.freeze().splitlines()[1].startswith("direct @ http://")


@pytest.mark.parametrize("form", ["path", "URL"])
async def test_where_a_lock_lies(world: World, tmp_path: Path, form: str) -> None:
    await wasminstall.install("app")
    locked = wasminstall.lock()
    (tmp_path / "pylock.page.toml").write_text(locked)
    url = serve(world, {"pylock.toml": locked}) + "/pylock.toml"
    second_interpreter(world, tmp_path / "second")
    await wasminstall.install(lock=str(tmp_path / "pylock.page.toml") if form == "path" else url)
    assert world.installed() == {"app": "2.0", "lib": "2.0"}


async def test_the_lock_as_pyodide_writes_it(world: World, tmp_path: Path) -> None:
    await wasminstall.install(["app<2", "extra-lib"])
    locked = wasminstall.lock(format="pyodide-lock")
    assert wasminstall.lock(format="pyodide-lock") == locked
    assert json.loads(locked)["packages"]["app"]["depends"] == ["lib"]
    second_interpreter(world, tmp_path / "second")
    await wasminstall.install("app", lock=locked)
    assert world.installed() == {"app": "1.0", "lib": "2.0"}
    assert world.index.paths("/simple/*") == []


async def test_a_lock_for_another_target_is_refused(world: World, tmp_path: Path) -> None:
    await wasminstall.install("app")
    locked = wasminstall.lock()
    second_interpreter(world, tmp_path / "second")
    with pytest.raises(errors.LockError, match="it is not for pyodide-314"):
        await wasminstall.install(lock=locked.replace("emscripten", "linux"))
    with pytest.raises(errors.LockError, match="no wheel for this target"):
        await wasminstall.install(lock=locked.replace("py3-none-any", LINUX))
    assert (world.index.requests, world.installed()) == ([], {})


async def test_a_lock_with_a_wrong_hash_installs_nothing(world: World, tmp_path: Path) -> None:
    await wasminstall.install("app")
    good = sha256(next(file for file in world.index._projects["lib"].files if "2.0" in file.filename).data)
    locked = wasminstall.lock()
    assert good in locked
    second_interpreter(world, tmp_path / "second")
    with pytest.raises(errors.HashMismatch) as caught:
        await wasminstall.install(lock=locked.replace(good, "0" * 64))
    assert caught.value.filename == "lib-2.0-py3-none-any.whl"
    assert world.installed() == {}


async def test_a_lock_needs_no_other_hashes(world: World, tmp_path: Path) -> None:
    """Every hash of a lock is required anyway."""
    await wasminstall.install("app")
    locked = wasminstall.lock()
    second_interpreter(world, tmp_path / "second")
    await wasminstall.install(lock=locked, require_hashes=True)
    assert world.installed() == {"app": "2.0", "lib": "2.0"}


async def test_another_version_than_the_locked_one_is_replaced(world: World, tmp_path: Path) -> None:
    await wasminstall.install("app<2", constraints=["lib<2"])
    locked = wasminstall.lock()
    second_interpreter(world, tmp_path / "second")
    await wasminstall.install(["app", "extra-lib"])
    report = await wasminstall.install(lock=locked)
    assert {item.name: (item.version, item.replaced) for item in report.added} == {
        "app": ("1.0", "2.0"),
        "lib": ("1.0", "2.0"),
    }
    assert world.installed() == {"app": "1.0", "extra-lib": "1.0", "lib": "1.0"}
    world.index.requests.clear()
    report = await wasminstall.install(lock=locked)
    assert (report.added, report.kept, list(world.index.requests)) == ((), ("app", "lib"), [])


async def test_another_file_of_the_locked_version_is_replaced(world: World, tmp_path: Path) -> None:
    await wasminstall.install("lib")
    locked = wasminstall.lock()
    filename, data = make_wheel("lib", "2.0", files={"lib/__init__.py": "# not that file"})
    (tmp_path / filename).write_bytes(data)
    second_interpreter(world, tmp_path / "second")
    await wasminstall.install(str(tmp_path / filename))
    report = await wasminstall.install(lock=locked)
    assert [(item.name, item.replaced) for item in report.added] == [("lib", "2.0")]
    assert wasminstall.lock() == locked
    assert (world.site / "lib" / "__init__.py").read_text() == "__version__ = '2.0'\n"


async def test_a_lock_is_no_file_and_a_file_is_no_lock(world: World) -> None:
    await wasminstall.install("app")
    locked = wasminstall.lock()
    with pytest.raises(errors.InvalidInput, match="is a lock"):
        await wasminstall.install(file=locked)
    with pytest.raises(errors.InvalidInput, match="is no lock"):
        await wasminstall.install(lock="app\nlib\n")
    with pytest.raises(errors.LockError, match="as a whole"):
        await wasminstall.install("extra-lib", lock=locked)


async def test_one_constraint_needs_no_list(world: World) -> None:
    for version in ("1.0", "2.0"):
        world.publish("lib", version)
    plan = await wasminstall.install("lib", constraints="lib<2", dry_run=True)
    assert versions(plan) == {"lib": "1.0"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"requirements": None}, "must be a requirement or a list of them, not None"),
        ({"requirements": 42}, "must be a requirement or a list of them, not int: 42"),
        ({"requirements": "-r requirements.txt"}, "-r is file=..."),
        ({"requirements": "lib", "prefer": "newset"}, "'distribution' or 'newest'"),
        ({"requirements": "lib", "index_strategy": "any"}, "'first-index' or 'best-match'"),
        ({"file": ""}, "names no file"),
        ({"lock": ""}, "names no file"),
    ],
)
async def test_wrong_arguments_are_named(world: World, options: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        await wasminstall.install(**options)
    assert said in str(caught.value)
    assert world.installed() == {}


async def test_nothing_asked_for(world: World) -> None:
    assert repr(await wasminstall.install([])) == "Nothing was asked for"
