"""The files of Pyodide that a page loads: from a folder, or from npm through the npm of this machine."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from ...cache import Cache
from ...errors import InvalidInput
from ...targets import Target, pyodide_release

__all__ = ["Core", "find_core"]

_LOCK = "pyodide-lock.json"
_STDLIB = "python_stdlib.zip"
_PARTS = (("pyodide.mjs",), ("pyodide.asm.mjs", "pyodide.asm.js"), ("pyodide.asm.wasm",), (_STDLIB,), (_LOCK,))
"""What has to be there; of several names one."""
_HINT = "name the folder of the npm package `pyodide`, or of a release: --pyodide FOLDER"
_SOON = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=1000", "--fetch-timeout=15000")
"""By itself npm tries for minutes where there is no network."""
_ERROR = re.compile(r"npm (?:error|ERR!) (?!(?:code|syscall|errno) )(.+)")
_SECONDS = 45
"""How long the announcement may take."""


@dataclass(frozen=True)
class Core:
    """The files by name, the release they are of (empty when they do not say), and the folder they lie in."""

    files: dict[str, bytes]
    release: str
    folder: Path

    @property
    def stdlib(self) -> bytes:
        """The standard library of Python, a zip."""
        return self.files[_STDLIB]

    def with_stdlib(self, stdlib: bytes) -> Core:
        """The same with another standard library."""
        return Core({**self.files, _STDLIB: stdlib}, self.release, self.folder)


def _read(folder: Path, target: Target) -> Core:
    """The files in this folder. Raises ``InvalidInput`` when one is missing, or when they are for another target."""
    found: dict[str, bytes] = {}
    for names in _PARTS:
        name = next((name for name in names if (folder / name).is_file()), None)
        if name is None:
            raise InvalidInput(f"{folder} is no Pyodide: it has no {names[0]}", hint=_HINT)
        found[name] = (folder / name).read_bytes()
    _check(found, folder, target)
    package = folder / "package.json"
    release = json.loads(package.read_bytes()).get("version", "") if package.is_file() else ""
    return Core(found, release, folder)


async def find_core(given: Path | None, target: Target, into: Path, cache: Cache, *, offline: bool = False) -> Core:
    """The files in the folder that was ``given``, else the release that this target stands for, from npm.

    What npm fetches is unpacked below ``into``, and kept for the next time. Raises ``InvalidInput``.
    """
    return await _from_npm(target, into, cache, offline=offline) if given is None else _read(given, target)


async def _from_npm(target: Target, into: Path, cache: Cache, *, offline: bool) -> Core:
    """From the package ``pyodide``.

    npm itself compares what it fetches with what its registry announces; that announcement is asked for once more, and
    compared with the file. Raises ``InvalidInput`` where there is no npm, or no such package for it.
    """
    version = _npm_version(pyodide_release(target.name))
    kept = await cache.get("npm", f"pyodide-{version}")
    if kept is None and offline:
        raise InvalidInput(f"offline, and Pyodide {version} is not in the cache", hint=_HINT)
    if kept is not None:
        archive = bytes(kept.body)
    else:
        archive = await asyncio.to_thread(_fetched, f"pyodide@{version}", into)
        await cache.put("npm", f"pyodide-{version}", archive)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(into, filter="data")
    return _read(into / "package", target)


def _fetched(package: str, into: Path) -> bytes:
    """The archive of this package, verified."""
    program = which("npm")
    if program is None:
        raise InvalidInput("there is no npm on this machine to fetch Pyodide with", hint=_HINT)
    view = [program, "view", package, "dist.integrity", "--json", *_SOON]
    announced = json.loads(_npm(view, package, timeout=_SECONDS))
    packed = json.loads(_npm([program, "pack", package, "--json", "--pack-destination", str(into)], package))
    archive = (into / Path(packed[0]["filename"]).name).read_bytes()
    _verify(archive, str(announced), package)
    return archive


def _check(files: dict[str, bytes], folder: Path, target: Target) -> None:
    try:
        info = json.loads(files[_LOCK])["info"]
        python = ".".join(str(info["python"]).split(".")[:2])
        platform = str(info["platform"])
    except (ValueError, LookupError, TypeError):
        raise InvalidInput(f"{folder / _LOCK} is not the lock of a Pyodide", hint=_HINT) from None
    wanted = f"emscripten_{target.environment['platform_release'].replace('.', '_')}"
    if (python, platform) != (target.environment["python_version"], wanted):
        raise InvalidInput(
            f"the Pyodide in {folder} is not {target.name}: it is for Python {python} and {platform}",
            hint="name its target with --target, or another folder with --pyodide",
        )


def _npm_version(release: str) -> str:
    """Python's ``315.0.0a2`` is npm's ``315.0.0-alpha.2``."""
    return release.replace("a", "-alpha.")


def _npm(command: list[str], package: str, *, timeout: float | None = None) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise InvalidInput(f"npm could not fetch {package}: no answer in {timeout:g} s", hint=_HINT) from None
    if done.returncode:
        raise InvalidInput(f"npm could not fetch {package}: {_reason(done.stderr)}", hint=_HINT)
    return done.stdout


def _reason(told: str) -> str:
    """The first line of what npm told that is a sentence and no code."""
    lines = (_ERROR.match(line) for line in told.splitlines())
    return next((line[1] for line in lines if line), "no reason given")


def _verify(archive: bytes, announced: str, package: str) -> None:
    algorithm, _, expected = announced.partition("-")
    if algorithm not in ("sha384", "sha512"):
        raise InvalidInput(f"npm announces no hash of {package}", hint=_HINT)
    actual = base64.b64encode(hashlib.new(algorithm, archive).digest()).decode()
    if actual != expected:
        raise InvalidInput(f"what npm fetched is not {package}: its {algorithm} is {actual}, announced was {expected}")
