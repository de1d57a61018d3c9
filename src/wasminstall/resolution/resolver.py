"""Requirements into clauses: a generator that says what it has to know, and ends with the answer.

Keys are ``(name, extra)``: the project itself has the empty extra, ``name[extra]`` is a proxy with the same choices,
tied to the same version. A project starts with what its most preferred source has; when a requirement rules that out,
or no answer is found with it, the next source is asked and the search starts again on the wider domain.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..errors import ResolutionError, several
from ..indexes.model import Candidate
from ..requirements import Requirement
from ..wheels.metadata import Metadata
from .domains import ABSENT, is_pinned, names_file
from .knowledge import Knowledge, Need, NeedListing
from .problem import Problem, Resolution
from .proof import Clause, Unsolvable
from .reasons import CONSTRAINT, Key, Leaves, Reason
from .solver import Solver
from .universe import Outgrown, Universe
from .warnings import requirements_on, warnings_about

__all__ = ["resolve"]

Needs = tuple[Need, ...]

# From so many tries of one project on, each wait brings metadata of versions that come next: 4, 8, 16, 32 of them.
_LOOKS_AHEAD_FROM = 3
_LOOKS_AHEAD = (4, 8, 16, 32)
# So many separate reasons are enough to read.
_MOST_ERRORS = 20


def resolve(problem: Problem, knowledge: Knowledge) -> Generator[Needs, None, Resolution]:
    """Yield what has to be known, all at once where possible, until the answer is there.

    Where nothing is needed, nothing is yielded now and then: the search takes a while, and others may have their turn.
    The answer depends on the problem and on what the needs are answered with, never on the order of anything.
    Raises ``ResolutionError`` when there is none: every requirement that nothing can satisfy is in it, not only the
    first. Raises ``InvalidRequirement`` for a URL that cannot be a wheel of its project.
    """
    universe = Universe(problem, knowledge)
    errors: list[ResolutionError] = []
    while True:
        search = _Search(universe)
        try:
            yield from search.crawl()
            answer = yield from search.solve()
        except Outgrown:
            continue
        except Unsolvable as failure:
            leaves: Leaves = failure.leaves()
            if _loosened(universe, leaves):
                continue
            from .explain import explain, hopeless_requirement  # only a failure pays for the words

            errors.append(explain(leaves, universe))
            hopeless = hopeless_requirement(leaves, universe)
            if hopeless is None or len(errors) == _MOST_ERRORS:
                raise several(errors) from None
            # Take it for satisfied and look on: people want to hear of everything that is missing at once.
            universe.give_up_on(hopeless.name)
            continue
        if errors:
            raise several(errors)
        return answer


def _loosened(universe: Universe, leaves: Leaves) -> bool:
    """Whether the search may succeed on more: the next source, or a pre-release or yanked one that the proof names."""
    names = {key[0] for leaf in leaves for key in leaf.terms}
    incomplete = sorted(name for name in names if not universe.domain(name).complete)
    universe.widen(incomplete)
    if incomplete:
        return True
    requirements = [leaf.reason.requirement for leaf in leaves if leaf.reason.requirement is not None]
    asked_for = {item.name for item in requirements if item.specifier.prereleases}
    opted_in = sorted(name for name in asked_for if not universe.is_opted_in(name))
    universe.opt_in(opted_in)
    return universe.unyank(item for item in requirements if is_pinned(item)) or bool(opted_in)


class _Search:
    """One run over the universe: what to know first, then the solver, supplied with clauses."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._knowledge = universe.knowledge
        self._met: set[str] = set()
        self._tries: dict[Key, int] = {}
        self._waits: dict[Key, int] = {}
        # For each key and requirement text, the choices whose clause has been given to the solver.
        self._told: dict[tuple[Key, str], int] = {}

    # --- what to know first -----------------------------------------------------------------------------------

    def crawl(self) -> Iterator[Needs]:
        """Ask for the best candidate of everything that is probably needed, a whole level at once.

        Only saves time: the solver asks for what is still missing, and its answer does not depend on this.
        """
        frontier = self._universe.roots()
        wanted: dict[str, dict[Requirement, None]] = {}
        seen: set[tuple[Candidate, str]] = set()
        while frontier:
            yield from self._ask(self._universe.listing_needs(frontier))
            for item in frontier:
                wanted.setdefault(item.name, {})[item] = None
            chosen: list[tuple[Candidate, str]] = []
            for item in frontier:
                extras = ("", *sorted(item.extras))
                chosen += [(best, extra) for best in self._best(wanted[item.name]) for extra in extras]
                yield ()
            fresh = [pair for pair in dict.fromkeys(chosen) if pair not in seen]
            seen.update(fresh)
            yield from self._ask([self._universe.metadata_need(candidate, [extra]) for candidate, extra in fresh])
            self._knowledge.favoured.update((candidate.name, candidate) for candidate, _ in fresh)
            found = [self._universe.dependencies(candidate, extra) for candidate, extra in fresh]
            frontier = [item for dependencies in found for item in dependencies.values()]

    def _best(self, wanted: Iterable[Requirement]) -> list[Candidate]:
        """The candidate that would be chosen if only these requirements on one project mattered."""
        requirements = list(wanted)
        domain = self._universe.domain(requirements[0].name)
        mask = domain.full & ~ABSENT
        for item in requirements:
            # To let in the next source is for the search to decide.
            mask &= self._universe.known_mask(item)
        return [domain.choices[(mask & -mask).bit_length() - 2]] if mask else []

    # --- the search -------------------------------------------------------------------------------------------

    def solve(self) -> Generator[Needs, None, Resolution]:
        """Run the solver, supplying the clauses of each choice it makes."""
        universe = self._universe
        roots = universe.roots()
        yield from self._ask(universe.listing_needs(roots))
        clauses = [clause for item in roots for clause in self._demands({}, item, Reason(item))]
        clauses += yield from self._first_meetings([item.name for item in roots])
        steps = Solver[Key, Reason](lambda key: len(universe.domain(key[0]).choices)).solve(clauses)
        try:
            key, bit = next(steps)
            while True:
                key, bit = steps.send((yield from self._clauses_of(key, bit)))
                yield ()
        except StopIteration as end:
            return self._resolution(end.value)

    def _clauses_of(self, key: Key, bit: int) -> Generator[Needs, None, list[Clause[Key, Reason]]]:
        """What choosing this brings with it."""
        name, extra = key
        universe = self._universe
        domain = universe.domain(name)
        choice = domain.choices[bit - 1]
        clauses: list[Clause[Key, Reason]] = []
        if extra:
            same = {key: 1 << bit, (name, ""): domain.full & ~(1 << bit)}
            clauses.append(Clause(same, Reason(by=choice, text=f"{name}[{extra}] has the version of {name}")))
        yield from self._ask([universe.metadata_need(each, [extra]) for each in (choice, *self._ahead(key, bit))])
        problem = universe.defect(choice, full=bool(extra))
        if problem:
            return [Clause({key: 1 << bit}, Reason(by=choice, text=problem))]
        self._knowledge.favoured[name] = choice
        dependencies = universe.dependencies(choice, extra).values()
        yield from self._ask(universe.listing_needs(dependencies))
        known = self._known_choices(key[0], bit)
        for dependency in dependencies:
            mask = self._choices_with(key, bit, dependency, known)
            if mask:
                clauses += self._demands({key: mask}, dependency, Reason(dependency, choice))
        return clauses + (yield from self._first_meetings([item.name for item in dependencies]))

    def _ahead(self, key: Key, bit: int) -> Sequence[Candidate]:
        """The choices to learn about together with this one, where it means waiting: more each time."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        choices = self._universe.domain(key[0]).choices
        if tries < _LOOKS_AHEAD_FROM or self._knowledge.has(self._universe.metadata_need(choices[bit - 1], [key[1]])):
            return ()
        waits = self._waits[key] = self._waits.get(key, 0) + 1
        return choices[bit : bit + _LOOKS_AHEAD[min(waits, len(_LOOKS_AHEAD)) - 1]]

    def _known_choices(self, name: str, bit: int) -> list[tuple[int, Candidate]]:
        """What else may be chosen of a project and has metadata that is known, by position."""
        return [
            (position, other)
            for position, other in enumerate(self._universe.domain(name).choices, start=1)
            if position != bit and other.origin == "index" and self._knowledge.metadata(other) is not None
        ]

    def _choices_with(self, key: Key, bit: int, dependency: Requirement, known: Iterable[tuple[int, Candidate]]) -> int:
        """The choices, among those whose metadata is known, that have this very dependency; 0 when all was said.

        One clause for many versions makes the search shorter, and its proof a sentence instead of a list.
        """
        told = self._told.get((key, dependency.text), 0)
        if told >> bit & 1:
            return 0
        mask = 1 << bit
        for position, other in known:
            if dependency.text in self._universe.dependencies(other, key[1]):
                mask |= 1 << position
        self._told[key, dependency.text] = told | mask
        return mask

    def _demands(
        self, if_chosen: dict[Key, int], requirement: Requirement, reason: Reason
    ) -> list[Clause[Key, Reason]]:
        """``requirement`` must hold when ``if_chosen`` does: for the project and each extra."""
        if self._universe.is_given_up(requirement.name):
            return []
        domain = self._universe.domain(requirement.name)
        ruled_out = domain.full & ~self._universe.mask(requirement)
        keys = [(requirement.name, extra) for extra in ("", *sorted(requirement.extras))]
        # A project that requires itself (all = ["pkg[x]"]) rules out the versions it does not mean.
        return [Clause({**if_chosen, key: ruled_out & if_chosen.get(key, -1)}, reason) for key in keys]

    def _first_meetings(self, names: Sequence[str]) -> Generator[Needs, None, list[Clause[Key, Reason]]]:
        """What holds for a project from the moment it is part of the search: constraints, and installed dependants.

        What is installed and depends on a project that may change stays, and stays satisfied.
        """
        clauses: list[Clause[Key, Reason]] = []
        pending = list(names)
        while pending:
            name = pending.pop()
            if name in self._met:
                continue
            self._met.add(name)
            clauses += [self._limit(constraint) for constraint in self._universe.constraints(name)]
            for dependant in self._universe.dependants(name):
                yield from self._ask([self._universe.listing_need(dependant)])
                clauses.append(Clause({(dependant, ""): ABSENT}, Reason(text=f"{dependant} is installed")))
                pending.append(dependant)
        return clauses

    def _limit(self, constraint: Requirement) -> Clause[Key, Reason]:
        domain = self._universe.domain(constraint.name)
        ruled_out = domain.full & ~self._universe.mask(constraint) & ~ABSENT
        return Clause({(constraint.name, ""): ruled_out}, Reason(constraint, text=CONSTRAINT))

    def _ask(self, needs: Sequence[Need]) -> Iterator[Needs]:
        """Yield what is not known yet, once."""
        missing = tuple(dict.fromkeys(need for need in needs if not self._knowledge.has(need)))
        if missing:
            yield missing
            names = [need.name for need in missing if isinstance(need, NeedListing)]
            if self._universe.forget_domains(names):  # known by URL only until now
                raise Outgrown

    def _resolution(self, chosen: dict[Key, int]) -> Resolution:
        universe = self._universe
        candidates = {
            name: self._with_metadata(universe.domain(name).choices[bit - 1])
            for (name, extra), bit in sorted(chosen.items())
            if not extra
        }
        if any(_must_be_named(candidate) for candidate in candidates.values()):
            self._refuse_unnamed(candidates, chosen)
        warnings = warnings_about(candidates, chosen, universe)
        return Resolution(universe.needed(candidates, chosen), tuple(warnings))

    def _refuse_unnamed(self, candidates: Mapping[str, Candidate], chosen: Mapping[Key, int]) -> None:
        """Raise ``Outgrown`` when a file is in the answer that has to be named, and what named it is not."""
        wanted = requirements_on(candidates, chosen, self._universe)
        unnamed = [
            candidate
            for name, candidate in candidates.items()
            if _must_be_named(candidate) and not any(names_file(item, candidate) for item in wanted[name])
        ]
        if unnamed:
            self._universe.bar(unnamed)
            raise Outgrown

    def _with_metadata(self, candidate: Candidate) -> Candidate:
        """The candidate with the metadata the answer rests on, for the wheel to be compared with."""
        metadata = self._knowledge.metadata(candidate)
        return replace(candidate, metadata=metadata) if isinstance(metadata, Metadata) else candidate


def _must_be_named(candidate: Candidate) -> bool:
    """Whether nobody gets this file by accident: one behind a URL, or a yanked one."""
    return candidate.origin in ("url", "file") or candidate.yanked is not None
