"""What the last lock said, in any of the formats: its versions come first, and of a version its files.

A lock that is made again so changes as little as what is asked for allows.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..._vendor.packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from ..._vendor.packaging.utils import canonicalize_name
from ..._vendor.packaging.version import InvalidVersion, Version
from ...errors import InvalidInput, WasmInstallError
from ...indexes import Candidate, Index, Listing
from ...requirements import Requirement
from ...requirements.documents import decode_text
from ...requirements.files import parse_lines
from ...targets import Target
from .text import MADE_BY, Format

__all__ = ["Earlier", "SameFiles", "read_earlier"]


@dataclass(frozen=True)
class _Locked:
    """One project as a lock has it; ``hashes`` are like ``sha256:digest``."""

    name: str
    version: str
    hashes: frozenset[str]
    marker: str = ""


@dataclass(frozen=True)
class Earlier:
    """The rows of the last lock, and the size of each file that it knows, by hash (``sha256:digest``)."""

    rows: tuple[_Locked, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, tuple[str, ...]]:
        """All versions by project name."""
        found: dict[str, set[str]] = {}
        for row in self.rows:
            found.setdefault(row.name, set()).add(row.version)
        return {name: tuple(sorted(versions)) for name, versions in sorted(found.items())}

    @property
    def hashes(self) -> frozenset[str]:
        """Those of all files."""
        return frozenset(digest for row in self.rows for digest in row.hashes)

    def without(self, names: Collection[str]) -> Earlier:
        """The same, as if these projects (normalised) had not been locked."""
        return replace(self, rows=tuple(row for row in self.rows if row.name not in names))

    def for_target(self, target: Target) -> dict[str, Version]:
        """The version of each project on this target; where the lock is for others, the one that those have."""
        found: dict[str, Version] = {}
        for row in sorted(self.rows, key=lambda row: _holds(row.marker, target)):
            try:
                found[row.name] = Version(row.version)
            except InvalidVersion:
                continue
        return found


class SameFiles:
    """An index in which a version has only the files that the last lock names, where it names any of them."""

    def __init__(self, index: Index, hashes: Collection[str]) -> None:
        self._index = index
        self._hashes = hashes

    @property
    def source(self) -> str:
        """The name shown to people."""
        return self._index.source

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``."""
        listing = await self._index.listing(name)
        if listing is None:
            return None
        settled = {each.version for each in listing.candidates if self._is_locked(each)}
        kept = (each for each in listing.candidates if each.version not in settled or self._is_locked(each))
        return replace(listing, candidates=tuple(kept))

    def _is_locked(self, candidate: Candidate) -> bool:
        return any(f"{algorithm}:{digest}" in self._hashes for algorithm, digest in candidate.hashes.items())


def read_earlier(file: Path, form: Format) -> Earlier:
    """What the file says; nothing when there is none. Raises ``InvalidInput`` for what is no lock of this format."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return Earlier()
    try:
        return _READERS[form](decode_text(data, str(file)))
    except (ValueError, LookupError, TypeError, AttributeError, WasmInstallError):
        raise InvalidInput(
            f"{file} is there already and is not the {form} that would be written over it",
            hint="name another file with -o, or delete it",
        ) from None


def _pylock(text: str) -> Earlier:
    document = tomllib.loads(text)
    if "lock-version" not in document:
        raise ValueError
    libraries = document.get("tool", {}).get("wasminstall", {}).get("libraries", [])
    rows: list[_Locked] = []
    sizes: dict[str, int] = {}
    for package in (*document["packages"], *libraries):
        files = package.get("wheels") or [package.get("archive") or package]
        hashes = [_prefixed(file.get("hashes", {})) for file in files]
        sizes |= {digest: file.get("size", 0) for file, them in zip(files, hashes, strict=True) for digest in them}
        name = str(canonicalize_name(package["name"]))
        rows.append(_Locked(name, package.get("version", ""), frozenset().union(*hashes), package.get("marker", "")))
    return Earlier(tuple(rows), sizes)


def _pyodide_lock(text: str) -> Earlier:
    document = json.loads(text)
    if "info" not in document:
        raise ValueError
    entries: Mapping[str, Any] = document["packages"]
    return Earlier(
        tuple(
            _Locked(str(canonicalize_name(entry["name"])), entry["version"], _prefixed({"sha256": entry["sha256"]}))
            for entry in entries.values()
        )
    )


def _requirements(text: str) -> Earlier:
    """The pins; what a person may have written, options and what is not pinned to its hashes, is no lock."""
    items = list(parse_lines(text, "", {}))
    pins = [item for item in items if isinstance(item, Requirement)]
    is_lock = pins == items and all(pin.hashes and (pin.url or _version(pin)) for pin in pins)
    if text.strip() and not text.startswith(MADE_BY) and not (pins and is_lock):
        raise ValueError
    return Earlier(tuple(_Locked(pin.name, _version(pin), pin.hashes, str(pin.marker or "")) for pin in pins))


def _version(pin: Requirement) -> str:
    """The one it is pinned to, or nothing."""
    exact = (spec.version for spec in pin.specifier if spec.operator in ("==", "===") and "*" not in spec.version)
    return next(exact, "")


_READERS: Mapping[Format, Callable[[str], Earlier]] = {
    "pylock": _pylock,
    "pyodide-lock": _pyodide_lock,
    "requirements": _requirements,
}


def _prefixed(hashes: Mapping[str, str]) -> frozenset[str]:
    return frozenset(f"{algorithm}:{digest}" for algorithm, digest in hashes.items())


def _holds(marker: str, target: Target) -> bool:
    try:
        return not marker or Marker(marker).evaluate(dict(target.environment))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return False
