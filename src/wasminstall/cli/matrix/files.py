"""What exists of a project that a target cannot load: wheels for whom, and is its source distribution pure Python."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..._vendor.packaging.specifiers import SpecifierSet
from ..._vendor.packaging.version import InvalidVersion, Version
from ...addresses import absolute
from ...context import Context
from ...errors import HTTPStatusError, WasmInstallError
from ...indexes import Listing, RefusedFile
from ...indexes.simple import ACCEPT, hashes_of_fragment, project_page
from ...pages import NotKept

__all__ = ["Files", "files_of"]

_LANGUAGES = {
    ".c": "C",
    ".cc": "C++",
    ".cpp": "C++",
    ".cxx": "C++",
    ".f": "Fortran",
    ".f90": "Fortran",
    ".go": "Go",
    ".pyx": "Cython",
    ".rs": "Rust",
    ".zig": "Zig",
}
_NOT_BUILT = frozenset(("bench", "benchmarks", "doc", "docs", "example", "examples", "test", "tests"))
_FAMILIES = ("manylinux", "musllinux", "linux", "macosx", "win", "android", "ios")
_LARGEST = 20_000_000
"""Bytes of a source distribution that is worth fetching to look into it."""


@dataclass(frozen=True)
class Files:
    """What there is in the versions asked for.

    ``platforms`` are those of its wheels, such as ``macosx`` or ``pyodide_2025_0_wasm32``; ``sdist`` the file name of
    the newest source distribution, or empty. ``pure``: whether all of it is Python, ``None`` when that cannot be
    told; ``languages`` are what else it is written in.
    """

    platforms: tuple[str, ...] = ()
    sdist: str = ""
    pure: bool | None = None
    languages: tuple[str, ...] = ()


async def files_of(name: str, specifier: SpecifierSet, listings: Sequence[Listing], context: Context) -> Files:
    """What exists of this project (normalised), in versions that ``specifier`` admits.

    A source distribution is fetched, where nothing else tells whether it is pure; raises nothing when it cannot be.
    """
    refused = [file for listing in listings for file in listing.refused if _admits(specifier, file.version)]
    platforms = tuple(dict.fromkeys(_platform(file) for file in refused if file.reason == "tags"))
    sdists = [file for file in refused if file.reason == "sdist"]
    newest = max(sdists, key=lambda file: _version(file.version), default=None)
    if newest is None:
        return Files(platforms, pure=_pure(platforms))
    if platforms:
        return Files(platforms, newest.filename, _pure(platforms))
    languages = await _languages(name, newest.filename, context)
    return Files((), newest.filename, None if languages is None else not languages, languages or ())


def _platform(file: RefusedFile) -> str:
    return next((family for family in _FAMILIES if file.detail.startswith(family)), file.detail)


def _pure(platforms: Iterable[str]) -> bool | None:
    """Nobody makes wheels for platforms without need."""
    return "any" in platforms if platforms else None


def _admits(specifier: SpecifierSet, version: str) -> bool:
    try:
        return specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


async def _languages(name: str, filename: str, context: Context) -> tuple[str, ...] | None:
    """What a source distribution has to be compiled from, besides Python; ``None`` when that cannot be told."""
    if context.access.offline:
        return None
    try:
        data = await _fetched(name, filename, context)
        return None if data is None else tuple(sorted(_languages_in(filename, data)))
    except (WasmInstallError, NotKept, OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile):
        return None


async def _fetched(name: str, filename: str, context: Context) -> bytes | None:
    for index in context.access.index_urls or ():
        page_url = f"{index.rstrip('/')}/{name}/"
        try:
            url, page = await context.pages.get(
                page_url, lambda answer: (answer.url, project_page(answer, name)), headers={"Accept": ACCEPT}
            )
        except HTTPStatusError:
            continue
        for file in page["files"]:
            if file.get("filename") == filename and (file.get("size") or 0) <= _LARGEST:
                address, _, fragment = absolute(url, file.get("url")).partition("#")
                hashes = {**hashes_of_fragment(fragment), **(file.get("hashes") or {})}
                known = {key: value for key, value in hashes.items() if key in ("sha256", "sha384", "sha512")}
                return bytes(await context.client.file([address], filename=filename, hashes=known))
    return None


def _languages_in(filename: str, data: bytes) -> set[str]:
    if filename.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    else:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            names = archive.getnames()
    paths = [PurePosixPath(name) for name in names]
    return {
        _LANGUAGES[path.suffix] for path in paths if path.suffix in _LANGUAGES and _NOT_BUILT.isdisjoint(path.parts)
    }
