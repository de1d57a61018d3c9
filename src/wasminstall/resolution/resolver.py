"""Requirements into clauses: a generator that says what it has to know, and ends with the answer.

Keys are ``(name, extra)``: the project itself has the empty extra, ``name[extra]`` is a proxy with the same choices,
tied to the same version. A project starts with what its most preferred source has; when a requirement rules that out,
or no answer is found with it, the next source is asked and the search starts again on the wider domain.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from .._vendor.packaging.utils import canonicalize_name
from .._vendor.packaging.version import InvalidVersion, Version
from ..errors import InvalidRequirement
from ..indexes.direct import direct_candidate
from ..indexes.model import Candidate
from ..requirements import Requirement, parse_metadata_requirement, python_accepts
from .domains import ABSENT, Domain, build_domain
from .knowledge import Knowledge, Listings, Need, NeedListing, NeedMetadata, Unusable
from .problem import Problem, Resolution
from .solver import Clause, Solver, Unsolvable

__all__ = ["Key", "Reason", "Search", "resolve"]

Key = tuple[str, str]


@dataclass(frozen=True)
class Reason:
    """Why a clause holds: ``requirement`` was made by ``by`` (nobody: the user), or ``text`` says it."""

    requirement: Requirement | None = None
    by: Candidate | None = None
    text: str = ""


class _WidenError(Exception):
    """The narrow domain of these projects is not enough."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names


def resolve(problem: Problem, knowledge: Knowledge) -> Generator[tuple[Need, ...], None, Resolution]:
    """Yield what has to be known, all at once where possible, until the answer is there.

    Raises ``ResolutionError`` when there is none, with the reason, and ``InvalidRequirement`` for a URL that cannot
    be a wheel of its project.
    """
    search = Search(problem, knowledge)
    while True:
        try:
            yield from search.crawl()
            return (yield from search.solve())
        except _WidenError as need:
            search.widen(need.names)
        except Unsolvable as failure:
            narrow = search.narrow_names(failure)
            if not narrow:
                from .explain import explain

                raise explain(failure, search) from None
            search.widen(narrow)


