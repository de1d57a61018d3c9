"""Makes every error of wasminstall happen and keeps what it says: ``python docs/examples/errors.py``.

The errors come from the real code, against the index server of the test suite and a folder to install into. The page
"Errors" shows ``errors.json``, "Ten messages" shows ``messages.json``; a test compares both with a new run, so the
pages cannot say what the code does not.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [path for path in (str(ROOT / "tests"), str(ROOT / "tests" / "unit")) if path not in sys.path]

from world import LINUX, World, world_on  # noqa: E402

from support.index_server import IndexServer  # noqa: E402
from support.wheel_factory import Member, make_wheel  # noqa: E402
from wasminstall.cache import Cache  # noqa: E402
from wasminstall.cache.folder import FolderStore  # noqa: E402
from wasminstall.context import Access  # noqa: E402
from wasminstall.environment import Environment  # noqa: E402
from wasminstall.errors import WasmInstallError  # noqa: E402
from wasminstall.hosts.folder import FolderHost  # noqa: E402
from wasminstall.installing import install_into  # noqa: E402
from wasminstall.locks.pylock import read_pylock  # noqa: E402
from wasminstall.requirements import read_requirements  # noqa: E402
from wasminstall.targets import named_target  # noqa: E402

__all__ = ["CASES", "MESSAGES", "Case", "collect", "collect_messages"]

HERE = Path(__file__).parent
TARGET = named_target("pyodide-314")
SHA = "4f2c" * 16
OTHER_ABI = "cp313-cp313-pyemscripten_2025_0_wasm32"


@dataclass(frozen=True)
class Case:
    """One error: when it happens, what was asked, and how to make it happen."""

    when: str
    code: str
    provoke: Callable[[World], Awaitable[object]]


async def invalid_input(world: World) -> object:
    return await world.install("/tmp/moved-1.0-py3-none-any.whl")


async def invalid_requirement(_world: World) -> object:
    return read_requirements("pandas = 2.2")


async def lock_error(_world: World) -> object:
    text = """
        lock-version = "1.0"
        created-by = "another tool"
        packages = [
            {name = "fastlines", version = "3.1", wheels = [WHEEL]},
            {name = "survey", version = "1.2", sdist = SDIST},
        ]
    """
    wheel = (
        f'{{name = "fastlines-3.1-{LINUX}.whl", url = "https://index.example/a.whl", hashes = {{sha256 = "{SHA}"}}}}'
    )
    sdist = f'{{name = "survey-1.2.tar.gz", url = "https://index.example/a.tar.gz", hashes = {{sha256 = "{SHA}"}}}}'
    return read_pylock(text.replace("WHEEL", wheel).replace("SDIST", sdist), "pylock.toml", TARGET)


async def unknown_target(_world: World) -> object:
    return named_target("pyodide-3.14")


async def unknown_project(world: World) -> object:
    world.publish("survey", "1.2", requires=["survey-maps"])
    return await world.install("survey")


async def no_matching_version(world: World) -> object:
    world.publish("survey", "1.0")
    world.publish("survey", "1.1", yanked="wrong projection")
    return await world.install("survey>=1.1")


async def no_compatible_wheel(world: World) -> object:
    world.publish("survey", "1.2", requires=["fastlines"])
    for version in ("3.0", "3.1"):
        world.publish("fastlines", version, tag=LINUX)
        world.index.add(f"fastlines-{version}.tar.gz", b"")
    return await world.install("survey")


async def python_mismatch(world: World) -> object:
    world.publish("survey", "0.9", requires_python="<3.12")
    return await world.install("survey")


async def conflict(world: World) -> object:
    world.publish("survey", "1.2", requires=["geometry>=2"])
    world.publish("legacy-plots", "0.3", requires=["geometry<2"])
    world.publish("geometry", "1.9")
    world.publish("geometry", "2.4")
    return await world.install("survey", "legacy-plots")


async def several_errors(world: World) -> object:
    world.publish("fastlines", "3.1", tag=LINUX)
    return await world.install("fastlines", "survey-maps")


async def not_in_cache(world: World) -> object:
    with tempfile.TemporaryDirectory() as folder:
        world.cache = Cache(FolderStore(Path(folder)))
        world.publish("survey", "1.2", requires=["survey-maps"])
        world.publish("survey-maps", "0.4")
        await world.install("survey", deps=False)
        world.publish("survey", "1.3")
        wish = world.wish("survey")
        return await install_into(world.context(Access(offline=True)), wish)


async def network_error(world: World) -> object:
    world.index.fault("/simple/survey/*", "close_before_answer")
    return await world.install("survey")


async def http_status_error(world: World) -> object:
    world.index.fault("/simple/survey/*", "status:403")
    return await world.install("survey")


async def index_answer_error(world: World) -> object:
    world.publish("survey", "1.2")
    world.index.fault("/simple/survey/*", "captive_portal")
    return await world.install("survey")


async def hash_mismatch(world: World) -> object:
    filename, data = make_wheel("survey", "1.2")
    world.index.add(filename, data, hashes={"sha256": SHA})
    return await world.install("survey")


async def invalid_wheel(world: World) -> object:
    filename, data = make_wheel("survey", "1.2", omit=["WHEEL"], unlisted=["survey-1.2.dist-info/WHEEL"])
    world.index.add(filename, data)
    return await world.install("survey")


async def unsafe_wheel(world: World) -> object:
    filename, data = make_wheel("survey", "1.2", members=[Member("../../home/web_user/.profile", b"")])
    world.index.add(filename, data)
    return await world.install("survey")


async def environment_state_error(world: World) -> object:
    world.publish("survey", "1.2")
    await world.install("survey")
    (world.site / "survey-1.2.dist-info" / "RECORD").unlink()
    return await Environment(FolderHost(world.site)).apply(remove=["survey"])


async def not_installed(world: World) -> object:
    return await Environment(FolderHost(world.site)).apply(remove=["survey"])


async def placement_failed(world: World) -> object:
    world.publish("survey", "1.2", files={"survey/__init__.py": "", "shared.py": "one = 1\n"})
    world.publish("atlas", "2.0", files={"atlas/__init__.py": "", "shared.py": "two = 2\n"})
    return await world.install("survey", "atlas")


async def misspelt(world: World) -> object:
    world.lock["packages"] = {name: {**LOCKED, "name": name} for name in ("pandas", "numpy", "geopandas")}
    return await world.install("pandsa")


async def other_pyodide(world: World) -> object:
    world.publish("fastlines", "3.1", tag=OTHER_ABI)
    world.publish("fastlines", "3.1", tag=LINUX)
    return await world.install("fastlines")


async def all_missing(world: World) -> object:
    world.publish("survey", "1.2", requires=["fastlines>=3", "atlas"])
    world.publish("atlas", "2.0", requires=["map-tiles"])
    for version in ("3.0", "3.1"):
        world.publish("fastlines", version, tag=LINUX)
    return await world.install("survey", "legend")


async def only_sources(world: World) -> object:
    for version in ("0.8", "0.9"):
        world.index.add(f"tideline-{version}.tar.gz", b"")
    return await world.install("tideline")


async def python_too_new(world: World) -> object:
    world.publish("survey", "1.2", requires=["tideline"])
    world.publish("tideline", "0.8", requires_python=">=3.8,<3.13")
    world.publish("tideline", "0.9", requires_python=">=3.9,<3.14")
    return await world.install("survey")


async def two_chains(world: World) -> object:
    world.publish("survey", "1.2", requires=["atlas>=2"])
    world.publish("atlas", "2.0", requires=["geometry>=2"])
    world.publish("atlas", "2.1", requires=["geometry>=2"])
    world.publish("reports", "0.9", requires=["legacy-plots"])
    world.publish("legacy-plots", "0.3", requires=["geometry<2"])
    for version in ("1.9", "2.4"):
        world.publish("geometry", version)
    return await world.install("survey", "reports")


async def constraint_in_the_way(world: World) -> object:
    world.publish("survey", "1.2", requires=["geometry>=2"])
    for version in ("1.9", "2.4"):
        world.publish("geometry", version)
    return await world.install("survey", constraints=["geometry<2"])


async def only_yanked(world: World) -> object:
    world.publish("tideline", "1.0", yanked="tides are one hour late")
    world.publish("tideline", "1.1", yanked="tides are one hour early")
    return await world.install("tideline>=1")


async def forced_back(world: World) -> object:
    world.publish("tideline", "1.0")
    for version in ("2.0", "2.1"):
        world.publish("tideline", version, tag=LINUX)
    return await world.install("tideline")


LOCKED = {"version": "2.4.0", "file_name": "x-2.4.0-py3-none-any.whl", "depends": [], "package_type": "package"}
INSTALL = 'await wasminstall.install("survey")'
CASES = {
    "InvalidInput": Case(
        "The wheel's path leads nowhere, or a requirement is not a string.",
        'await wasminstall.install("/tmp/moved-1.0-py3-none-any.whl")',
        invalid_input,
    ),
    "InvalidRequirement": Case(
        "The text is not a requirement.", 'await wasminstall.install("pandas = 2.2")', invalid_requirement
    ),
    "LockError": Case(
        "A lock names what cannot be installed here, or what is installed cannot be locked. All of it is said at once.",
        'await wasminstall.install(lock="pylock.toml")',
        lock_error,
    ),
    "UnknownTarget": Case("No target has this name.", 'wasminstall.named_target("pyodide-3.14")', unknown_target),
    "UnknownProject": Case("A dependency is on no index that was asked.", INSTALL, unknown_project),
    "NoMatchingVersion": Case(
        "The project exists, the version does not. Or it was yanked, and the requirement is not an exact pin.",
        'await wasminstall.install("survey>=1.1")',
        no_matching_version,
    ),
    "NoCompatibleWheel": Case(
        "Wheels exist, but only for other platforms; source distributions cannot be installed.",
        INSTALL,
        no_compatible_wheel,
    ),
    "PythonMismatch": Case("Every version excludes the Python of this runtime.", INSTALL, python_mismatch),
    "Conflict": Case(
        "Two requirements exclude each other.", 'await wasminstall.install(["survey", "legacy-plots"])', conflict
    ),
    "SeveralErrors": Case(
        "Nothing that is missing hides anything else that is.",
        'await wasminstall.install(["fastlines", "survey-maps"])',
        several_errors,
    ),
    "NotInCache": Case(
        "Nobody was to be asked, or nobody could be reached, and what is kept is not enough.",
        'await wasminstall.install("survey", offline=True)',
        not_in_cache,
    ),
    "NetworkError": Case(
        "No answer came, after three attempts. A page cannot tell this from missing CORS headers.",
        INSTALL,
        network_error,
    ),
    "HTTPStatusError": Case(
        "The server refused. Only 404 means that an index does not have a project.", INSTALL, http_status_error
    ),
    "IndexAnswerError": Case("A log-in page answered in place of the index.", INSTALL, index_answer_error),
    "HashMismatch": Case("The file is not the one that was announced.", INSTALL, hash_mismatch),
    "InvalidWheel": Case("A part that every wheel has is missing.", INSTALL, invalid_wheel),
    "UnsafeWheel": Case("A member would land outside of the environment.", INSTALL, unsafe_wheel),
    "EnvironmentStateError": Case(
        "The list of a distribution's files is gone.", 'await wasminstall.uninstall("survey")', environment_state_error
    ),
    "NotInstalled": Case("There is nothing to remove or to show.", 'wasminstall.show("survey")', not_installed),
    "PlacementFailed": Case(
        "Two distributions bring the same file with different content.",
        'await wasminstall.install(["survey", "atlas"])',
        placement_failed,
    ),
}


MESSAGES = {
    "misspelt": Case(
        "The distribution has names like the one you wrote.",
        'await wasminstall.install("pandsa")',
        misspelt,
    ),
    "other Pyodide": Case(
        "There is a wheel for WebAssembly, but for another Pyodide.",
        'await wasminstall.install("fastlines")',
        other_pyodide,
    ),
    "all at once": Case(
        "Several things are missing: all of them are named, each with who asks for it, up to what you wrote.",
        'await wasminstall.install(["survey", "legend"])',
        all_missing,
    ),
    "only sources": Case(
        "No wheel at all: nobody has built one.", 'await wasminstall.install("tideline")', only_sources
    ),
    "Python too new": Case("Every version is for an older Python.", INSTALL, python_too_new),
    "two chains": Case(
        "Two requirements contradict each other, some steps away. Every step of the argument has a line; versions that "
        "say the same share one.",
        'await wasminstall.install(["survey", "reports"])',
        two_chains,
    ),
    "constraint": Case(
        "A constraint is in the way, and is called one.",
        'await wasminstall.install("survey", constraints=["geometry<2"])',
        constraint_in_the_way,
    ),
    "yanked": Case(
        "All that would do was withdrawn. Its publisher's reason is shown.",
        'await wasminstall.install("tideline>=1")',
        only_yanked,
    ),
    "login page": Case(
        "The network answers with a page of its own and status 200. It is not taken for an index without files.",
        INSTALL,
        index_answer_error,
    ),
    "forced back": Case(
        "It worked, but not with the version you may expect. This is a warning in the report.",
        'await wasminstall.install("tideline")',
        forced_back,
    ),
}


async def collect() -> dict[str, dict[str, str]]:
    """When it happens, what was asked and what was said, by class name."""
    found = {name: await _happened(case) for name, case in CASES.items()}
    for name, happened in found.items():
        if happened.pop("type") != name:
            raise AssertionError(f"the example of {name} made something else happen: {happened}")
    return found


async def collect_messages() -> dict[str, dict[str, str]]:
    """The same for the page of messages, by their own names; a report has the type ``""``."""
    return {name: await _happened(case) for name, case in MESSAGES.items()}


async def _happened(case: Case) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder, IndexServer() as index:
        site = Path(folder) / "site-packages"
        async with world_on(index, site) as world:
            try:
                kind, said = "", repr(await case.provoke(world))
            except WasmInstallError as error:
                kind, said = type(error).__name__, str(error)
            said = said.replace(index.origin, "https://index.example")
            said = said.replace(str(site), "/lib/python3.14/site-packages")
            said = re.sub(r"in \d+\.\d s,", "in 0.1 s,", said)  # what a test compares must not depend on the clock
            return {"type": kind, "when": case.when, "code": textwrap.dedent(case.code), "said": said}


def _keep(name: str, found: dict[str, dict[str, str]]) -> None:
    (HERE / name).write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    _keep("errors.json", asyncio.run(collect()))
    _keep("messages.json", asyncio.run(collect_messages()))
