"""The proof that a wheel still imports: its modules are imported by the Pyodide they are for, in Node.

A Pyodide is a folder with ``pyodide.mjs`` and ``pyodide-lock.json``, as npm installs it and as its releases unpack.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

from ..._vendor.packaging.utils import canonicalize_name
from ...errors import InvalidInput
from ...requirements import parse_metadata_requirement
from ...targets import named_target
from ...wheels.wheel import WheelArchive
from .module import NotWasm, read_module
from .module_rules import import_name, is_compiled
from .tag_rules import abi_of, tags_of, targets_of

__all__ = ["Outcome", "Prover", "find_prover"]

_LONGEST = 600.0


@dataclass(frozen=True)
class Outcome:
    """What became of one module: ``imported``; ``loaded`` by the dynamic loader only; or ``failed``, and ``why``."""

    state: Literal["imported", "loaded", "failed"]
    why: str = ""


@dataclass(frozen=True)
class Prover:
    """Node and a Pyodide with the ABI of a wheel."""

    node: str
    folder: Path
    version: str

    def prove(self, filename: str, data: bytes) -> dict[str, Outcome]:
        """What becomes of each compiled module of this wheel. Raises ``InvalidInput`` when Pyodide does not start."""
        wheel = WheelArchive(filename, data)
        with tempfile.TemporaryDirectory(prefix="wasminstall-") as name:
            place = Path(name)
            (place / filename).write_bytes(data)
            request = place / "request.json"
            request.write_text(json.dumps({"wheel": str(place / filename), **self._request(wheel)}))
            answer = self._run(request)
        return {path: Outcome(**outcome) for path, outcome in answer.items()}

    def _request(self, wheel: WheelArchive) -> dict[str, object]:
        importable = {name: place for name, place in wheel.places.items() if place.scheme in ("purelib", "platlib")}
        return {
            "places": {name: place.path for name, place in importable.items()},
            "modules": {
                name: _extension(place.path, wheel.read(name))
                for name, place in importable.items()
                if is_compiled(name)
            },
            "packages": self._dependencies(wheel),
        }

    def _run(self, request: Path) -> Mapping[str, Any]:
        with as_file(files(__package__).joinpath("prove.mjs")) as program:
            command = [self.node, str(program), str(self.folder), str(request)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise InvalidInput(f"Pyodide in {self.folder} did not run: {error}") from None
        if done.returncode:
            said = next((line for line in done.stderr.splitlines() if "Error" in line), done.stderr[-300:])
            raise InvalidInput(f"Pyodide in {self.folder} ended: {said[:300]}")
        answer: Mapping[str, Any] = json.loads(done.stdout)
        return answer

    def _dependencies(self, wheel: WheelArchive) -> list[str]:
        """The projects it depends on that the distribution has, by the names of its lock."""
        lock = _lock(self.folder)
        known = {canonicalize_name(entry["name"]): entry["name"] for entry in lock["packages"].values()}
        environment = named_target(targets_of(wheel.filename)[0]).environment
        wanted = [parse_metadata_requirement(text) for text in wheel.metadata.requires_dist]
        names = [canonicalize_name(requirement.name) for requirement in wanted if requirement.applies(environment)]
        return [known[name] for name in names if name in known]


def find_prover(filename: str, pyodide: Path | None = None) -> Prover | str:
    """The prover for a wheel, or why there is none.

    ``pyodide`` is the folder of one; without it the ``node_modules`` here and above are looked through.
    """
    node = shutil.which("node")
    if node is None:
        return "there is no Node (`node`) on the path"
    abis = {abi_of(tag.platform) for tag in tags_of(filename)} - {""}
    if not abis or not targets_of(filename):
        return "its tags name no Pyodide known here"
    for folder in [pyodide] if pyodide else _in_node_modules(Path.cwd()):
        lock = _lock(folder)
        info = lock.get("info", {})
        if info.get("abi_version") in abis and (folder / "pyodide.mjs").is_file():
            return Prover(node, folder, _version(folder))
    return f"there is no Pyodide for {' or '.join(sorted(abis))} in {pyodide or 'node_modules'}"


def _extension(path: str, data: bytes) -> str:
    """The name to import an extension module by; nothing for a library, which has no entry of its own name."""
    name = import_name(path)
    try:
        is_extension = f"PyInit_{name.rpartition('.')[2]}" in read_module(data).exports
    except NotWasm:
        return ""
    return name if is_extension else ""


def _in_node_modules(start: Path) -> Iterator[Path]:
    """Every Pyodide that npm installed for the folder ``start``, under its own name first."""
    for place in (start, *start.parents):
        yield from sorted((place / "node_modules").glob("pyodide*"))


def _lock(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "pyodide-lock.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _version(folder: Path) -> str:
    try:
        return str(json.loads((folder / "package.json").read_bytes())["version"])
    except (OSError, ValueError, KeyError):
        return folder.name
