"""Projects as finite domains: choices in order of preference, specifiers as masks over them.

Bit 0 of a mask stands for "absent", bit ``i`` for the ``i``-th choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._vendor.packaging.version import Version
from ..indexes.model import Candidate, Listing, RefusedFile
from ..requirements import Requirement, version_set

__all__ = ["ABSENT", "Domain", "build_domain"]

ABSENT = 1
_PREFERRED = ("installed", "distribution")


@dataclass(frozen=True)
class Domain:
    """What can be chosen for one project.

    ``sources`` are those that were asked and have it, ``complete`` tells whether none is left to ask; ``known`` whether
    anybody has the project.
    """

    name: str
    choices: tuple[Candidate, ...]
    refused: tuple[RefusedFile, ...]
    sources: tuple[str, ...]
    complete: bool
    known: bool

    @property
    def full(self) -> int:
        """The mask of everything, "absent" included."""
        return (1 << (len(self.choices) + 1)) - 1

    def mask(self, requirement: Requirement, *, pre: bool) -> int:
        """The choices that satisfy a requirement.

        Pre-releases count when ``pre``, when the specifier names one, or when nothing else satisfies it (PEP 440);
        yanked files only for an exact pin (PEP 592); a direct URL only itself.
        """
        if requirement.url:
            return self._bits(choice for choice in self.choices if _came_from(choice, requirement))
        inside = version_set(requirement.specifier, tuple(choice.version for choice in self.choices))
        pinned = any(spec.operator in ("==", "===") and "*" not in spec.version for spec in requirement.specifier)
        fitting = [choice for choice in self.choices if choice.version in inside and (choice.yanked is None or pinned)]
        if not (pre or requirement.specifier.prereleases):
            finals = [choice for choice in fitting if not _is_guarded_prerelease(choice)]
            fitting = finals or fitting
        return self._bits(fitting)

    def _bits(self, chosen: Iterable[Candidate]) -> int:
        positions = {id(choice): bit for bit, choice in enumerate(self.choices, start=1)}
        return sum(1 << positions[id(choice)] for choice in chosen)


def build_domain(
    name: str, listings: Sequence[Listing], direct: Sequence[Candidate], *, complete: bool, pre: bool
) -> Domain:
    """Order all that the sources offer: preferred sources first, then the newest; one wheel a version.

    Unless ``pre``, pre-releases come after every final release.
    """
    offered = [candidate for listing in listings for candidate in listing.candidates]
    preferred = [candidate for candidate in offered if candidate.origin in _PREFERRED]
    taken = {candidate.version for candidate in preferred}
    best: dict[Version, Candidate] = {}
    for candidate in offered:
        if candidate.version in taken:
            continue
        rival = best.get(candidate.version)
        if rival is None or _file_order(candidate) < _file_order(rival):
            best[candidate.version] = candidate
    newest_first = sorted(best.values(), key=lambda candidate: _preference(candidate, pre=pre), reverse=True)
    # A wheel by URL comes last: only the requirement that names it may choose it.
    return Domain(
        name=name,
        choices=(*_unique(preferred), *newest_first, *direct),
        refused=tuple(file for listing in listings for file in listing.refused),
        sources=tuple(dict.fromkeys(listing.source for listing in listings)),
        complete=complete,
        known=bool(direct) or any(listing.candidates or listing.refused for listing in listings),
    )


def _file_order(candidate: Candidate) -> tuple[bool, int, tuple[int, ...], str]:
    """Files of one version: not yanked, best tag, highest build, then by name to be the same every time."""
    return (candidate.yanked is not None, candidate.rank, (-candidate.build[0],), candidate.filename)


def _preference(candidate: Candidate, *, pre: bool) -> tuple[bool, bool, Version]:
    """Sound before yanked, final before pre-release unless ``pre``, new before old."""
    return (candidate.yanked is None, pre or not candidate.version.is_prerelease, candidate.version)


def _unique(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate a version, the first."""
    return list({candidate.version: candidate for candidate in reversed(list(candidates))}.values())[::-1]


def _is_guarded_prerelease(candidate: Candidate) -> bool:
    """What is in place or in the distribution was chosen by somebody: no opt-in is needed again."""
    return candidate.version.is_prerelease and candidate.origin not in _PREFERRED


def _came_from(candidate: Candidate, requirement: Requirement) -> bool:
    """Whether the candidate is the wheel behind this requirement's URL."""
    address = requirement.url.partition("#")[0]
    return candidate.origin in ("url", "file") and address.endswith(candidate.url)
