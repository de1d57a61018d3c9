"""The Pyodide distribution as an index: the entries of ``pyodide-lock.json`` are candidates.

An entry names what it depends on without versions, extras or markers. Entries of type ``shared_library`` are archives
of libraries, not wheels; they are candidates like the rest and are placed elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urljoin

from .._vendor.packaging.utils import canonicalize_name
from .._vendor.packaging.version import InvalidVersion, Version
from ..errors import InvalidRequirement
from ..requirements import parse_metadata_requirement
from ..targets import Target
from ..wheels.metadata import Metadata
from .filenames import best_rank
from .model import Candidate, Listing, RefusedFile

__all__ = ["DistributionIndex"]


class DistributionIndex:
    """Answers from a lock that is already here: no request, no waiting."""

    def __init__(
        self, lock: Mapping[str, Any], base_url: str, target: Target, *, without: frozenset[str] = frozenset()
    ) -> None:
        """``lock`` is a parsed ``pyodide-lock.json``; relative file names are looked for below ``base_url``.

        ``without`` names projects (normalised) that must come from elsewhere.
        """
        self.info: Mapping[str, Any] = lock.get("info", {})
        packages: Mapping[str, Mapping[str, Any]] = lock.get("packages", {})
        # Keys and names are not always canonical ("Pillow", "ruamel.yaml").
        usable = filter(_is_usable, packages.values())
        entries = {str(canonicalize_name(entry["name"])): entry for entry in usable}
        self._entries = {name: entry for name, entry in entries.items() if name not in without}
        self._base_url = base_url.rstrip("/") + "/"
        self._target = target

    @property
    def source(self) -> str:
        """The name shown to people."""
        return "Pyodide distribution"

    async def listing(self, name: str) -> Listing | None:
        """See ``Index.listing``: one candidate at the most."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        candidate = self._candidate(name, entry)
        if isinstance(candidate, RefusedFile):
            return Listing(name, self.source, (), (candidate,))
        return Listing(name, self.source, (candidate,))

    def but_for(self, name: str) -> DistributionIndex:
        """The same lock without this project (normalised)."""
        less = copy(self)
        less._entries = {other: entry for other, entry in self._entries.items() if other != name}
        return less

    @property
    def names(self) -> frozenset[str]:
        """The normalised names of everything in the lock."""
        return frozenset(self._entries)

    @property
    def modules(self) -> Mapping[str, str]:
        """The project (normalised) by the name, normalised too, of each module that is called otherwise."""
        pairs = ((module, name) for name, entry in self._entries.items() for module in entry.get("imports") or ())
        found = {str(canonicalize_name(str(module))): name for module, name in pairs}
        return {module: name for module, name in found.items() if module not in self._entries}

    @property
    def fingerprint(self) -> str:
        """The same for the same lock at the same place."""
        entries = (f"{entry['name']}={entry['version']}={entry.get('sha256')}" for entry in self._entries.values())
        return " ".join([self._base_url, *entries])

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Everything the lock has for this target."""
        found = (self._candidate(name, entry) for name, entry in sorted(self._entries.items()))
        return tuple(candidate for candidate in found if isinstance(candidate, Candidate))

    def as_locked(self, name: str, metadata: Metadata) -> Metadata:
        """The metadata of an installed distribution, with only the dependencies its lock entry goes by.

        The distribution leaves out what a package can do without (pandas comes without tzdata): asking for it later
        would undo that choice. Extras stay; so does the metadata of any other version.
        """
        entry = self._entries.get(name)
        if entry is None or str(entry["version"]) != metadata.version:
            return metadata
        depends = {canonicalize_name(str(depend)) for depend in entry.get("depends") or ()}
        kept = tuple(text for text in metadata.requires_dist if "extra" in text or _project(text) in depends)
        return replace(metadata, requires_dist=kept)

    def _candidate(self, name: str, entry: Mapping[str, Any]) -> Candidate | RefusedFile:
        filename = unquote(str(entry["file_name"]).partition("?")[0].rsplit("/", 1)[-1])
        rank = best_rank(filename, self._target) if filename.endswith(".whl") else 0
        if rank is None:
            return RefusedFile(filename, str(entry["version"]), "tags", filename[:-4].split("-")[-1])
        try:
            version = Version(str(entry["version"]))
        except InvalidVersion:
            # Libraries are versioned by their own customs; nothing ever compares these.
            version = Version("0")
        return Candidate(
            name=name,
            version=version,
            filename=filename,
            url=urljoin(self._base_url, str(entry["file_name"])),
            source=self.source,
            origin="distribution",
            hashes={"sha256": str(entry["sha256"]).lower()} if entry.get("sha256") else {},
            rank=rank,
            metadata=Metadata(
                name=str(entry["name"]),
                version=str(version),
                requires_dist=tuple(str(depend) for depend in entry.get("depends") or ()),
            ),
        )


def _is_usable(entry: Mapping[str, Any]) -> bool:
    """Wheels and library archives; the rest are folders of tests, packed as tar, and entries that lack a part."""
    if not all(isinstance(entry.get(key), str) for key in ("name", "version", "file_name")):
        return False
    path = entry["file_name"].partition("?")[0]
    return bool(path.endswith(".whl") or entry.get("package_type") == "shared_library")


def _project(text: str) -> str:
    """The normalised name a requirement is about, empty when it cannot be read."""
    try:
        return parse_metadata_requirement(text).name
    except InvalidRequirement:
        return ""
