"""A lock that the desktop command wrote, in a page: installed in one round trip, and ``sync()`` to exactly it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from support.desktop import Desktop
from support.distribution import mount_distribution
from support.index_server import IndexServer
from support.node import run_in_node
from support.wheel_factory import make_wheel

NOBODY = "http://127.0.0.1:9/nobody/"


@dataclass(frozen=True)
class Locked:
    """An index, its locks as served, and where the distribution's files are."""

    server: IndexServer
    locks: str
    packages: str
    files: tuple[str, ...]
    """The paths of the wheels that the lock names."""


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Locked]:
    folder = tmp_path_factory.mktemp("locks")
    with IndexServer() as server:
        server.add(*make_wheel("app", "1.0", requires=["lib>=1", "six"]))
        server.add(*make_wheel("extra-lib", "1.0"))
        for version in ("1.0", "2.0"):
            server.add(*make_wheel("lib", version))
        server.add(*make_wheel("six", "1.0"))  # for those that have no distribution
        packages = mount_distribution(server, "pyodide")
        server.mount("/locks/", folder)
        desk = Desktop(server, folder)
        words = ("lock", "app", "-i", server.url, "--distribution", packages)
        for output, targets in (
            ("pylock.toml", ("pyodide-314", "wasi")),
            ("other.toml", ("wasi",)),
            ("requirements.txt", ("pyodide-314",)),
            ("pyodide-lock.json", ("pyodide-314",)),
        ):
            done = desk.run(*words, *(word for name in targets for word in ("-t", name)), "-o", str(folder / output))
            assert done.exit_code == 0, done.output
        text = (folder / "pylock.toml").read_text()
        digest = text.partition('lib-2.0-py3-none-any.whl"')[2].partition('sha256 = "')[2][:64]
        (folder / "wrong.toml").write_text(text.replace(digest, "0" * 64))
        six = next(path for path in _addresses(text) if "/six-" in path and path.startswith(packages))
        wheels = ("/files/app/app-1.0-py3-none-any.whl", "/files/lib/lib-2.0-py3-none-any.whl")
        yield Locked(server, f"{server.origin}/locks/", packages, (*wheels, six.removeprefix(server.origin)))


def _addresses(text: str) -> list[str]:
    return [part.partition('"')[0] for part in text.split('url = "')[1:]]


def test_a_page_installs_it_in_one_round_trip(locked: Locked) -> None:
    code = """
        import wasminstall
        wasminstall.set_default_index(nobody)
        report = await wasminstall.install(lock=lock)
        import app, lib, six
        result = [lib.__version__, sorted(item.name for item in report.added)]
    """
    server = locked.server
    server.requests.clear()
    server.peak_in_flight = 0
    server.behave(delay=0.3)
    found = run_in_node("pyodide", code, packages=locked.packages, lock=f"{locked.locks}pylock.toml", nobody=NOBODY)
    server.behave(delay=0.0)
    assert found == ["2.0", ["app", "lib", "six"]]
    asked = server.paths()
    assert asked[0] == "/locks/pylock.toml"
    assert sorted(asked[1:]) == sorted(locked.files)
    assert server.peak_in_flight == len(locked.files)


@pytest.fixture(scope="module")
def synchronised(locked: Locked) -> dict[str, Any]:
    """What happens to an interpreter that has other packages."""
    code = """
        import importlib.metadata, os, sysconfig
        import pyodide_js, wasminstall

        def tree():
            site = sysconfig.get_path("purelib")
            return sorted(os.path.join(where, name) for where, _, names in os.walk(site) for name in names)

        async def failure(lock):
            try:
                await wasminstall.sync(lock)
            except wasminstall.WasmInstallError as error:
                return type(error).__name__, str(error)

        wasminstall.set_default_index(nobody)
        await wasminstall.install(["lib==1.0", "extra-lib"], index_urls=index)
        await pyodide_js.loadPackage("pytz")
        before = tree()
        result = {"failures": [await failure(locks + name) for name in ("other.toml", "wrong.toml")]}
        plan = await wasminstall.sync(locks + "pylock.toml", dry_run=True)
        result["plan"] = {action.name: action.kind for action in plan.actions}
        result["untouched"] = tree() == before and wasminstall.freeze().splitlines()
        report = await wasminstall.sync(locks + "pylock.toml")
        import app, lib, six
        result["added"] = {item.name: item.replaced for item in report.added}
        result["removed"] = list(report.removed)
        result["left"] = [each.name for each in wasminstall.list()], sorted(pyodide_js.loadedPackages.to_py())
        result["gone"] = [path for path in tree() if "extra_lib" in path or "pytz" in path]
        again = [await wasminstall.sync(locks + name) for name in ("pylock.toml", "pyodide-lock.json")]
        result["again"] = [[*each.added, *each.removed] for each in again]
        kept = await wasminstall.install(file=locks + "requirements.txt")
        result["requirements"] = [kept.added, sorted(kept.kept)]
        result["check"] = len(wasminstall.check())
    """
    found: dict[str, Any] = run_in_node(
        "pyodide", code, packages=locked.packages, locks=locked.locks, index=locked.server.url, nobody=NOBODY
    )
    return found


def test_exactly_the_lock(synchronised: dict[str, Any]) -> None:
    assert synchronised["added"] == {"app": "", "lib": "1.0", "six": ""}
    assert [line.partition("==")[0] for line in synchronised["removed"]] == ["extra-lib", "pytz"]
    listed, loaded = synchronised["left"]
    assert listed == loaded == ["app", "lib", "six"]
    assert synchronised["gone"] == []
    assert synchronised["check"] == 0


def test_a_plan_first(synchronised: dict[str, Any]) -> None:
    kinds = {"app": "add", "extra-lib": "remove", "lib": "replace", "pytz": "remove", "six": "add"}
    assert synchronised["plan"] == kinds
    assert synchronised["untouched"]


def test_a_lock_for_others_and_a_wrong_hash_change_nothing(synchronised: dict[str, Any]) -> None:
    (other, why), (wrong, what) = synchronised["failures"]
    assert (other, wrong) == ("LockError", "HashMismatch")
    assert 'sys_platform == "wasi"' in why
    assert "lib-2.0-py3-none-any.whl" in what
    assert synchronised["untouched"]


def test_the_other_formats_say_the_same(synchronised: dict[str, Any]) -> None:
    assert synchronised["again"] == [[], []]
    assert synchronised["requirements"] == [[], ["app", "lib", "six"]]
