"""The drop-in beside micropip itself, in the real runtime: one table of calls, the same results from both.

micropip comes from the Pyodide distribution, by its sha256; each of the two has a runtime of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.distribution import ROOT, mount_distribution
from support.index_server import IndexServer
from support.node import run_in_node
from support.wheel_factory import make_wheel

CALLS: dict[str, str] = {
    "pure wheel": """
        await micropip.install("app")
        import app
        result = [app.__version__, names()]
    """,
    "dependency": "result = importlib.import_module('lib').__version__",
    "returns nothing": "result = await micropip.install(['app', 'lib>=1'])",
    "list": """
        found = micropip.list()
        result = [[item.name, item.version, item.source] for item in (found["APP"], found["lib"])]
    """,
    "list shows as a table": """
        rows = [[cell.strip() for cell in line.split("|")] for line in repr(micropip.list()).splitlines()]
        result = sorted(row for row in rows if row[0] in ("Name", "app", "lib"))
    """,
    "loadedPackages": "result = sorted(name for name in pyodide_js.loadedPackages.to_py() if name in ('app', 'lib'))",
    "importlib.metadata": "result = importlib.metadata.version('app')",
    "already there": "await micropip.install('app==1.0')\nresult = names()",
    "another version is an error": "await micropip.install('app==0.9')",
    "reinstall": """
        await micropip.install("app==0.9", reinstall=True)
        result = [importlib.metadata.version("app"), importlib.metadata.version("lib")]
    """,
    "wheel by URL": """
        await micropip.install(url)
        import direct
        result = [direct.__version__, micropip.list()["direct"].source == url]
    """,
    "wheel in the file system": """
        pathlib.Path("/tmp/" + local).write_bytes(base64.b64decode(content))
        await micropip.install("emfs:/tmp/" + local)
        import local
        result = [local.__version__, micropip.list()["local"].source]
    """,
    "no deps": """
        await micropip.install("needy", deps=False)
        result = "needy" in micropip.list()
        micropip.uninstall("needy")
    """,
    "pre-release": """
        await micropip.install("early", pre=True)
        result = importlib.metadata.version("early")
    """,
    "final release": """
        micropip.uninstall("early")
        await micropip.install("early")
        result = importlib.metadata.version("early")
    """,
    "constraint": """
        await micropip.install("many", constraints=["many<2"])
        result = importlib.metadata.version("many")
    """,
    "set constraints": """
        micropip.uninstall("many")
        micropip.set_constraints(["many<3"])
        await micropip.install("many")
        micropip.set_constraints([])
        result = importlib.metadata.version("many")
    """,
    "index_urls": """
        micropip.uninstall("many")
        await micropip.install("many", index_urls=[index.rstrip('/')])
        result = importlib.metadata.version("many")
    """,
    "index_urls with a placeholder": """
        await micropip.install("placed", index_urls=index + "{package_name}/")
        result = importlib.metadata.version("placed")
    """,
    "from the distribution": """
        await micropip.install("six")
        import six
        result = list(micropip.list()["six"])
    """,
    "freeze": """
        lock = json.loads(micropip.freeze())
        ours = {name: lock["packages"][name] for name in ("app", "lib", "direct", "placed", "six", "numpy")}
        for name in ("six", "numpy"):  # micropip names the folder where Node keeps packages: ours is an address
            ours[name]["file_name"] = ours[name]["file_name"].rsplit("/", 1)[-1]
        result = [
            sorted(lock),
            sorted(lock["info"]),
            sorted(set(lock["packages"]) - {"local"}),
            {name: [entry["version"], entry["file_name"], entry["sha256"]] for name, entry in ours.items()},
            sorted(ours["app"]["depends"]),
        ]
    """,
    "uninstall": """
        micropip.uninstall("direct")
        result = ["direct" in micropip.list(), "direct" in pyodide_js.loadedPackages.to_py()]
    """,
    "uninstall what is not there": "result = micropip.uninstall(['never-there'])",
    "mock package": """
        micropip.add_mock_package("pretended", "1.5", modules={"pretended_a": "x = 1", "pretended_b": None or ""})
        import pretended_a, pretended_b
        result = [pretended_a.x, micropip.list_mock_packages(), importlib.metadata.version("pretended")]
    """,
    "mock package by a function": """
        micropip.add_mock_package("made", "1", modules={"made": lambda module: setattr(module, "y", 2)})
        import made
        result = made.y
    """,
    "mock package on disk": """
        micropip.add_mock_package("kept", "2", modules={"kept.deep": "z = 3"}, persistent=True)
        import kept.deep
        result = [kept.deep.z, sorted(micropip.list_mock_packages()), "kept" in micropip.list()]
    """,
    "mock package as a dependency": """
        await micropip.install("wants-mocks")
        result = [importlib.metadata.version("wants-mocks"), importlib.metadata.version("pretended")]
    """,
    "mock packages removed": """
        for name in ("pretended", "made", "kept"):
            micropip.remove_mock_package(name)
        result = [micropip.list_mock_packages(), importlib.util.find_spec("pretended_a") is None]
    """,
    "what is no mock package": "micropip.remove_mock_package('app')",
    "no such mock package": "micropip.remove_mock_package('never-there')",
    "unknown project": "await micropip.install('nowhere')",
    "no wheel": "await micropip.install('native')",
    "not a requirement": "await micropip.install('not a requirement')",
    "everything that is missing": """
        try:
            await micropip.install(["native", "nowhere", "broken"], keep_going=True)
        except ValueError as error:
            result = [name for name in ("native", "nowhere", "gone", "app") if name in str(error)]
    """,
}
"""In this order, in one interpreter; the value of ``result``, or the type of what is raised, is compared."""

CODE = """
    import base64, importlib, importlib.metadata, importlib.util, pathlib, sys, textwrap
    import pyodide_js, wasminstall
    from pyodide.code import eval_code_async

    if dropin:
        import wasminstall.integrations.micropip as micropip
        wasminstall.set_default_index(index)
    else:
        await pyodide_js.loadPackage("micropip")
        import micropip
        micropip.set_index_urls([index.rstrip("/")])

    def names():
        return sorted(name for name in micropip.list() if name != "micropip")

    space = dict(globals())
    outcomes = {}
    for name, code in calls.items():
        space["result"] = None
        try:
            await eval_code_async(textwrap.dedent(code), space)
            outcomes[name] = json.loads(json.dumps(space["result"]))
        except Exception as error:
            base = next((kind for kind in (ValueError, ImportError) if isinstance(error, kind)), type(error))
            outcomes[name] = "raises " + base.__name__
            if base not in (ValueError, ImportError) or name not in expected_errors:
                outcomes[name] += ": " + str(error)
    result = outcomes
