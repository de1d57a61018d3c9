"""The packages of the install benchmark, and a site with everything that is needed to install them.

``index_set.json`` pins the wheels by file name and sha256: what ``fastapi sympy networkx rich black boto3 httpx
beautifulsoup4 openpyxl tqdm attrs tomlkit`` resolves to for Pyodide 314. Wheels and index pages come from PyPI once and
are kept outside of the repository. The pages are the real ones with their thousands of files, but for what is newer
than the pins; the addresses in them lead to the benchmark's server, and METADATA is announced beside every wheel (PEP
658), as PyPI does.

All rivals get the same: the lock of Pyodide is cut down to micropip, so that every package comes from the index. numpy
and pandas, which only the Pyodide distribution has, stand on their index pages as if they had been uploaded.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import httpx
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from bench.web_server import File
from mirror import DistributionMirror, cache_folder, write_atomically
from support.distribution import ROOT
from support.real_wheels import WheelUnavailable, fetch_pypi, real_wheel

__all__ = ["SETS", "PackageSet", "Wheel", "index_files", "pinned_wheels", "runtime_files"]

CORE = ROOT / "node_modules" / "pyodide"
SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json"}


@dataclass(frozen=True)
class PackageSet:
    """What is asked for, what is imported afterwards, and where the wheels are named: ``pins`` are sections of
    index_set.json, of which only ``projects`` count if there are any; ``distribution`` are names in Pyodide's lock."""

    requirements: tuple[str, ...]
    imports: str
    projects: frozenset[str] = frozenset()
    pins: tuple[str, ...] = ("full",)
    distribution: tuple[str, ...] = ()


FULL = (
    *("fastapi", "sympy", "networkx", "rich", "black", "boto3"),
    *("httpx", "beautifulsoup4", "openpyxl", "tqdm", "attrs", "tomlkit"),
)
IMPORTS = "sympy, fastapi, rich, networkx"

SETS = {
    "full": PackageSet(FULL, IMPORTS),
    "data": PackageSet(
        (*FULL, "pandas", "numpy"), f"{IMPORTS}, pandas", pins=("full", "data"), distribution=("numpy", "pandas")
    ),
    "small": PackageSet(
        ("rich", "attrs", "tomlkit"),
        "rich.console, tomlkit",
        frozenset({"rich", "markdown-it-py", "mdurl", "pygments", "attrs", "tomlkit"}),
    ),
    "placing": PackageSet(
        ("sympy", "networkx", "pygments"), "pygments", frozenset({"sympy", "networkx", "pygments", "mdurl"})
    ),
}


@dataclass(frozen=True)
class Wheel:
    """A pinned wheel, the index page of its project, and the path that page gives it."""

    project: str
    filename: str
    content: bytes
    path: str
    page: dict[str, Any]

    @property
    def metadata(self) -> bytes:
        """The METADATA inside."""
        with ZipFile(io.BytesIO(self.content)) as archive:
            name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            return archive.read(name)


def pinned_wheels(chosen: PackageSet) -> list[Wheel]:
    """The wheels of a set, from the cache or from where they are published. Raises ``WheelUnavailable``."""
    sections: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("index_set.json").read_text("utf-8"))
    pins = {filename: sha256 for section in chosen.pins for filename, sha256 in sections[section].items()}
    projects = {filename: str(canonicalize_name(filename.split("-")[0])) for filename in pins}
    wheels = [
        _published(projects[filename], filename, fetch_pypi(filename, sha256))
        for filename, sha256 in pins.items()
        if not chosen.projects or projects[filename] in chosen.projects
    ]
    return wheels + asyncio.run(_from_distribution(chosen.distribution))


def _published(project: str, filename: str, content: bytes) -> Wheel:
    page = _kept_page(project)
    url = next((str(file["url"]) for file in page["files"] if file["filename"] == filename), "")
    if not url:
        raise WheelUnavailable(f"PyPI has no file named {filename}: choose other pins in index_set.json")
    return Wheel(project, filename, content, urlsplit(url).path, page)


