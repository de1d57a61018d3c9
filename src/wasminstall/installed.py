"""A distribution as it lies in a folder: what its ``.dist-info`` says, read when it is asked for.

The standard is "recording installed distributions" (PEP 376, PEP 627) with PEP 610 for ``direct_url.json``.
"""

# A wheel has thousands of paths: strings and os.path cost a fifth of what pathlib does.

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ._vendor.packaging.utils import canonicalize_name
from .errors import EnvironmentStateError
from .wheels.metadata import Metadata, parse_metadata
from .wheels.record import RecordEntry, parse_record

__all__ = ["Installed", "read_distributions"]

_SUFFIX = ".dist-info"


@dataclass(frozen=True)
class Installed:
    """One installed distribution. ``name`` is normalised, ``version`` as written, ``dist_info`` its folder."""

    name: str
    version: str
    dist_info: Path

    @cached_property
    def metadata(self) -> Metadata:
        """Its METADATA. Raises ``EnvironmentStateError`` when it cannot be read."""
        try:
            return parse_metadata(self._text("METADATA") or "")
        except ValueError as error:
            raise EnvironmentStateError(
                f"{self.dist_info}/METADATA has {error}", hint=f"reinstall {self.name}, or delete the folder"
            ) from None

    @cached_property
    def installer(self) -> str:
        """The tool that installed it, or an empty string."""
        return (self._text("INSTALLER") or "").strip()

    @cached_property
    def requested(self) -> bool:
        """Whether a person asked for it by name (PEP 376, REQUESTED)."""
        return (self.dist_info / "REQUESTED").is_file()

    @cached_property
    def direct_url(self) -> dict[str, object] | None:
        """Its PEP 610 record; ``None`` when it came from an index, or when the record cannot be read."""
        try:
            answer = json.loads(self._text("direct_url.json") or "null")
        except ValueError:
            return None
        return answer if isinstance(answer, dict) else None

    @cached_property
    def record(self) -> tuple[RecordEntry, ...] | None:
        """The rows of its RECORD; ``None`` when there is none, or none that can be read."""
        text = self._text("RECORD")
        try:
            return None if text is None else parse_record(text)
        except ValueError:
            return None

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The absolute paths of the files in RECORD, which may not exist or lie anywhere. Empty without RECORD."""
        site = str(self.dist_info.parent)
        return tuple(_absolute(site, entry.path) for entry in self.record or ())

    @cached_property
    def top_level(self) -> frozenset[str]:
        """The names that importing it can bring in: modules and packages directly below the site folder."""
        site = f"{self.dist_info.parent}/"
        below = (path.removeprefix(site).split("/", 1) for path in self.files if path.startswith(site))
        names = (parts[0] if len(parts) > 1 else parts[0].partition(".")[0] for parts in below)
        return frozenset(name for name in names if name.isidentifier())

    def _text(self, name: str) -> str | None:
        try:
            return (self.dist_info / name).read_bytes().decode("utf-8", "surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            return None


def read_distributions(folder: Path) -> Iterator[Installed]:
    """Every distribution of one folder, by the name of its ``.dist-info``, in alphabetical order.

    A ``.dist-info`` without METADATA is the rest of a removal, not a distribution. A folder that does not exist has
    none. Costs one listing and one ``stat`` a distribution.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.name for entry in entries if entry.name.endswith(_SUFFIX))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in found:
        if os.path.isfile(os.path.join(folder, entry, "METADATA")):
            yield _distribution(folder / entry)


def _distribution(dist_info: Path) -> Installed:
    name, _, version = dist_info.name[: -len(_SUFFIX)].partition("-")
    if not version or "-" in version:
        # Written before names were escaped: only METADATA can tell the name from the version.
        metadata = Installed(name, version, dist_info).metadata
        name, version = metadata.name, metadata.version
    return Installed(canonicalize_name(name), version, dist_info)


def _absolute(site: str, path: str) -> str:
    if ".." in path or path.startswith(("/", ".")) or os.sep != "/":
        return os.path.normpath(os.path.join(site, path))
    return f"{site}/{path}"
