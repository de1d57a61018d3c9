"""The solver against brute force over thousands of small universes, and nab-resolver on larger ones."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nab_resolver.errors import ResolutionError
from nab_resolver.ranges import Range
from nab_resolver.resolver import BaseProvider, Resolver
from universes import Fact, Universe, broken, check_proof, root, universe

from wasminstall.resolution.proof import Clause
from wasminstall.resolution.solver import Solver, Unsolvable

# Properties.


@st.composite
def small_universes(draw: st.DrawFn, orderly: bool = False) -> Universe:
    """Up to 5 keys of up to 3 choices; dependencies, exclusions, conflicts, clauses of three terms.

    Built from a drawn seed: hypothesis is slow at drawing hundreds of small numbers.
    """
    return make_universe(random.Random(draw(st.integers(0, 2**32))), orderly)


def make_universe(rng: random.Random, orderly: bool) -> Universe:
    keys = "abcde"[: rng.randint(1, 5)]
    sizes = {key: rng.choice((0, 1, 2, 2, 3, 3)) for key in keys}

    def some(key: str, low: float = 0.6) -> int:
        return sum(1 << v for v in range(1, sizes[key] + 1) if rng.random() < low)

    def fact(terms: dict[str, int]) -> Fact:
        return Clause(terms, "")

    def aside(chosen: dict[str, int]) -> Fact:
        """Anything that may be said beside a choice: about it, or about everything."""
        kind = rng.random()
        others = rng.sample(keys, min(len(keys), rng.randint(1, 3)))
        if orderly or kind < 0.6:
            other = rng.choice([key for key in keys if key not in chosen] or [keys[0]])
            if other in chosen:
                return fact({other: chosen[other] & ~some(other)})
            return fact({**chosen, other: ~some(other)})
        if kind < 0.7:
            return fact({others[0]: some(others[0], 0.3)})
        if kind < 0.85:
            return fact({other: some(other) for other in others})
        return fact({other: some(other) | (index == 0) for index, other in enumerate(others)})

    roots = [fact({key: ~some(key, 0.8)}) for key in rng.sample(keys, rng.randint(1, min(2, len(keys))))]
    if not orderly:
        roots += [aside({}) for _ in range(rng.randint(0, 2))]
    of = [
        (key, choice, aside({key: 1 << choice}))
        for key in keys
        for choice in range(1, sizes[key] + 1)
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))
    ]
    return Universe(sizes, roots, of)


many = settings(derandomize=True, deadline=None, max_examples=2500, suppress_health_check=list(HealthCheck))


def check(world: Universe) -> None:
    """Compare with brute force. Only what the solver was told counts: the roots, and what came with what it asked."""
    try:
        answer = world.solve()
    except Unsolvable as failure:
        world.of = {pair: world.of.get(pair, []) for pair in world.asked}
        facts = world.facts
        assert all(any(broken(fact.terms, values) for fact in facts) for values in world.assignments(world.sizes))
        check_proof(world, failure.proof)
        return
    assert len(world.asked) == len(set(world.asked))
    assert set(answer.items()) <= set(world.asked)
    world.of = {pair: world.of.get(pair, []) for pair in world.asked}
    facts = world.facts
    assert all(0 < choice <= world.sizes[key] for key, choice in answer.items())
    assert not any(broken(fact.terms, answer) for fact in facts)
    # Minimal: whatever is taken away, something that stays misses it.
    for count in range(1, len(answer) + 1):
        for gone in itertools.combinations(answer, count):
            rest = {key: choice for key, choice in answer.items() if key not in gone}
            assert any(broken(fact.terms, rest) for fact in facts)


@many
@given(small_universes())
def test_agrees_with_brute_force(world: Universe) -> None:
    check(world)


@many
@given(small_universes(orderly=True))
def test_finds_an_answer_exactly_when_there_is_one(world: Universe) -> None:
    # If each clause names the choice that it comes with, what was never asked for cannot matter.
    facts = world.facts
    solvable = any(not any(broken(fact.terms, v) for fact in facts) for v in world.assignments(world.sizes))
    try:
        answer = world.solve()
    except Unsolvable:
        assert not solvable
    else:
        assert solvable
        assert not any(broken(fact.terms, answer) for fact in facts)


@many
@given(st.integers(0, 2**32))
def test_order_of_clauses_does_not_decide_whether_there_is_an_answer(seed: int) -> None:
    answers: list[dict[str, int] | None] = []
    for shuffle in (0, 1, 2):
        world = make_universe(random.Random(seed), orderly=True)
        for facts in (world.roots, *world.of.values()) if shuffle else ():
            random.Random(shuffle).shuffle(facts)
        try:
            answers.append(world.solve())
        except Unsolvable:
            answers.append(None)
    first, *others = answers
    assert all((first is None) == (other is None) for other in others)
    # If every key can have its best choice, that is the answer, whatever the order.
    if first is not None and all(choice == 1 for choice in first.values()):
        assert others == [first, first]


class Scrambled(str):
    """A key whose hash is another one in every run."""

    __slots__ = ()
    salt = 0

    def __hash__(self) -> int:
        return hash((Scrambled.salt, str(self)))

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other) is True


def test_hash_order_plays_no_part() -> None:
    for seed in range(150):
        runs = []
        for salt in (1, 2, 3):
            Scrambled.salt = salt
            world = larger_universe(seed, 20)
            names = {name: Scrambled(name) for name in world.sizes}
            world.sizes = {names[name]: size for name, size in world.sizes.items()}
            search = Solver[str, str](world.sizes.__getitem__).solve(renamed(world.roots, names))
            told: list[object] = []
            try:
                pair = next(search)
                while True:
                    told.append(pair)
                    pair = search.send(renamed(world.of.get((str(pair[0]), pair[1]), ()), names))
            except StopIteration as end:
                told.append(list(end.value.items()))
            except Unsolvable as failure:
                told.append([(leaf.reason, list(leaf.terms.items())) for leaf in failure.leaves()])
            runs.append(told)
        assert runs[0] == runs[1] == runs[2]


def renamed(facts: Iterable[Fact], names: Mapping[str, str]) -> list[Fact]:
    return [Clause({names[key]: mask for key, mask in fact.terms.items()}, fact.reason) for fact in facts]


# Larger universes, with nab-resolver as the oracle.


def larger_universe(seed: int, count: int) -> Universe:
    """Keys that need up to three others, each version a range of theirs; half of them can be solved."""
    rng = random.Random(seed)
    keys = [f"k{i}" for i in range(count)]
    sizes = {key: rng.randint(1, 12) for key in keys}
    links = []
    for key in keys:
        wanted = [other for other in rng.sample(keys, rng.randint(0, 4)) if other != key]
        for choice in range(1, sizes[key] + 1):
            for other in wanted:
                low = rng.randint(1, sizes[other])
                high = min(sizes[other], low + rng.randint(0, 4))
                if rng.random() < 0.8:
                    links.append((key, choice, other, tuple(range(low, high + 1))))
    return universe(sizes, [root(key, *range(1, sizes[key] + 1)) for key in rng.sample(keys, 4)], *links)


class NabProvider(BaseProvider[str, int]):
    def __init__(self, world: Universe) -> None:
        self.world = world

    def choose_version(self, package: str, version_range: Any) -> int | None:
        return next((v for v in range(1, self.world.sizes[package] + 1) if v in version_range), None)

    def has_satisfying_version(self, package: str, version_range: Any) -> bool:
        return self.choose_version(package, version_range) is not None

    def get_dependencies(self, package: str, version: int) -> dict[str, Any]:
        return {
            key: accepted(self.world, fact, key)
            for fact in self.world.of.get((package, version), [])
            for key in fact.terms
            if key != package
        }

    def prioritize(self, package: str, version_range: Any, conflict_counts: Any, culprit_counts: Any = None) -> Any:
        return (-conflict_counts.get(package, 0), package)

    def widen_decision(self, package: str, version: int) -> None:
        return None


def accepted(world: Universe, fact: Fact, key: str) -> Range[int]:
    return Range.from_versions(v for v in range(1, world.sizes[key] + 1) if not fact.terms[key] >> v & 1)


def test_agrees_with_nab_resolver_on_larger_universes() -> None:
    solved = 0
    for seed in range(200):
        world = larger_universe(seed, 40)
        roots = {key: accepted(world, fact, key) for fact in world.roots for key in fact.terms}
        try:
            Resolver(NabProvider(world)).resolve(roots)
            expected = True
        except ResolutionError:
            expected = False
        try:
            answer = world.solve()
        except Unsolvable as failure:
            assert not expected
            # The leaves alone are unsolvable too.
            world.roots = [leaf for leaf in failure.leaves() if leaf.reason.startswith("root")]
            told = failure.leaves()
            world.of = {pair: [fact for fact in facts if fact in told] for pair, facts in world.of.items()}
            world.fails()
        else:
            assert expected
            solved += 1
            assert not any(broken(fact.terms, answer) for fact in world.facts)
    assert 40 < solved < 160