async def _from_distribution(names: Sequence[str]) -> list[Wheel]:
    """Wheels of the Pyodide distribution, each on the page of its project as one more file."""
    lock = json.loads((CORE / "pyodide-lock.json").read_text("utf-8"))["packages"]
    version = json.loads((CORE / "package.json").read_text("utf-8"))["version"]
    wheels = []
    async with DistributionMirror(version) as mirror:
        for name in names:
            filename, sha256 = lock[name]["file_name"], lock[name]["sha256"]
            content = await mirror.wheel(filename, sha256)
            page, path = _kept_page(name), f"/packages/distribution/{filename}"
            file = {"filename": filename, "hashes": {"sha256": sha256}, "size": len(content), "url": path}
            page["files"].append(file)
            wheels.append(Wheel(name, filename, content, path, page))
    return wheels


def _kept_page(project: str) -> dict[str, Any]:
    """The index page of a project as it was when first asked for: a benchmark wants the same one every time."""
    place = cache_folder("wasminstall-tests") / "pages" / f"{project}.json"
    if not place.exists():
        address = f"{PYPI_SIMPLE_ENDPOINT.rstrip('/')}/{project}/"
        answer = httpx.get(address, headers={"accept": SIMPLE_JSON}, timeout=60, follow_redirects=True)
        page = answer.raise_for_status().json()
        for file in page["files"]:
            file["url"] = str(answer.url.join(file["url"]))
        write_atomically(place, json.dumps(page).encode())
    kept: dict[str, Any] = json.loads(place.read_bytes())
    return kept


# --- the index --------------------------------------------------------------------------------------------------------


def index_files(wheels: Sequence[Wheel], origin: str, *, whole_pages: bool = True) -> Iterator[File]:
    """The pages of all projects (or pages with the pinned wheel alone), their wheels, and METADATA beside them."""
    for wheel in wheels:
        page = json.dumps(_page(wheel, origin, whole=whole_pages)).encode()
        yield File(f"/simple/{wheel.project}/", page, SIMPLE_JSON, "max-age=600, public", "gzip")
        yield File(wheel.path, wheel.content)
        yield File(f"{wheel.path}.metadata", wheel.metadata)


def _page(wheel: Wheel, origin: str, *, whole: bool) -> dict[str, Any]:
    """The page as PyPI has it, up to the pinned version, with the keys that a mirror of PyPI may leave out."""
    version = parse_wheel_filename(wheel.filename)[1]
    files = []
    for file in wheel.page["files"]:
        name = str(file["filename"])
        pinned = name == wheel.filename
        if not (pinned or whole):
            continue
        found = _version(name)
        if not pinned and found and (found > version or (found == version and name.endswith("wasm32.whl"))):
            continue
        # Only the pinned METADATA is served. Any other hash keeps the page at its real size; who asks for it, gets 404.
        digest = hashlib.sha256(wheel.metadata if pinned else name.encode()).hexdigest()
        announced = {"sha256": digest} if name.endswith(".whl") else False
        keys = {"core-metadata": announced, "data-dist-info-metadata": announced, "provenance": None}
        files.append({**keys, **file, "url": origin + urlsplit(file["url"]).path})
    return {**wheel.page, "files": files}


def _version(filename: str) -> Version | None:
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[1]
        return parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


# --- the rest ---------------------------------------------------------------------------------------------------------


def runtime_files(dist: Path = ROOT / "js" / "dist") -> Iterator[File]:
    """Pyodide with a lock that knows micropip alone, what ``make build`` made, and an empty page."""
    yield File("/page/", b'<!DOCTYPE html><link rel="icon" href="data:,"><title>bench</title>', "text/html", "no-cache")
    for path in sorted(CORE.iterdir()):
        if path.suffix in (".mjs", ".wasm", ".zip"):
            yield _static("/pyodide/", path)
    filename, content = real_wheel("micropip")
    lock = json.loads((CORE / "pyodide-lock.json").read_text("utf-8"))
    entry = {**lock["packages"]["micropip"], "file_name": filename, "sha256": hashlib.sha256(content).hexdigest()}
    lock["packages"] = {"micropip": entry}
    yield File("/pyodide/pyodide-lock.json", json.dumps(lock).encode(), TYPES[".json"], encoding="br")
    yield File(f"/pyodide/{filename}", content)
    for path in sorted(dist.iterdir()):
        if path.suffix in (".mjs", ".js", ".gz", ".whl"):
            yield _static("/wasminstall/", path)


def _static(folder: str, path: Path) -> File:
    known = TYPES.get(path.suffix)
    return File(folder + path.name, path, known or "application/octet-stream", encoding="br" if known else "")
