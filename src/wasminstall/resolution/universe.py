"""The world of one problem as far as it is known: domains, masks, dependencies, defects. Reads, never asks.

A domain can outgrow itself: a wheel by URL joins it, the next source is let in, a pre-release is opted in for. Masks
made before are then no longer true, which ``Outgrown`` tells: the search starts again, on what is known by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from .._vendor.packaging.utils import canonicalize_name
from .._vendor.packaging.version import InvalidVersion, Version
from ..errors import InvalidRequirement
from ..indexes.direct import direct_candidate
from ..indexes.model import Candidate, Listing, Origin, RefusedFile
from ..requirements import Requirement, parse_metadata_requirement, python_accepts
from ..wheels.metadata import Metadata
from .domains import Domain, Policy, build_domain
from .knowledge import Knowledge, Listings, Need, NeedListing, NeedMetadata, Unusable
from .problem import Problem

__all__ = ["Outgrown", "Universe"]

_ALL_SOURCES = 99


class Outgrown(Exception):
    """A domain has changed; the search has to start again."""


class Universe:
    """What ``knowledge`` means for ``problem``. Costs are those of parsing, each string once."""

    def __init__(self, problem: Problem, knowledge: Knowledge) -> None:
        self.problem = problem
        self.knowledge = knowledge
        self._depth: dict[str, int] = {}
        self._direct: dict[str, dict[str, Candidate]] = {}
        self._domains: dict[str, Domain] = {}
        self._pre_as_roots = {item.name for item in problem.wish.requirements if item.specifier.prereleases}
        self._pre_as_needed: set[str] = set()
        self._unyanked: dict[str, frozenset[Version]] = {}
        self._barred: set[str] = set()
        self._dependencies: dict[tuple[str, str], Mapping[str, Requirement]] = {}
        self._masks: dict[tuple[Domain, str], int] = {}
        self._given_up: set[str] = set()
        self._dependants: dict[str, set[str]] | None = None

    # --- domains ----------------------------------------------------------------------------------------------

    def domain(self, name: str) -> Domain:
        """The domain of a project whose listing is known."""
        if name not in self._domains:
            direct = tuple(self._direct.get(name, {}).values())
            answer = self.knowledge.listings.get(self.listing_need(name), Listings((), complete=True))
            listings = self._usable(name, answer.listings)
            policy = self._policy(name)
            self._domains[name] = build_domain(name, listings, direct, complete=answer.complete, policy=policy)
        return self._domains[name]

    def mask(self, requirement: Requirement) -> int:
        """The choices a requirement allows; raises ``Outgrown`` when those known so far are not enough."""
        mask = self.known_mask(requirement)
        if not mask and not requirement.url and not self.domain(requirement.name).complete:
            self.widen([requirement.name])
            raise Outgrown
        return mask

    def known_mask(self, requirement: Requirement) -> int:
        """The choices a requirement allows among those known so far."""
        domain = self.domain(requirement.name)
        key = (domain, requirement.text)
        if key not in self._masks:
            self._masks[key] = domain.mask(requirement)
        return self._masks[key]

    def is_out_of_reach(self, requirement: Requirement) -> bool:
        """Whether it is known that files satisfy a requirement, but none that the target can load."""
        if self.listing_need(requirement.name) not in self.knowledge.listings:
            return False
        domain = self.domain(requirement.name)
        return any(file.reason == "tags" for file in domain.refused) and not self.known_mask(requirement)

    def widen(self, names: Iterable[str]) -> None:
        """Let one more source answer for these projects."""
        for name in names:
            self._depth[name] = self._first_depth(name) + 1
            self._domains.pop(name, None)

    def give_up_on(self, name: str) -> None:
        """Take whatever is asked of this project for satisfied from now on."""
        self._given_up.add(name)

    def is_given_up(self, name: str) -> bool:
        """See ``give_up_on``."""
        return name in self._given_up

    def opt_in(self, names: Iterable[str]) -> None:
        """Let pre-releases of these projects satisfy every requirement on them."""
        for name in names:
            self._pre_as_needed.add(name)
            self._domains.pop(name, None)

    def is_opted_in(self, name: str) -> bool:
        """Whether pre-releases of the project satisfy every requirement on it."""
        return self.problem.wish.pre or name in self._pre_as_roots or name in self._pre_as_needed

    def unyank(self, pins: Iterable[Requirement]) -> bool:
        """Let what is pinned satisfy every requirement although it was yanked; whether that changes anything."""
        before = dict(self._unyanked)
        for pin in pins:
            yanked = [choice.version for choice in self.domain(pin.name).choices if choice.yanked is not None]
            found = frozenset(version for version in yanked if pin.specifier.contains(version, prereleases=True))
            self._unyanked[pin.name] = self._unyanked.get(pin.name, frozenset()) | found
        changed = [name for name, found in self._unyanked.items() if found != before.get(name, frozenset())]
        self.forget_domains(changed)
        return bool(changed)

    def bar(self, candidates: Iterable[Candidate]) -> None:
        """Let these files satisfy nothing but requirements that name their URL, or pin their version."""
        for candidate in candidates:
            self._barred.add(candidate.url)
            self._domains.pop(candidate.name, None)

    def forget_domains(self, names: Iterable[str]) -> bool:
        """Drop the domains of these projects; whether there were any."""
        known = [name for name in names if name in self._domains]
        for name in known:
            del self._domains[name]
        return bool(known)

    def _usable(self, name: str, listings: Sequence[Listing]) -> Sequence[Listing]:
        """Without what is installed when the project is to be placed again, and without files of another hash."""
        again = name in self.problem.wish.reinstall
        listings = [listing for listing in listings if not (again and listing.source == "installed")]
        allowed = self.problem.wish.hashes.get(name)
        return listings if allowed is None else [_with_hashes(listing, allowed) for listing in listings]

    def _policy(self, name: str) -> Policy:
        wish = self.problem.wish
        preferred: list[Origin] = [] if name in wish.upgrade else ["installed"]
        if wish.prefer == "distribution":
            preferred.append("distribution")
        # Neither goes back to an older version because the distribution has that one.
        again = name in self.problem.installed and not self._is_kept(name)
        floor = self.problem.installed[name].version if again else None
        # Pre-releases that only a dependency opted in for stay behind the final ones: it may yet be rejected.
        competes = wish.pre or name in self._pre_as_roots
        return Policy(
            first=wish.locked.get(name),
            preferred=tuple(preferred),
            floor=floor,
            pre=self.is_opted_in(name),
            pre_competes=competes,
            unyanked=self._unyanked.get(name, frozenset()),
            barred=frozenset(self._barred),
        )

    def _first_depth(self, name: str) -> int:
        """How many sources beyond the first that has it are asked for a project to begin with."""
        wish = self.problem.wish
        all_at_once = name in wish.upgrade | wish.reinstall or (wish.prefer == "newest" and not self._is_kept(name))
        return self._depth.get(name, _ALL_SOURCES if all_at_once else 0)

    def _is_kept(self, name: str) -> bool:
        wish = self.problem.wish
        return name in self.problem.installed and name not in wish.upgrade | wish.reinstall

    # --- needs ------------------------------------------------------------------------------------------------

    def listing_need(self, name: str) -> NeedListing:
        """What has to be known before ``domain`` can be asked."""
        return NeedListing(name, self._first_depth(name))

    def listing_needs(self, requirements: Iterable[Requirement]) -> list[Need]:
        """Listings of the named projects; one that is only ever named by URL needs none."""
        return [self.listing_need(name) for name in dict.fromkeys(item.name for item in requirements if not item.url)]

    def metadata_need(self, candidate: Candidate, extras: Iterable[str]) -> NeedMetadata:
        """The short metadata of a lock knows no extras."""
        return NeedMetadata(candidate, full=any(extras) and candidate.origin == "distribution")

    # --- requirements -----------------------------------------------------------------------------------------

    def roots(self) -> list[Requirement]:
        """What the user asks for, as far as it holds here, in an order that does not depend on the user's."""
        environment = self.problem.target.environment
        roots = sorted(
            (item for item in self.problem.wish.requirements if item.applies(environment)),
            key=lambda item: (item.name, item.text),
        )
        for item in roots:
            self._note_direct(item)
        return roots

    def constraints(self, name: str) -> list[Requirement]:
        """The constraints on a project that hold here; one by URL brings that wheel into the domain."""
        environment = self.problem.target.environment
        found = [item for item in self.problem.wish.constraints if item.name == name and item.applies(environment)]
        for item in found:
            self._note_direct(item)
        return found

    def dependencies(self, candidate: Candidate, extra: str = "") -> Mapping[str, Requirement]:
        """The requirements of a candidate that hold here, by their text: its own, or the ones an extra adds.

        An extra the candidate does not have adds none; nor does metadata that is not known.
        """
        known = self._dependencies.get((candidate.url, extra))
        if known is not None:
            return known
        metadata = self.knowledge.metadata(candidate, full=bool(extra))
        if metadata is None or isinstance(metadata, Unusable) or not self.problem.wish.deps:
            return {}
        found = {item.text: item for item in self._read_dependencies(candidate, metadata, extra)}
        self._dependencies[candidate.url, extra] = found
        return found

    def has_extra(self, candidate: Candidate, extra: str) -> bool:
        """Whether a candidate offers an extra (PEP 685: names are compared normalised)."""
        metadata = self.knowledge.metadata(candidate, full=True)
        provided = metadata.provides_extra if isinstance(metadata, Metadata) else ()
        return extra in {canonicalize_name(name) for name in provided}

    def _read_dependencies(self, candidate: Candidate, metadata: Metadata, extra: str) -> list[Requirement]:
        if extra and not self.has_extra(candidate, extra):
            return []
        found = [item for text in metadata.requires_dist for item in self._holding(text, extra)]
        if candidate.origin == "installed" and not self._is_asked_for(candidate.name):
            found = [item for item in found if self._holds_already(item)]
        for item in found:
            self._note_direct(item)
        return found

    def defect(self, candidate: Candidate, *, full: bool) -> str:
        """Why a candidate cannot be used after all, judged by its metadata; empty when it can."""
        metadata = self.knowledge.metadata(candidate, full=full)
        if metadata is None or isinstance(metadata, Unusable):
            return metadata.reason if metadata else "its metadata is not known"
        if candidate.origin == "installed":
            return ""
        if canonicalize_name(metadata.name) != candidate.name:
            return f"its METADATA is of {metadata.name}"
        try:
            if Version(metadata.version) != candidate.version:
                return f"its METADATA says version {metadata.version}"
            for text in metadata.requires_dist:
                self._readable(text)
        except (InvalidVersion, InvalidRequirement) as error:
            return f"its METADATA cannot be read: {error}".partition("\n")[0]
        python = self.problem.target.python_version
        if metadata.requires_python and not python_accepts(metadata.requires_python, python):
            return f"it needs Python {metadata.requires_python}"
        return ""

    def dependants(self, name: str) -> Sequence[str]:
        """The installed distributions that depend on an installed one, by name."""
        if self._dependants is None:
            self._dependants = {}
            for other, candidate in self.problem.installed.items():
                for requirement in self.dependencies(candidate).values():
                    self._dependants.setdefault(requirement.name, set()).add(other)
        return sorted(self._dependants.get(name, ())) if name in self.problem.installed else ()

    def needed(self, candidates: Mapping[str, Candidate], chosen: Iterable[tuple[str, str]]) -> dict[str, Candidate]:
        """The candidates without installed ones that only took part because they depend on something."""
        keys = set(chosen)
        reached: set[str] = set()
        pending = [item.name for item in self.roots()]
        while pending:
            name = pending.pop()
            if name in candidates and name not in reached:
                reached.add(name)
                for extra in [extra for other, extra in keys if other == name]:
                    pending += [item.name for item in self.dependencies(candidates[name], extra).values()]
        return {name: item for name, item in candidates.items() if name in reached or item.origin != "installed"}

    def _holding(self, text: str, extra: str) -> list[Requirement]:
        """The requirement in a list when it holds; an unreadable one is left to ``defect``."""
        environment = self.problem.target.environment
        try:
            item = self._readable(text)
            here = item.applies(environment, extra) and not (extra and item.applies(environment))
        except InvalidRequirement:
            return []
        return [item] if here else []

    def _readable(self, text: str) -> Requirement:
        """Parse; raises ``InvalidRequirement`` also for a marker or a URL that cannot be used."""
        item = parse_metadata_requirement(text)
        if item.applies(self.problem.target.environment) and item.url:
            direct_candidate(item, self.problem.target)
        return item

    def _is_asked_for(self, name: str) -> bool:
        return any(requirement.name == name for requirement in self.problem.wish.requirements)

    def _holds_already(self, requirement: Requirement) -> bool:
        """Whether an installed distribution satisfies it now: what was broken before is not ours to mend."""
        candidate = self.problem.installed.get(requirement.name)
        return candidate is not None and requirement.specifier.contains(candidate.version, prereleases=True)

    def _note_direct(self, requirement: Requirement) -> None:
        """A wheel by URL joins its project's domain."""
        known = self._direct.setdefault(requirement.name, {}) if requirement.url else {}
        if requirement.url and requirement.url not in known:
            known[requirement.url] = direct_candidate(requirement, self.problem.target)
            if self.forget_domains([requirement.name]):
                raise Outgrown


def _with_hashes(listing: Listing, allowed: frozenset[str]) -> Listing:
    """The listing without the candidates whose announced hashes contradict these; the bytes are checked later."""
    fitting = [candidate for candidate in listing.candidates if _may_have_hash(candidate, allowed)]
    others = [candidate for candidate in listing.candidates if candidate not in fitting]
    detail = "its hash is none of those that were given"
    refused = [RefusedFile(other.filename, str(other.version), "invalid", detail) for other in others]
    return replace(listing, candidates=tuple(fitting), refused=(*listing.refused, *refused))


def _may_have_hash(candidate: Candidate, allowed: frozenset[str]) -> bool:
    hashes = {f"{algorithm}:{digest}" for algorithm, digest in candidate.hashes.items()}
    comparable = candidate.hashes.keys() & {given.partition(":")[0] for given in allowed}
    return candidate.origin == "installed" or not comparable or not hashes.isdisjoint(allowed)
