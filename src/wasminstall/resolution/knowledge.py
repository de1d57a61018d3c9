"""What the resolver knows of the world, and what it asks to know next.

The resolver reads ``Knowledge`` and yields needs; whoever drives it fetches what they name, writes the answers into
``Knowledge`` and lets it go on. The answer depends on what was asked, never on what arrived first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..indexes.model import Candidate, Listing
from ..wheels.metadata import Metadata

__all__ = ["Knowledge", "Listings", "Need", "NeedListing", "NeedMetadata", "Unusable"]


@dataclass(frozen=True)
class NeedListing:
    """What the sources have of a project.

    Sources stand in order of preference (installed, distribution, indexes). They are asked until one has a candidate
    (``depth`` 0), two have (``depth`` 1), and so on.
    """

    name: str
    depth: int = 0


@dataclass(frozen=True)
class NeedMetadata:
    """The METADATA of a candidate; ``full`` when the short form of the Pyodide lock is not enough."""

    candidate: Candidate
    full: bool = False


Need = NeedListing | NeedMetadata


@dataclass(frozen=True)
class Unusable:
    """Metadata that cannot be used, and why: the candidate is then ruled out."""

    reason: str


@dataclass(frozen=True)
class Listings:
    """The answer to ``NeedListing``; ``complete`` when no source is left to ask."""

    listings: tuple[Listing, ...]
    complete: bool


@dataclass
class Knowledge:
    """Answers to needs.

    ``sources`` names who is asked, in order of preference; ``names`` are projects known to exist, for hints, and
    ``modules`` the projects by the modules they bring, where a module is called otherwise.
    ``favoured`` is what the search would choose at this point, by name: worth fetching early, and no more than that.
    """

    sources: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    modules: Mapping[str, str] = field(default_factory=dict)
    listings: dict[NeedListing, Listings] = field(default_factory=dict)
    full_metadata: dict[str, Metadata | Unusable] = field(default_factory=dict)
    favoured: dict[str, Candidate] = field(default_factory=dict)

    def has(self, need: Need) -> bool:
        """Whether this need has been met."""
        if isinstance(need, NeedListing):
            return need in self.listings
        return self.metadata(need.candidate, full=need.full) is not None

    def metadata(self, candidate: Candidate, *, full: bool = False) -> Metadata | Unusable | None:
        """The metadata of a candidate, ``None`` while it is not known."""
        known = self.full_metadata.get(candidate.url)
        if known is None and not (full and candidate.origin == "distribution"):
            return candidate.metadata
        return known
