"""What indexes answer with: candidates, and the files that cannot be candidates, each with its reason.

An index turns bytes into these values. It never decides between versions and never writes a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from .._vendor.packaging.version import Version
from ..wheels.metadata import Metadata

__all__ = ["Candidate", "Index", "Listing", "Origin", "Refusal", "RefusedFile"]

Origin = Literal["index", "distribution", "url", "file", "installed"]
"""The kind of place a candidate comes from."""

Refusal = Literal["tags", "python", "sdist", "invalid", "offline"]
"""Why a file is no candidate: no tag the target knows, Requires-Python, not a wheel, a name that does not parse, or
offline and not in the cache."""


@dataclass(frozen=True)
class Candidate:
    """One wheel that the target can load.

    ``name`` is normalised (PEP 503); ``hashes`` maps algorithm to hex digest; ``size`` is in bytes, 0 when unknown;
    ``rank`` is the position of its best tag (0 is best); ``yanked`` is the reason, or ``None`` (PEP 592);
    ``metadata_hashes`` is ``None`` when no separate METADATA is announced (PEP 658, PEP 714);
    ``metadata`` is there when the source already knows it.
    """

    name: str
    version: Version
    filename: str
    url: str = field(repr=False)  # may hold credentials
    source: str
    origin: Origin = "index"
    hashes: Mapping[str, str] = field(default_factory=dict, hash=False)
    size: int = 0
    rank: int = 0
    build: tuple[int, str] = (0, "")
    requires_python: str = ""
    yanked: str | None = None
    metadata_hashes: Mapping[str, str] | None = field(default=None, hash=False)
    metadata: Metadata | None = field(default=None, hash=False, compare=False)


class RefusedFile(NamedTuple):
    """A file of the project that the target cannot use. ``detail`` is the part of the file that decided.

    A tuple, because a page has thousands of them.
    """

    filename: str
    version: str
    reason: Refusal
    detail: str = ""


@dataclass(frozen=True)
class Listing:
    """All that one source says about one project: candidates (any order) and refused files.

    ``status`` is the project's, such as ``archived`` (PEP 792), or empty.
    """

    name: str
    source: str
    candidates: tuple[Candidate, ...]
    refused: tuple[RefusedFile, ...] = ()
    status: str = ""
    status_reason: str = ""


class Index(Protocol):
    """A source of candidates by project name."""

    @property
    def source(self) -> str:
        """The name shown to people."""

    async def listing(self, name: str) -> Listing | None:
        """Everything about the project of this normalised name; ``None`` when the source does not have it.

        Raises ``TransportError`` or ``IndexAnswerError`` when it cannot be known whether it has it.
        """
