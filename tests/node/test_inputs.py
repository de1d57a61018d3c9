"""Files and locks in the real runtime: what a page hands to ``install()``, and what ``lock()`` hands back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.distribution import ROOT, mount_distribution
from support.index_server import IndexServer
from support.node import run_in_node
from support.wheel_factory import make_wheel

FILES = {
    "requirements.txt": "app  # the application\n-r more/others.txt\n-c limits.txt\n",
    "more/others.txt": "extra-lib\n",
    "limits.txt": "app<2\nlib<2\nnever-asked-for==1\n",
    "pyproject.toml": (
        '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["app<2"]\n'
        '[project.optional-dependencies]\nmore = ["extra-lib"]\n'
        '[dependency-groups]\ntest = ["lib<2"]\n'
    ),
}
SCRIPT = '# /// script\n# requires-python = "{}"\n# dependencies = ["app<2"]\n# ///\nimport app\n'

CALLS = """
    import pathlib, wasminstall
    wasminstall.set_default_index(index)
    for name, text in files.items():
        path = pathlib.Path("/tmp/inputs", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    async def planned(**options):
        try:
            plan = await wasminstall.install(dry_run=True, **options)
        except wasminstall.WasmInstallError as error:
            return f"{type(error).__name__}: {error}"
        return {action.name: action.version for action in plan.changes}

    result = {}
    for name, options in calls.items():
        result[name] = await planned(**options)
"""

LOCKED = {"app": "1.0", "direct": "1.0", "extra-lib": "1.0", "lib": "2.0"}
INSTALL_AND_LOCK = """
    import wasminstall
    wasminstall.set_default_index(index)
    await wasminstall.install(["app<2", "extra-lib", direct])
    text, for_pyodide = wasminstall.lock(), wasminstall.lock(format="pyodide-lock")
    import app, lib
    result = {
        "lock": text,
        "again": wasminstall.lock() == text and wasminstall.lock(format="pyodide-lock") == for_pyodide,
        "for_pyodide": for_pyodide,
    }
"""
FROM_A_LOCK = """
    import wasminstall
    wasminstall.set_default_index("http://127.0.0.1:9/nobody/")
    report = await wasminstall.install(lock=text)
    import app, direct, lib
    result = {
        "installed": {item.name: item.version for item in report.added},
        "imported": [app.__version__, direct.__version__, lib.__version__],
        "lock": wasminstall.lock(),
    }
"""


@pytest.fixture(scope="module")
def server() -> Iterator[IndexServer]:
    with IndexServer() as index:
        for version in ("1.0", "2.0"):
            index.add(*make_wheel("app", version, requires=["lib>=1"]))
            index.add(*make_wheel("lib", version))
        index.add(*make_wheel("extra-lib", "1.0"))
        index.add(*make_wheel("direct", "1.0"), project="elsewhere")
        index.add(*make_wheel("numpy", "0.1"))
        index.mount("/raw/", lambda path: FILES[path].encode() if path in FILES else None)
        yield index


@pytest.fixture(scope="module")
def other() -> Iterator[IndexServer]:
    with IndexServer() as index:
        index.add(*make_wheel("app", "7.0"))
        yield index


@pytest.fixture(scope="module")
def planned(server: IndexServer, other: IndexServer) -> dict[str, Any]:
    """What each call would install, by name."""
    digest = hashlib.sha256(make_wheel("extra-lib", "1.0")[1]).hexdigest()
    calls: dict[str, dict[str, Any]] = {
        "path": {"file": "/tmp/inputs/requirements.txt"},
        "emfs": {"file": "emfs:/tmp/inputs/requirements.txt"},
        "url": {"file": f"{server.origin}/raw/requirements.txt"},
        "text": {"file": "app<2\n# and\nextra-lib; sys_platform == 'emscripten'\nno; sys_platform == 'win32'\n"},
        "constraints": {"requirements": "app", "constraints": "/tmp/inputs/limits.txt"},
        "index": {"file": f"--index-url {other.url}\napp\n"},
        "hash": {"file": f"extra-lib --hash=sha256:{digest}\n"},
        "wrong hash": {"file": f"extra-lib --hash=sha256:{'0' * 64}\n"},
        "bare dependency": {"requirements": ["app"], "require_hashes": True},
        "project": {"file": "/tmp/inputs/pyproject.toml"},
        "extra": {"file": f"{server.origin}/raw/pyproject.toml", "extras": ["more"]},
        "group": {"file": FILES["pyproject.toml"], "groups": ["test"]},
        "script": {"file": SCRIPT.format(">=3.12")},
        "script for others": {"file": SCRIPT.format("<3.14")},
        "tied": {"requirements": "numpy", "index_for": {"NumPy": server.url}},
        "tied elsewhere": {"requirements": "numpy", "index_for": {"numpy": other.url}},
    }
    found: dict[str, Any] = run_in_node("pyodide", CALLS, calls=calls, files=FILES, index=server.url)
    return found


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("path", {"app": "1.0", "extra-lib": "1.0", "lib": "1.0"}),
        ("emfs", {"app": "1.0", "extra-lib": "1.0", "lib": "1.0"}),
        ("url", {"app": "1.0", "extra-lib": "1.0", "lib": "1.0"}),
        ("text", {"app": "1.0", "extra-lib": "1.0", "lib": "2.0"}),
        ("constraints", {"app": "1.0", "lib": "1.0"}),
        ("index", {"app": "7.0"}),
        ("hash", {"extra-lib": "1.0"}),
        ("wrong hash", "its hash is none of those that were given"),
        ("bare dependency", "none is given for: app, lib"),
        ("project", {"app": "1.0", "lib": "2.0"}),
        ("extra", {"app": "1.0", "extra-lib": "1.0", "lib": "2.0"}),
        ("group", {"lib": "1.0"}),
        ("script", {"app": "1.0", "lib": "2.0"}),
        ("script for others", "needs Python <3.14"),
        ("tied", {"numpy": "0.1"}),  # although the Pyodide distribution has one
        ("tied elsewhere", "UnknownProject"),
    ],
)
def test_what_a_file_asks_for(planned: dict[str, Any], call: str, expected: dict[str, str] | str) -> None:
    if isinstance(expected, str):
        assert expected in planned[call]
    else:
        assert planned[call] == expected


@pytest.fixture(scope="module")
def locked(server: IndexServer) -> dict[str, Any]:
    """Both locks of one interpreter."""
    url = server.file_url("direct-1.0-py3-none-any.whl", "elsewhere")
    found: dict[str, Any] = run_in_node("pyodide", INSTALL_AND_LOCK, index=server.url, direct=url)
    return found


def test_a_lock_twice_is_the_same(locked: dict[str, Any]) -> None:
    assert locked["again"]


def test_a_second_interpreter_from_the_lock(server: IndexServer, locked: dict[str, Any]) -> None:
    """No index, no metadata, one request a wheel; and its own lock is the same text."""
    server.requests.clear()
    found = run_in_node("pyodide", FROM_A_LOCK, text=locked["lock"])
    assert found["installed"] == LOCKED
    assert found["imported"] == ["1.0", "1.0", "2.0"]
    assert found["lock"] == locked["lock"]
    assert sorted(path.rsplit("/", 1)[-1] for path in server.paths()) == [
        f"{name.replace('-', '_')}-{version}-py3-none-any.whl" for name, version in sorted(LOCKED.items())
    ]


def test_locks_that_are_not_for_us(server: IndexServer, locked: dict[str, Any]) -> None:
    good = hashlib.sha256(make_wheel("lib", "2.0")[1]).hexdigest()
    assert good in locked["lock"]
    wrong = {
        "another Python": locked["lock"].replace("python_version == '3.14'", "python_version == '3.13'"),
        "wrong hash": locked["lock"].replace(good, "0" * 64),
        "wrong hash for Pyodide": locked["for_pyodide"].replace(good, "0" * 64),
    }
    code = """
        import wasminstall
        before, result = wasminstall.freeze(), {}
        for name, text in wrong.items():
            try:
                await wasminstall.install(lock=text)
            except wasminstall.WasmInstallError as error:
                result[name] = [type(error).__name__, wasminstall.freeze() == before]
    """
    assert run_in_node("pyodide", code, wrong=wrong) == {
        "another Python": ["LockError", True],
        "wrong hash": ["HashMismatch", True],
        "wrong hash for Pyodide": ["HashMismatch", True],
    }


def test_an_interpreter_that_has_something_else(server: IndexServer, locked: dict[str, Any]) -> None:
    """A lock puts in place what it names, and leaves alone what it does not name."""
    code = """
        import wasminstall
        wasminstall.set_default_index(index)
        await wasminstall.install(["app", "numpy"], index_for={"numpy": index}, constraints=["lib<2"])
        report = await wasminstall.install(lock=text)
        result = [
            {item.name: item.replaced for item in report.added},
            {item.name: item.version for item in wasminstall.list()},
        ]
    """
    replaced, after = run_in_node("pyodide", code, index=server.url, text=locked["lock"])
    assert replaced == {"app": "2.0", "direct": "", "extra-lib": "", "lib": "1.0"}
    assert after == LOCKED | {"numpy": "0.1"}


def test_pyodide_itself_starts_with_the_lock(server: IndexServer, locked: dict[str, Any], tmp_path: Path) -> None:
    """``lockFileContents`` of a fresh runtime, and ``loadPackage`` of it: nothing of ours is there.

    In Node, Pyodide takes any file name for one below ``packageBaseUrl``, addresses too: they are cut short here, and
    what is served there comes from the addresses.
    """
    server.mount("/relay/", lambda name: httpx.get(server.file_url(name)).content)
    found = run_in_node(
        "pyodide",
        """
        import js
        from pyodide.ffi import to_js
        lock = json.loads(text)
        for entry in lock["packages"].values():
            entry["file_name"] = entry["file_name"].rsplit("/", 1)[-1]
        config = {"lockFileContents": json.dumps(lock), "packageBaseUrl": relay, "packageCacheDir": cache}
        start = js.Function.new("url", "config", "return import(url).then((module) => module.loadPyodide(config))")
        other = await start(core + "pyodide.mjs", to_js(config, dict_converter=js.Object.fromEntries))
        said = []
        await other.loadPackage("app", messageCallback=said.append, errorCallback=said.append)
        result = [other.runPython("import app, lib; app.__version__ + ' ' + lib.__version__"), said[-1]]
        """,
        text=locked["for_pyodide"],
        relay=f"{server.origin}/relay/",
        cache=str(tmp_path),
        core=(ROOT / "node_modules" / "pyodide").as_uri() + "/",
    )
    assert found == ["1.0 2.0", "Loaded app, lib"]


def test_a_lock_of_the_distribution_with_its_libraries(server: IndexServer) -> None:
    """Pyodide 0.28: scipy needs libopenblas, an archive of shared libraries that has no ``.dist-info``."""
    base = mount_distribution(server, "pyodide-0.28", "/0.28/")
    code = """
        import wasminstall
        wasminstall.set_default_index(index)
        report = await wasminstall.install(**options)
        import scipy.linalg
        again = await wasminstall.install(**options)
        result = {
            "added": [f"{item.name} {item.version}" for item in report.added],
            "again": [item.name for item in again.added],
            "determinant": float(scipy.linalg.det([[1, 2], [3, 4]])),
            "lock": wasminstall.lock(),
            "for_pyodide": wasminstall.lock(format="pyodide-lock"),
        }
    """
    first = run_in_node("pyodide-0.28", code, packages=base, index=server.url, options={"requirements": "scipy"})
    assert any(name.startswith("libopenblas ") for name in first["added"])
    for options in ({"lock": first["lock"]}, {"lock": first["for_pyodide"], "requirements": "scipy"}):
        server.requests.clear()
        second = run_in_node("pyodide-0.28", code, packages=base, index="http://127.0.0.1:9/", options=options)
        assert second["added"] == first["added"]
        assert (second["again"], second["determinant"]) == ([], pytest.approx(-2))
        assert (second["lock"], second["for_pyodide"]) == (first["lock"], first["for_pyodide"])
        assert len(server.paths()) == len(set(server.paths())) == len(first["added"])