"""

ERRORS = (
    "another version is an error",
    "what is no mock package",
    "no such mock package",
    "unknown project",
    "no wheel",
    "not a requirement",
)


@pytest.fixture(scope="module")
def server() -> Iterator[IndexServer]:
    with IndexServer() as index:
        for version in ("0.9", "1.0"):
            index.add(*make_wheel("app", version, requires=["lib>=1; os_name == 'posix'", "win; os_name == 'nt'"]))
        index.add(*make_wheel("lib", "1.5"))
        index.add(*make_wheel("needy", "1.0", requires=["nowhere"]))
        index.add(*make_wheel("broken", "1.0", requires=["gone"]))
        index.add(*make_wheel("placed", "1.0"))
        index.add(*make_wheel("wants-mocks", "1.0", requires=["pretended>=1", "made", "kept<3"]))
        index.add(*make_wheel("native", "1.0", tag="cp314-cp314-manylinux_2_17_x86_64"))
        for version in ("1.0", "2.0b1"):
            index.add(*make_wheel("early", version))
        for version in ("1.0", "2.0", "3.0"):
            index.add(*make_wheel("many", version))
        index.add(*make_wheel("direct", "1.0"), project="elsewhere")
        yield index


def run(server: IndexServer, code: str, **values: Any) -> Any:
    """Python in a Pyodide whose distribution is on the server."""
    base = mount_distribution(server, "pyodide", "/314/")
    return run_in_node("pyodide", code, packages=base, index=server.url, **values)


@pytest.fixture(scope="module")
def results(server: IndexServer) -> dict[str, dict[str, Any]]:
    """What each of the two gave, by call."""
    filename, data = make_wheel("local", "1.0")
    values = {
        "calls": CALLS,
        "expected_errors": ERRORS,
        "url": server.file_url("direct-1.0-py3-none-any.whl", "elsewhere"),
        "local": filename,
        "content": base64.b64encode(data).decode(),
    }
    return {
        "micropip": run(server, CODE, dropin=False, **values),
        "drop-in": run(server, CODE, dropin=True, **values),
    }


@pytest.mark.parametrize("call", CALLS)
def test_the_same_as_micropip(results: dict[str, dict[str, Any]], call: str) -> None:
    assert results["drop-in"][call] == results["micropip"][call]
    assert (str(results["drop-in"][call]) == "raises ValueError") <= (call in ERRORS)


def test_pyodide_starts_with_what_was_frozen(server: IndexServer, tmp_path: Path) -> None:
    """``lockFileContents`` of a fresh runtime; ``loadPackage`` brings the package and what it needs.

    In Node, Pyodide takes any file name for one below ``packageBaseUrl``, addresses too: they are cut short here, and
    what is served there comes from the addresses.
    """
    server.mount("/relay/", lambda name: httpx.get(server.file_url(name)).content)
    found = run(
        server,
        """
        import js, wasminstall
        import wasminstall.integrations.micropip as micropip
        from pyodide.ffi import to_js
        wasminstall.set_default_index(index)
        await micropip.install("app")
        lock = json.loads(micropip.freeze())
        for entry in lock["packages"].values():
            entry["file_name"] = entry["file_name"].rsplit("/", 1)[-1]
        config = {"lockFileContents": json.dumps(lock), "packageBaseUrl": relay, "packageCacheDir": cache}
        start = js.Function.new("url", "config", "return import(url).then((module) => module.loadPyodide(config))")
        other = await start(core + "pyodide.mjs", to_js(config, dict_converter=js.Object.fromEntries))
        said = []
        await other.loadPackage("app", messageCallback=said.append, errorCallback=said.append)
        result = other.runPython("import app, lib; app.__version__ + ' ' + lib.__version__")
        """,
        relay=f"{server.origin}/relay/",
        cache=str(tmp_path),
        core=(ROOT / "node_modules" / "pyodide").as_uri() + "/",
    )
    assert found == "1.0 1.5"
