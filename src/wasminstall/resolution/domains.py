"""Projects as finite domains: choices in order of preference, specifiers as masks over them.

Bit 0 of a mask stands for "absent", bit ``i`` for the ``i``-th choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .._vendor.packaging.version import Version
from ..indexes.direct import local_path
from ..indexes.model import Candidate, Listing, Origin, RefusedFile
from ..indexes.simple import hashes_of_fragment
from ..requirements import Requirement

__all__ = ["ABSENT", "Domain", "Policy", "build_domain", "is_pinned", "names_file"]

ABSENT = 1
_ONE = ord("1")


@dataclass(frozen=True)
class Policy:
    """What comes first among the choices of one project.

    ``first`` is the version that comes before all others. ``preferred`` origins come next, in this order, but for
    versions below ``floor``.
    With ``pre``, pre-releases satisfy every requirement; unless ``pre_competes`` too, they come after final releases.
    ``unyanked`` are versions somebody has pinned: yanked or not, they satisfy every requirement. ``barred`` are the
    addresses of files that satisfy only who names them, by URL or pin: an answer had them without anybody who does.
    """

    first: Version | None = None
    preferred: tuple[Origin, ...] = ("installed", "distribution")
    floor: Version | None = None
    pre: bool = False
    pre_competes: bool = False
    unyanked: frozenset[Version] = frozenset()
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Domain:
    """What can be chosen for one project.

    ``listings`` are the answers of the sources that have it; ``complete`` tells whether no source is left to ask.
    """

    name: str
    choices: tuple[Candidate, ...]
    listings: tuple[Listing, ...]
    complete: bool
    policy: Policy

    @property
    def full(self) -> int:
        """The mask of everything, "absent" included."""
        return (1 << (len(self.choices) + 1)) - 1

    @property
    def known(self) -> bool:
        """Whether anybody has the project."""
        return bool(self.choices or self.listings)

    @property
    def refused(self) -> tuple[RefusedFile, ...]:
        """The files the target cannot use."""
        return tuple(file for listing in self.listings for file in listing.refused)

    def mask(self, requirement: Requirement) -> int:
        """The choices that satisfy a requirement.

        Pre-releases count when the policy says so, when the specifier names one, or when nothing else satisfies it
        (PEP 440); yanked files only for an exact pin, whosever it is (PEP 592); a direct URL only itself.
        """
        if requirement.url:
            return self._bits(choice for choice in self.choices if _came_from(choice, requirement))
        pinned = is_pinned(requirement)
        fitting = [
            choice
            for choice in requirement.specifier.filter(self.choices, prereleases=True, key=_version)
            if (choice.yanked is None or pinned or choice.version in self.policy.unyanked)
            and (choice.url not in self.policy.barred or (pinned and choice.yanked is not None))
        ]
        if not (self.policy.pre or requirement.specifier.prereleases):
            finals = [choice for choice in fitting if not _is_guarded_prerelease(choice)]
            fitting = finals or fitting
        return self._bits(fitting)

    def _bits(self, chosen: Iterable[Candidate]) -> int:
        digits = bytearray(b"0") * (len(self.choices) + 1)
        for choice in chosen:
            digits[-1 - self._positions[id(choice)]] = _ONE
        return int(digits, 2)

    @cached_property
    def _positions(self) -> Mapping[int, int]:
        return {id(choice): bit for bit, choice in enumerate(self.choices, start=1)}


def build_domain(
    name: str, listings: Sequence[Listing], direct: Sequence[Candidate], *, complete: bool, policy: Policy
) -> Domain:
    """Order all that the sources offer: one wheel a version, one by URL last (only its requirement may choose it)."""
    offered = [candidate for listing in listings for candidate in listing.candidates]
    preferred = _unique(_preferred(offered, policy))
    best: dict[Version, Candidate] = {}
    for candidate in offered:
        rival = best.get(candidate.version)
        if rival is None or _file_order(candidate) > _file_order(rival):
            best[candidate.version] = candidate
    for candidate in preferred:
        del best[candidate.version]
    newest_first = sorted(best.values(), key=_version, reverse=True)
    others = sorted(newest_first, key=lambda candidate: _preference(candidate, policy), reverse=True)
    choices = [*preferred, *others]
    if policy.first is not None:
        choices.sort(key=lambda candidate: candidate.version != policy.first)
    return Domain(name, (*choices, *direct), tuple(listings), complete, policy)


def is_pinned(requirement: Requirement) -> bool:
    """Whether the requirement names one version (``==1.0`` or ``===1.0``, not ``==1.*``)."""
    return any(spec.operator in ("==", "===") and "*" not in spec.version for spec in requirement.specifier)


def _preferred(offered: Sequence[Candidate], policy: Policy) -> list[Candidate]:
    found = [
        candidate
        for candidate in offered
        if candidate.origin in policy.preferred and (policy.floor is None or candidate.version >= policy.floor)
    ]
    return sorted(found, key=lambda candidate: policy.preferred.index(candidate.origin))


def _file_order(candidate: Candidate) -> tuple[bool, bool, int, tuple[int, str], str]:
    """Files of one version, the highest wins: in place, not yanked, best tag, highest build, then by name."""
    return (
        candidate.origin in ("installed", "distribution"),
        candidate.yanked is None,
        -candidate.rank,
        candidate.build,
        candidate.filename,
    )


def _version(candidate: Candidate) -> Version:
    return candidate.version


def _preference(candidate: Candidate, policy: Policy) -> tuple[bool, bool]:
    """Sound before yanked, final before pre-release unless those compete; then new before old."""
    return (candidate.yanked is None, policy.pre_competes or not candidate.version.is_prerelease)


def _unique(candidates: Sequence[Candidate]) -> list[Candidate]:
    """One candidate a version, the first."""
    return list({candidate.version: candidate for candidate in reversed(candidates)}.values())[::-1]


def _is_guarded_prerelease(candidate: Candidate) -> bool:
    """What is in place, in the distribution or named by its URL was chosen by somebody: no opt-in is needed again."""
    return candidate.version.is_prerelease and candidate.origin == "index"


def names_file(requirement: Requirement, candidate: Candidate) -> bool:
    """Whether the requirement names this very file: by its URL, or a yanked one by its version."""
    if candidate.origin in ("url", "file"):
        return _came_from(candidate, requirement)
    return is_pinned(requirement)


def _came_from(candidate: Candidate, requirement: Requirement) -> bool:
    """Whether the candidate is the wheel behind this requirement's URL."""
    if not requirement.url:
        return False
    address, _, fragment = requirement.url.partition("#")
    if candidate.origin not in ("url", "file") or candidate.url != (local_path(address) or address):
        return False
    return hashes_of_fragment(fragment).items() <= candidate.hashes.items()