class Search:
    """One resolution: the domains so far, and the clauses made from them."""

    def __init__(self, problem: Problem, knowledge: Knowledge) -> None:
        self.problem = problem
        self._knowledge = knowledge
        self._depth: dict[str, int] = {}
        self._direct: dict[str, dict[str, Candidate]] = {}
        self._domains: dict[str, Domain] = {}
        self._warnings: dict[str, None] = {}
        self._installed_dependants: dict[str, set[str]] | None = None
        self._opted_in = {requirement.name for requirement in problem.requirements if requirement.specifier.prereleases}

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources that were asked, for messages."""
        return self._knowledge.sources

    def widen(self, names: Sequence[str]) -> None:
        """Let one more source answer for these projects."""
        for name in names:
            self._depth[name] = self._depth.get(name, 0) + 1
            self._domains.pop(name, None)

    def narrow_names(self, failure: Unsolvable[Key, Reason]) -> list[str]:
        """The projects of a failed proof for which a source has not been asked."""
        names = {key[0] for leaf in failure.leaves() for key in leaf.terms}
        return sorted(name for name in names if not self.domain(name).complete)

    def domain(self, name: str) -> Domain:
        """The domain of a project whose listing is known."""
        if name not in self._domains:
            direct = tuple(self._direct.get(name, {}).values())
            answer = self._knowledge.listings.get(self._listing_need(name), Listings((), complete=True))
            self._domains[name] = build_domain(
                name, answer.listings, direct, complete=answer.complete, pre=self._admits_pre(name)
            )
        return self._domains[name]

    def mask(self, requirement: Requirement) -> int:
        """The choices a requirement allows; raises ``_WidenError`` when the narrow ones are not enough."""
        domain = self.domain(requirement.name)
        mask = domain.mask(requirement, pre=self._admits_pre(requirement.name))
        if not mask and not domain.complete and not requirement.url:
            raise _WidenError([requirement.name])
        return mask

    def _admits_pre(self, name: str) -> bool:
        return self.problem.pre or name in self._opted_in

    # --- what to know first -----------------------------------------------------------------------------------

    def crawl(self) -> Iterator[tuple[Need, ...]]:
        """Ask for the best candidate of everything that is probably needed, a whole level at once.

        Only saves time: the solver asks for what is still missing, and its answer does not depend on this.
        """
        frontier = self._root_requirements()
        seen: set[tuple[str, frozenset[str]]] = set()
        while frontier:
            frontier = [item for item in frontier if (item.name, item.extras) not in seen]
            seen.update((item.name, item.extras) for item in frontier)
            yield from self._ask(self._listing_needs(frontier))
            chosen = [(item, choice) for item in frontier for choice in self._best(item)]
            yield from self._ask([self._metadata_need(choice, item.extras) for item, choice in chosen])
            frontier = [
                dependency
                for item, choice in chosen
                for extra in ("", *sorted(item.extras))
                for dependency in self._dependencies(choice, extra)
            ]

    def _best(self, requirement: Requirement) -> list[Candidate]:
        """The candidate a requirement would get if nothing else mattered."""
        mask = self.mask(requirement)
        return [self.domain(requirement.name).choices[(mask & -mask).bit_length() - 2]] if mask else []

    # --- the search -------------------------------------------------------------------------------------------

    def solve(self) -> Generator[tuple[Need, ...], None, Resolution]:
        """Run the solver, supplying the clauses of each choice it makes."""
        met: set[str] = set()
        roots = self._root_requirements()
        yield from self._ask(self._listing_needs(roots))
        clauses = [clause for item in roots for clause in self._demands({}, item, Reason(item))]
        clauses += yield from self._keep_installed([item.name for item in roots], met)
        steps = Solver[Key, Reason](lambda key: len(self.domain(key[0]).choices)).solve(clauses)
        try:
            key, bit = next(steps)
            while True:
                key, bit = steps.send((yield from self._clauses_of(key, bit, met)))
        except StopIteration as end:
            return self._resolution(end.value)

    def _clauses_of(
        self, key: Key, bit: int, met: set[str]
    ) -> Generator[tuple[Need, ...], None, list[Clause[Key, Reason]]]:
        """What choosing this brings with it."""
        name, extra = key
        domain = self.domain(name)
        choice = domain.choices[bit - 1]
        if_chosen = {key: 1 << bit}
        clauses: list[Clause[Key, Reason]] = []
        if extra:
            same = {**if_chosen, (name, ""): domain.full & ~(1 << bit)}
            clauses.append(Clause(same, Reason(by=choice, text=f"{name}[{extra}] has the version of {name}")))
        yield from self._ask([self._metadata_need(choice, frozenset([extra]) if extra else frozenset())])
        problem = self._defect(choice, full=bool(extra))
        if problem:
            return [Clause(if_chosen, Reason(by=choice, text=problem))]
        dependencies = self._dependencies(choice, extra)
        yield from self._ask(self._listing_needs(dependencies))
        for dependency in dependencies:
            clauses += self._demands(if_chosen, dependency, Reason(dependency, choice))
        clauses += yield from self._keep_installed([item.name for item in dependencies], met)
        return clauses

    def _demands(
        self, if_chosen: dict[Key, int], requirement: Requirement, reason: Reason
    ) -> list[Clause[Key, Reason]]:
        """``requirement`` must hold when ``if_chosen`` does: for the project and each extra."""
        domain = self.domain(requirement.name)
        ruled_out = domain.full & ~self.mask(requirement)
        keys = [(requirement.name, extra) for extra in ("", *sorted(requirement.extras))]
        # A project that requires itself adds nothing (but its extras do: all = ["pkg[x]"]).
        return [Clause({**if_chosen, key: ruled_out}, reason) for key in keys if key not in if_chosen]

    def _keep_installed(
        self, names: Sequence[str], met: set[str]
    ) -> Generator[tuple[Need, ...], None, list[Clause[Key, Reason]]]:
        """What is installed and depends on a project that may change stays, and stays satisfied."""
        clauses: list[Clause[Key, Reason]] = []
        pending = list(names)
        while pending:
            name = pending.pop()
            if name in met:
                continue
            met.add(name)
            for dependant in sorted(self._dependants(name)):
                yield from self._ask(self._listing_needs([Requirement(dependant, dependant)]))
                clauses.append(Clause({(dependant, ""): ABSENT}, Reason(text=f"{dependant} is installed")))
                pending.append(dependant)
        return clauses

    def _dependants(self, name: str) -> set[str]:
        """The installed distributions that depend on an installed one."""
        if self._installed_dependants is None:
            self._installed_dependants = {}
            for other, candidate in self.problem.installed.items():
                for requirement in self._dependencies(candidate, ""):
                    self._installed_dependants.setdefault(requirement.name, set()).add(other)
        return self._installed_dependants.get(name, set()) if name in self.problem.installed else set()

    # --- reading what is known --------------------------------------------------------------------------------

    def _root_requirements(self) -> list[Requirement]:
        environment = self.problem.target.environment
        roots = [item for item in self.problem.requirements if item.applies(environment)]
        for item in roots:
            self._note_direct(item)
        return sorted(roots, key=lambda item: (item.name, item.text))

    def _dependencies(self, candidate: Candidate, extra: str) -> list[Requirement]:
        """The requirements of a candidate that hold here: its own, or the ones an extra adds."""
        metadata = self._knowledge.metadata(candidate, full=bool(extra))
        if metadata is None or isinstance(metadata, Unusable) or not self.problem.deps:
            return []
        if extra and extra not in {canonicalize_name(provided) for provided in metadata.provides_extra}:
            self._warnings[f"{candidate.name} {candidate.version} has no extra named {extra!r}"] = None
            return []
        found = []
        for text in metadata.requires_dist:
            try:
                item = parse_metadata_requirement(text)
                self._check_readable(item)
                here = item.applies(self.problem.target.environment, extra)
                if here and not (extra and item.applies(self.problem.target.environment)):
                    found.append(item)
            except InvalidRequirement:
                continue  # ``_defect`` rules the candidate out; the crawl just does not follow it
        if candidate.origin == "installed" and not self._is_asked_for(candidate.name):
            found = [item for item in found if self._holds_already(item)]
        for item in found:
            self._note_direct(item)
        return found

    def _defect(self, candidate: Candidate, *, full: bool) -> str:
        """Why a candidate cannot be used after all, judged by its metadata; empty when it can."""
        metadata = self._knowledge.metadata(candidate, full=full)
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
                self._check_readable(parse_metadata_requirement(text))
        except (InvalidVersion, InvalidRequirement) as error:
            return f"its METADATA cannot be read: {error}".partition("\n")[0]
        python = self.problem.target.python_version
        if metadata.requires_python and not python_accepts(metadata.requires_python, python):
            return f"it needs Python {metadata.requires_python}"
        return ""

    def _check_readable(self, requirement: Requirement) -> None:
        """Raise ``InvalidRequirement`` for a marker or a URL that cannot be used."""
        if requirement.applies(self.problem.target.environment) and requirement.url:
            direct_candidate(requirement, self.problem.target)

    def _is_asked_for(self, name: str) -> bool:
        return any(requirement.name == name for requirement in self.problem.requirements)

    def _holds_already(self, requirement: Requirement) -> bool:
        """Whether an installed distribution satisfies it now: what was broken before is not ours to mend."""
        candidate = self.problem.installed.get(requirement.name)
        return candidate is not None and requirement.specifier.contains(candidate.version, prereleases=True)

    def _note_direct(self, requirement: Requirement) -> None:
        """A wheel by URL joins its project's domain."""
        known = self._direct.setdefault(requirement.name, {}) if requirement.url else {}
        if requirement.url and requirement.url not in known:
            known[requirement.url] = direct_candidate(requirement, self.problem.target)
            if self._domains.pop(requirement.name, None) is not None:
                raise _WidenError([])  # masks made for the smaller domain are no longer true

    def _listing_need(self, name: str) -> NeedListing:
        return NeedListing(name, self._depth.get(name, 0))

    def _listing_needs(self, requirements: Sequence[Requirement]) -> list[Need]:
        """Listings of the named projects; one that is only ever named by URL needs none."""
        names = dict.fromkeys(item.name for item in requirements if not item.url)
        return [self._listing_need(name) for name in names]

    def _metadata_need(self, candidate: Candidate, extras: frozenset[str]) -> Need:
        return NeedMetadata(candidate, full=bool(extras) and candidate.origin == "distribution")

    def _ask(self, needs: Sequence[Need]) -> Iterator[tuple[Need, ...]]:
        """Yield what is not known yet, once."""
        missing = tuple(dict.fromkeys(need for need in needs if not self._knowledge.has(need)))
        if missing:
            yield missing
            outgrown = [need.name for need in missing if isinstance(need, NeedListing) and need.name in self._domains]
            if outgrown:  # known by URL only until now: masks made for the smaller domain are no longer true
                for name in outgrown:
                    del self._domains[name]
                raise _WidenError([])

    def _resolution(self, chosen: dict[Key, int]) -> Resolution:
        candidates = {
            name: self.domain(name).choices[bit - 1] for (name, extra), bit in sorted(chosen.items()) if not extra
        }
        warnings = [
            f"{candidate.name} {candidate.version} was yanked: {candidate.yanked or 'no reason given'}"
            for candidate in candidates.values()
            if candidate.yanked is not None
        ]
        return Resolution(candidates, (*self._warnings, *warnings))
