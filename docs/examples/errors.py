"""Makes every error of wasminstall happen and keeps what it says: ``python docs/examples/errors.py``.

The errors come from the real code, against the index server of the test suite and a folder to install into. The page
"Errors" shows ``errors.json``; a test compares it with a new run, so the page cannot say what the code does not.
"""

from __future__ import annotations

import asyncio
import json
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
from wasminstall.environment import Environment  # noqa: E402
from wasminstall.errors import WasmInstallError  # noqa: E402
from wasminstall.hosts.folder import FolderHost  # noqa: E402
from wasminstall.requirements import read_requirements  # noqa: E402
from wasminstall.targets import named_target  # noqa: E402

__all__ = ["CASES", "KEPT", "Case", "collect"]

KEPT = Path(__file__).with_name("errors.json")


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
    world.index.add(filename, data, hashes={"sha256": "4f2c" * 16})
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


async def collect() -> dict[str, dict[str, str]]:
    """When it happens, what was asked and what was said, by class name."""
    return {name: await _happened(name, case) for name, case in CASES.items()}


async def _happened(name: str, case: Case) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder, IndexServer() as index:
        site = Path(folder) / "site-packages"
        async with world_on(index, site) as world:
            try:
                await case.provoke(world)
            except WasmInstallError as error:
                if type(error).__name__ != name:
                    raise
                said = str(error).replace(index.origin, "https://index.example")
                said = said.replace(str(site), "/lib/python3.14/site-packages")
                return {"when": case.when, "code": textwrap.dedent(case.code), "said": said}
    raise AssertionError(f"the example of {name} raised nothing")


if __name__ == "__main__":
    KEPT.write_text(json.dumps(asyncio.run(collect()), indent=2, ensure_ascii=False) + "\n", "utf-8")
